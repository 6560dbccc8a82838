-- name: find_owners
-- Who has these identities now, of whatever kind.
SELECT contact_id, kind, scope, lookup, valid_from FROM profile.identity
WHERE lookup = ANY(%(lookups)b::bytea[]) AND valid_to IS NULL
    AND kind IN ('phone', 'wa_id', 'bsuid', 'parent_bsuid', 'username', 'external');

-- name: find_former
-- Whose these identities were, and from when until when, the latest first.
SELECT contact_id, kind, scope, lookup, valid_from, valid_to FROM profile.identity
WHERE lookup = ANY(%(lookups)b::bytea[]) AND valid_to IS NOT NULL AND kind <> 'username'
ORDER BY valid_to DESC, contact_id;

-- name: list_current
-- By what these people are known now.
SELECT contact_id, kind, scope, lookup, valid_from FROM profile.identity
WHERE contact_id = ANY(%(contact_ids)b::bigint[]) AND valid_to IS NULL;

-- name: close_identities
-- An identity ends; its hash stays, so that a stop under it is still found.
UPDATE profile.identity AS i SET valid_to = greatest(i.valid_from, c.ended_at)
FROM unnest(
    %(contact_ids)b::bigint[], %(kinds)b::text[], %(scopes)b::text[], %(lookups)b::bytea[], %(ended)b::timestamptz[]
) AS c (contact_id, kind, scope, lookup, ended_at)
WHERE i.contact_id = c.contact_id AND i.kind = c.kind AND i.scope = c.scope AND i.lookup = c.lookup
    AND i.valid_to IS NULL;

-- name: open_identities
-- Identities begin when WhatsApp says so; one that somebody has is not given twice.
INSERT INTO profile.identity (contact_id, kind, scope, lookup, suppression_index, sealed_value, valid_from)
SELECT i.contact_id, i.kind, i.scope, i.lookup, i.suppression_index, i.sealed_value, i.begun_at
FROM unnest(
    %(contact_ids)b::bigint[], %(kinds)b::text[], %(scopes)b::text[], %(lookups)b::bytea[],
    %(suppression_indexes)b::bytea[], %(sealed_values)b::bytea[], %(begun)b::timestamptz[]
) AS i (contact_id, kind, scope, lookup, suppression_index, sealed_value, begun_at)
ON CONFLICT DO NOTHING;

-- name: claim_identities
-- What WhatsApp says is a person's while somebody else has it: not theirs, but a stop under it is found as theirs too.
INSERT INTO profile.identity (contact_id, kind, scope, lookup, suppression_index, sealed_value, valid_from, valid_to)
SELECT i.contact_id, i.kind, i.scope, i.lookup, i.suppression_index, i.sealed_value, i.begun_at, i.begun_at
FROM unnest(
    %(contact_ids)b::bigint[], %(kinds)b::text[], %(scopes)b::text[], %(lookups)b::bytea[],
    %(suppression_indexes)b::bytea[], %(sealed_values)b::bytea[], %(begun)b::timestamptz[]
) AS i (contact_id, kind, scope, lookup, suppression_index, sealed_value, begun_at)
ON CONFLICT DO NOTHING;

-- name: mark_reachability
-- Reachable is who has a number or a BSUID now.
WITH judged AS (
    SELECT c.contact_id, EXISTS (
        SELECT FROM profile.identity AS i
        WHERE i.contact_id = c.contact_id AND i.valid_to IS NULL AND i.kind IN ('phone', 'bsuid')) AS is_reachable
    FROM profile.contact AS c WHERE c.contact_id = ANY(%(contact_ids)b::bigint[])
), marked AS (
    UPDATE profile.contact AS c SET is_reachable = j.is_reachable FROM judged AS j
    WHERE c.contact_id = j.contact_id AND c.is_reachable <> j.is_reachable
    RETURNING c.contact_id, c.is_reachable
)
INSERT INTO profile.change (contact_id, kind, payload, valid_from, recorded_at)
SELECT contact_id, 'flags', jsonb_build_object('is_reachable', is_reachable), %(now)s::timestamptz, %(now)s::timestamptz
FROM marked;

-- name: find_known_changes
-- A change that is told again changes nothing.
SELECT change_key FROM profile.identity_change WHERE change_key = ANY(%(keys)b::bytea[]);

-- name: insert_change
-- What was acted upon, or waits for a contact with its old identity.
INSERT INTO profile.identity_change
    (change_key, kind, contact_id, old_lookups, sealed_change, key_day, occurred_at, recorded_at)
VALUES (%(change_key)s, %(kind)s, %(contact_id)s::bigint, %(old_lookups)b::bytea[], %(sealed_change)s::bytea,
    %(key_day)s::date, %(occurred_at)s::timestamptz, %(now)s::timestamptz)
ON CONFLICT DO NOTHING;

-- name: take_waiting
-- The next changes of a person whose earlier one has just been told.
DELETE FROM profile.identity_change
WHERE contact_id IS NULL AND old_lookups && %(lookups)b::bytea[] AND occurred_at >= %(since)s::timestamptz
RETURNING change_key, kind, sealed_change, occurred_at;

-- name: insert_conflicts
-- Two contacts that may be one person; an open conflict is not opened again, nor one that somebody settled knowing
-- of what is told.
INSERT INTO profile.identity_conflict (first_contact_id, second_contact_id, cause, occurred_at, recorded_at)
SELECT c.first_id, c.second_id, c.cause, c.occurred_at, %(now)s::timestamptz
FROM unnest(%(firsts)b::bigint[], %(seconds)b::bigint[], %(causes)b::text[], %(occurred)b::timestamptz[])
    AS c (first_id, second_id, cause, occurred_at)
WHERE NOT EXISTS (
    SELECT FROM profile.identity_conflict AS k
    WHERE k.first_contact_id = c.first_id AND k.second_contact_id = c.second_id AND k.resolved_at >= c.occurred_at)
ON CONFLICT (first_contact_id, second_contact_id) WHERE resolved_at IS NULL DO NOTHING
RETURNING first_contact_id, second_contact_id;

-- name: list_stops
-- Stops in force through every identity a person ever had, and through rows that name the person.
SELECT DISTINCT w.contact_id, newest.scope, newest.occurred_at
FROM unnest(%(contact_ids)b::bigint[]) AS w (contact_id)
CROSS JOIN LATERAL (
    SELECT DISTINCT ON (s.suppression_index, s.scope) s.scope, s.action, s.occurred_at
    FROM profile.suppression AS s
    WHERE s.suppression_index IN (
        SELECT i.suppression_index FROM profile.identity AS i WHERE i.contact_id = w.contact_id
        UNION ALL
        SELECT o.suppression_index FROM profile.suppression AS o WHERE o.contact_id = w.contact_id)
    ORDER BY s.suppression_index, s.scope, s.occurred_at DESC, (s.action = 'resume'), s.suppression_id DESC
) AS newest
WHERE newest.action = 'stop';

-- name: list_conflicts
-- For a person to settle.
SELECT conflict_id, first_contact_id, second_contact_id, cause, occurred_at FROM profile.identity_conflict
WHERE resolved_at IS NULL ORDER BY conflict_id LIMIT 1000;

-- name: settle_conflict
-- A person has found out that these are two people: neither claims what the other has.
WITH settled AS (
    UPDATE profile.identity_conflict SET resolved_at = %(now)s::timestamptz, resolved_by = %(by)s
    WHERE conflict_id = %(conflict_id)s AND resolved_at IS NULL
    RETURNING first_contact_id, second_contact_id
), unclaimed AS (
    DELETE FROM profile.identity AS i USING settled AS s, profile.identity AS o
    WHERE i.contact_id IN (s.first_contact_id, s.second_contact_id) AND i.valid_to = i.valid_from
        AND o.contact_id IN (s.first_contact_id, s.second_contact_id) AND o.contact_id <> i.contact_id
        AND (o.kind, o.scope, o.lookup) = (i.kind, i.scope, i.lookup)
)
SELECT count(*) FROM settled;

-- name: find_passed
-- A number of one contact, seen under an id the contact never had although it had another one by then. An id of the
-- contact's before or since, a known parent id, and what is older than number or id tell of nobody else.
SELECT DISTINCT s.place, p.contact_id, b.contact_id
FROM unnest(
    %(places)b::integer[], %(numbers)b::bytea[], %(bsuids)b::bytea[], %(scopes)b::text[], %(parents)b::bytea[],
    %(occurred)b::timestamptz[]
) AS s (place, number, bsuid, scope, parent, occurred_at)
JOIN profile.identity AS p
    ON p.lookup = s.number AND p.kind IN ('phone', 'wa_id') AND p.scope = '' AND p.valid_to IS NULL
    AND p.valid_from <= s.occurred_at
LEFT JOIN profile.identity AS b
    ON b.lookup = s.bsuid AND b.kind = 'bsuid' AND b.scope = s.scope AND b.valid_to IS NULL
WHERE EXISTS (
        SELECT FROM profile.identity AS k
        WHERE k.contact_id = p.contact_id AND k.kind = 'bsuid' AND k.scope = s.scope AND k.valid_to IS NULL
            AND k.lookup <> s.bsuid AND k.valid_from <= s.occurred_at)
    AND NOT EXISTS (
        SELECT FROM profile.identity AS k
        WHERE k.contact_id = p.contact_id AND k.kind = 'bsuid' AND k.scope = s.scope AND k.lookup = s.bsuid)
    AND NOT EXISTS (
        SELECT FROM profile.identity AS k
        WHERE k.contact_id = p.contact_id AND k.kind = 'parent_bsuid' AND k.lookup = s.parent AND k.valid_to IS NULL);

-- name: find_parted
-- Whose number it was is who had one until the instant of the conflict.
SELECT c.conflict_id, i.contact_id AS former,
    CASE i.contact_id WHEN c.first_contact_id THEN c.second_contact_id ELSE c.first_contact_id END AS taker,
    c.occurred_at
FROM profile.identity_conflict AS c
JOIN profile.identity AS i
    ON i.contact_id IN (c.first_contact_id, c.second_contact_id) AND i.kind = 'phone' AND i.valid_to = c.occurred_at
WHERE c.conflict_id = %(conflict_id)s AND c.cause = 'new_owner' AND c.resolved_at IS NULL
LIMIT 1;

-- name: find_parted_by_ids
-- WhatsApp says after all that the id changed: what was taken for two people is one.
SELECT c.conflict_id
FROM profile.identity_conflict AS c
JOIN profile.identity AS o ON o.contact_id IN (c.first_contact_id, c.second_contact_id)
JOIN profile.identity AS n
    ON n.contact_id IN (c.first_contact_id, c.second_contact_id) AND n.contact_id <> o.contact_id
WHERE c.cause = 'new_owner' AND c.resolved_at IS NULL
    AND o.lookup = ANY(%(olds)b::bytea[]) AND o.kind = 'bsuid'
    AND n.lookup = ANY(%(news)b::bytea[]) AND n.kind = 'bsuid' AND n.valid_to IS NULL
ORDER BY c.conflict_id;

-- name: open_again
-- A number comes back to the contact it was taken from, sealed as it was, from the instant on at which it was taken.
INSERT INTO profile.identity (contact_id, kind, scope, lookup, suppression_index, sealed_value, valid_from)
SELECT i.contact_id, i.kind, i.scope, i.lookup, i.suppression_index, i.sealed_value, i.valid_to
FROM profile.identity AS i
WHERE i.contact_id = %(contact_id)s AND i.kind IN ('phone', 'wa_id') AND i.valid_to = %(ended_at)s::timestamptz
ON CONFLICT DO NOTHING;

-- name: list_granted
-- What these people agreed to under their own id.
SELECT contact_id, purpose FROM profile.current_consent
WHERE contact_id = ANY(%(contact_ids)b::bigint[]) AND status = 'granted';
