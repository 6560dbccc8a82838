-- name: lock_people
-- Alone in its statement, so that the next one has a snapshot taken after the locks were had.
SELECT contact_id FROM profile.sending_guard
WHERE contact_id = ANY(%(contact_ids)b::bigint[])
ORDER BY contact_id FOR NO KEY UPDATE;

-- name: people_behind
-- Who has an identity with one of these keyed hashes now.
SELECT suppression_index, contact_id FROM profile.identity
WHERE suppression_index = ANY(%(indexes)b::bytea[]) AND valid_to IS NULL;

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

-- name: last_whatsapp_resumes
-- Resumes that a stop of another kind, learned later, makes void.
SELECT suppression_index, scope, max(occurred_at) FROM profile.suppression
WHERE suppression_index = ANY(%(indexes)b::bytea[]) AND action = 'resume' AND cause = 'user_preferences'
GROUP BY suppression_index, scope;

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
