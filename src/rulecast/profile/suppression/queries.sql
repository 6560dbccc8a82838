-- name: lock_people
-- Alone in its statement, so that the next one has a snapshot taken after the locks were had.
SELECT contact_id FROM profile.sending_guard
WHERE contact_id = ANY(%(contact_ids)b::bigint[])
ORDER BY contact_id FOR NO KEY UPDATE;

-- name: people_behind
-- Who has an identity with one of these keyed hashes, or had it until an instant: a stop can arrive after the change
-- of number it was said before.
SELECT suppression_index, contact_id, CASE WHEN bool_or(valid_to IS NULL) THEN NULL ELSE max(valid_to) END AS ended_at
FROM profile.identity
WHERE suppression_index = ANY(%(indexes)b::bytea[]) AND kind <> 'username'
GROUP BY suppression_index, contact_id;

-- name: doubles_of
-- Who may be the same person, through any chain of open conflicts.
WITH RECURSIVE doubled AS (
    SELECT w.contact_id, w.contact_id AS double_id FROM unnest(%(contact_ids)b::bigint[]) AS w (contact_id)
    UNION
    SELECT d.contact_id,
        CASE WHEN c.first_contact_id = d.double_id THEN c.second_contact_id ELSE c.first_contact_id END
    FROM doubled AS d
    JOIN profile.identity_conflict AS c
        ON c.resolved_at IS NULL AND d.double_id IN (c.first_contact_id, c.second_contact_id)
)
SELECT contact_id, double_id FROM doubled WHERE double_id <> contact_id;

-- name: identities_of
-- Every hash a stop of these people must be kept under; of somebody who has no identity left, the ended ones.
SELECT DISTINCT i.contact_id, i.suppression_index FROM profile.identity AS i
WHERE i.contact_id = ANY(%(contact_ids)b::bigint[]) AND i.kind <> 'username' AND (
    i.valid_to IS NULL OR NOT EXISTS (
        SELECT FROM profile.identity AS c
        WHERE c.contact_id = i.contact_id AND c.valid_to IS NULL AND c.kind <> 'username'));

-- name: ended_identities_of
-- By what these people were known before, and until when.
SELECT contact_id, suppression_index, max(valid_to) FROM profile.identity
WHERE contact_id = ANY(%(contact_ids)b::bigint[]) AND kind <> 'username'
GROUP BY contact_id, suppression_index HAVING bool_and(valid_to IS NOT NULL);

-- name: uncarried_stops
-- A stop is the person's, whatever they are called since: what is in force through any identity they ever had, for
-- each they have now. Whoever is given an old number later can lift only what is kept under that number.
SELECT c.suppression_index, w.contact_id, newest.scope, newest.action, newest.cause, newest.level, newest.occurred_at
FROM unnest(%(contact_ids)b::bigint[]) AS w (contact_id)
CROSS JOIN LATERAL (
    SELECT DISTINCT ON (s.suppression_index, s.scope) s.scope, s.action, s.cause, s.level, s.occurred_at
    FROM profile.suppression AS s
    WHERE s.suppression_index IN (
        SELECT i.suppression_index FROM profile.identity AS i WHERE i.contact_id = w.contact_id
        UNION ALL
        SELECT o.suppression_index FROM profile.suppression AS o WHERE o.contact_id = w.contact_id)
    ORDER BY s.suppression_index, s.scope, s.occurred_at DESC, (s.action = 'resume'), s.suppression_id DESC
) AS newest
JOIN profile.identity AS c ON c.contact_id = w.contact_id AND c.valid_to IS NULL AND c.kind <> 'username'
WHERE newest.action = 'stop' AND NOT EXISTS (
    SELECT FROM profile.suppression AS k
    WHERE k.suppression_index = c.suppression_index AND k.scope = newest.scope AND k.action = 'stop'
        AND k.occurred_at >= newest.occurred_at)
ORDER BY w.contact_id, c.suppression_index, newest.scope, newest.occurred_at;

-- name: people_stopped_by_whatsapp_only
-- A resume inside WhatsApp restores what stood before: a proven consent nobody withdrew, stopped in no other way.
SELECT c.contact_id
FROM profile.current_consent AS c
WHERE c.contact_id = ANY(%(contact_ids)b::bigint[])
    AND c.purpose = 'marketing' AND c.status = 'granted' AND c.is_proven
    AND NOT EXISTS (
        SELECT 1
        FROM profile.identity AS i
        JOIN profile.suppression AS s USING (suppression_index)
        WHERE i.contact_id = c.contact_id AND i.valid_to IS NULL
            AND s.action = 'stop' AND s.cause NOT IN ('user_preferences', 'error_131050')
            AND s.occurred_at >= coalesce(
                (SELECT max(r.occurred_at) FROM profile.suppression AS r
                 WHERE r.suppression_index = s.suppression_index AND r.scope = s.scope AND r.action = 'resume'),
                '-infinity'::timestamptz)
    );

-- name: people_liftable
-- Nothing that was stopped otherwise since it was last lifted, through any identity the person ever had.
SELECT p.contact_id FROM unnest(%(contact_ids)b::bigint[]) AS p (contact_id)
WHERE NOT EXISTS (
    SELECT FROM profile.suppression AS s
    WHERE s.suppression_index IN (
        SELECT i.suppression_index FROM profile.identity AS i WHERE i.contact_id = p.contact_id
        UNION ALL
        SELECT o.suppression_index FROM profile.suppression AS o WHERE o.contact_id = p.contact_id)
        AND s.scope = %(scope)s AND s.action = 'stop'
        AND NOT (s.cause = ANY(%(causes)s::text[]) AND s.level = ANY(%(levels)s::text[]))
        AND s.occurred_at >= coalesce(
            (SELECT max(r.occurred_at) FROM profile.suppression AS r
             WHERE r.suppression_index = s.suppression_index AND r.scope = s.scope AND r.action = 'resume'),
            '-infinity'::timestamptz));

-- name: newest_resumes
-- Resumes that a stop of a kind they cannot lift, learned later, makes void.
SELECT suppression_index, scope, cause, max(occurred_at) FROM profile.suppression
WHERE suppression_index = ANY(%(indexes)b::bytea[]) AND action = 'resume'
GROUP BY suppression_index, scope, cause;

-- name: standing_words
-- What was said last, by event time; a tie is a stop.
SELECT DISTINCT ON (suppression_index, scope) suppression_index, scope, action, cause FROM profile.suppression
WHERE suppression_index = ANY(%(indexes)b::bytea[])
ORDER BY suppression_index, scope, occurred_at DESC, (action = 'resume'), suppression_id DESC;

-- name: lacking_entries
-- Positions, from 1, of what a journal holds and the record does not; usually none, so nothing needs to be locked.
SELECT s.position
FROM unnest(
    %(indexes)b::bytea[], %(scopes)b::text[], %(actions)b::text[], %(causes)b::text[], %(occurred)b::timestamptz[]
) WITH ORDINALITY AS s (suppression_index, scope, action, cause, occurred_at, position)
WHERE NOT EXISTS (
    SELECT FROM profile.suppression AS k
    WHERE k.suppression_index = s.suppression_index AND k.scope = s.scope AND k.action = s.action
        AND k.cause = s.cause AND k.occurred_at = s.occurred_at
)
ORDER BY s.position;

-- name: insert_suppressions
-- Appends what was said; saying it again under the same hash, cause and instant does nothing.
INSERT INTO profile.suppression
    (suppression_index, contact_id, scope, action, cause, level, occurred_at, recorded_at)
SELECT s.suppression_index, nullif(s.contact_id, 0), s.scope, s.action, s.cause, s.level, s.occurred_at,
    %(now)s::timestamptz
FROM unnest(
    %(indexes)b::bytea[], %(contact_ids)b::bigint[], %(scopes)b::text[], %(actions)b::text[], %(causes)b::text[],
    %(levels)b::text[], %(occurred)b::timestamptz[]
) AS s (suppression_index, contact_id, scope, action, cause, level, occurred_at)
ON CONFLICT (suppression_index, scope, action, cause, occurred_at) DO NOTHING
RETURNING suppression_index, contact_id, scope, action, cause, level, occurred_at;

-- name: insert_changes
-- What the mart learns of it.
INSERT INTO profile.change (contact_id, kind, payload, valid_from, recorded_at)
SELECT c.contact_id, 'suppression', jsonb_build_object('scope', c.scope, 'action', c.action), c.occurred_at,
    %(now)s::timestamptz
FROM unnest(
    %(contact_ids)b::bigint[], %(scopes)b::text[], %(actions)b::text[], %(occurred)b::timestamptz[]
) AS c (contact_id, scope, action, occurred_at);
