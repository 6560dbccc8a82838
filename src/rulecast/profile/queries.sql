-- name: find_identities
-- Who is known by these keyed hashes now; a number as it was given goes before WhatsApp's spelling of another one.
SELECT lookup, contact_id FROM profile.identity
WHERE lookup = ANY(%(lookups)b::bytea[]) AND valid_to IS NULL
    AND kind IN ('phone', 'wa_id', 'bsuid', 'parent_bsuid', 'external')
ORDER BY (kind = 'wa_id') DESC;

-- name: find_identity_kinds
-- By what these people are known now.
SELECT contact_id, kind, scope, lookup FROM profile.identity
WHERE contact_id = ANY(%(contact_ids)b::bigint[]) AND valid_to IS NULL;

-- name: next_contact_ids
-- Ids are needed before the rows: keys and seals are made for them first.
SELECT nextval('profile.contact_id_sequence') FROM generate_series(1, %(count)s::integer);

-- name: insert_contacts
-- New people, each with the guard row that the send path locks and the change rows the mart lives from: the person
-- exists since they were first seen, their values hold since the source says so.
WITH c AS MATERIALIZED (
    SELECT * FROM unnest(
        %(contact_id)b::bigint[], %(first_seen_at)b::timestamptz[], %(source)b::text[], %(attributes)b::text[],
        %(sealed_attributes)b::bytea[], %(is_reachable)b::boolean[], %(attributes_valid_from)b::timestamptz[]
    ) AS given (
        contact_id, first_seen_at, source, attributes, sealed_attributes, is_reachable, attributes_valid_from)
), people AS (
    INSERT INTO profile.contact
        (contact_id, first_seen_at, recorded_at, source, attributes, sealed_attributes, is_reachable)
    SELECT contact_id, first_seen_at, %(now)s::timestamptz, source, attributes::jsonb, sealed_attributes, is_reachable
    FROM c
), guards AS (
    INSERT INTO profile.sending_guard (contact_id) SELECT contact_id FROM c
)
INSERT INTO profile.change (contact_id, kind, payload, valid_from, recorded_at)
SELECT c.contact_id, v.kind, v.payload, v.valid_from, %(now)s::timestamptz
FROM c CROSS JOIN LATERAL (VALUES
    ('contact', jsonb_build_object('is_reachable', c.is_reachable, 'source', c.source), c.first_seen_at),
    ('attributes', c.attributes::jsonb, c.attributes_valid_from)
) AS v (kind, payload, valid_from)
WHERE v.kind = 'contact' OR c.attributes <> '{}';

-- name: lock_contacts
-- The values of people about to change; in order, so that two imports cannot wait for each other.
SELECT contact_id, attributes::text AS attributes, sealed_attributes, is_reachable, recorded_at
FROM profile.contact WHERE contact_id = ANY(%(contact_ids)b::bigint[])
ORDER BY contact_id FOR NO KEY UPDATE;

-- name: find_later_values
-- What is said late must not overwrite what holds since a later time: the whole history of values, oldest first, of
-- those people only who have such a value.
SELECT change.contact_id, change.payload::text, change.valid_from
FROM unnest(%(contact_ids)b::bigint[], %(instants)b::timestamptz[]) AS said (contact_id, valid_from)
JOIN profile.change AS change ON change.contact_id = said.contact_id AND change.kind = 'attributes'
WHERE EXISTS (
    SELECT FROM profile.change AS later
    WHERE later.contact_id = said.contact_id AND later.kind = 'attributes' AND later.valid_from > said.valid_from
)
ORDER BY change.contact_id, change.valid_from, change.change_id;

-- name: update_contacts
-- New values of known people, whose rows the caller has locked.
UPDATE profile.contact AS c
SET attributes = u.attributes::jsonb, sealed_attributes = u.sealed_attributes
FROM unnest(%(contact_id)b::bigint[], %(attributes)b::text[], %(sealed_attributes)b::bytea[])
    AS u (contact_id, attributes, sealed_attributes)
WHERE c.contact_id = u.contact_id;

-- name: insert_attribute_changes
-- What the mart must learn of changed values; sealed values change nothing there.
INSERT INTO profile.change (contact_id, kind, payload, valid_from, recorded_at)
SELECT u.contact_id, 'attributes', u.changed::jsonb, u.valid_from, %(now)s::timestamptz
FROM unnest(%(contact_id)b::bigint[], %(changed)b::text[], %(attributes_valid_from)b::timestamptz[])
    AS u (contact_id, changed, valid_from)
WHERE u.changed <> '{}';

-- name: mark_reachable
-- People who have now an identity that WhatsApp can deliver to.
WITH marked AS (
    UPDATE profile.contact SET is_reachable = true
    WHERE contact_id = ANY(%(contact_ids)b::bigint[]) AND NOT is_reachable
    RETURNING contact_id
)
INSERT INTO profile.change (contact_id, kind, payload, valid_from, recorded_at)
SELECT contact_id, 'flags', '{"is_reachable": true}'::jsonb, %(now)s::timestamptz, %(now)s::timestamptz FROM marked;

-- name: insert_identities
-- Current identities: keyed hashes and sealed values, never an identifier in clear.
INSERT INTO profile.identity (contact_id, kind, scope, lookup, suppression_index, sealed_value, valid_from)
SELECT i.contact_id, i.kind, i.scope, i.lookup, i.suppression_index, i.sealed_value, %(now)s::timestamptz
FROM unnest(
    %(contact_id)b::bigint[], %(kind)b::text[], %(scope)b::text[], %(lookup)b::bytea[],
    %(suppression_index)b::bytea[], %(sealed_value)b::bytea[]
) AS i (contact_id, kind, scope, lookup, suppression_index, sealed_value);

-- name: add_tags
-- Tags people do not have yet, and that were not taken away since; the change row follows the real change only.
WITH added AS (
    INSERT INTO profile.tag (contact_id, tag, added_at)
    SELECT t.contact_id, t.tag, %(now)s::timestamptz
    FROM unnest(%(contact_ids)b::bigint[], %(tags)b::text[]) AS t (contact_id, tag)
    WHERE NOT EXISTS (
        SELECT FROM profile.change AS later
        WHERE later.contact_id = t.contact_id AND later.kind = 'tag_removed' AND later.payload ->> 'tag' = t.tag
            AND later.valid_from > %(valid_from)s::timestamptz
    )
    ON CONFLICT DO NOTHING
    RETURNING contact_id, tag
)
INSERT INTO profile.change (contact_id, kind, payload, valid_from, recorded_at)
SELECT contact_id, 'tag_added', jsonb_build_object('tag', tag), %(valid_from)s::timestamptz, %(now)s::timestamptz
FROM added
RETURNING contact_id;

-- name: remove_tags
-- Tags people have; the change row follows the real change only.
WITH removed AS (
    DELETE FROM profile.tag AS old
    USING unnest(%(contact_ids)b::bigint[], %(tags)b::text[]) AS t (contact_id, tag)
    WHERE old.contact_id = t.contact_id AND old.tag = t.tag
    RETURNING old.contact_id, old.tag
)
INSERT INTO profile.change (contact_id, kind, payload, valid_from, recorded_at)
SELECT contact_id, 'tag_removed', jsonb_build_object('tag', tag), %(now)s::timestamptz, %(now)s::timestamptz FROM removed
RETURNING contact_id;

-- name: record_labels
-- What is new about people who do not object, as far as nothing newer is known; the change row follows the real change
-- only. Taking away what nobody has is no change.
WITH said AS (
    SELECT * FROM unnest(
        %(contact_id)b::bigint[], %(label)b::text[], %(value)b::text[], %(valid_from)b::timestamptz[]
    ) AS l (contact_id, label, value, valid_from)
), recorded AS (
    INSERT INTO profile.label AS kept (contact_id, label, value, valid_from)
    SELECT said.contact_id, said.label, said.value, said.valid_from
    FROM said JOIN profile.contact USING (contact_id)
    WHERE (said.value IS NULL OR NOT contact.objects_to_profiling)
        AND (said.value IS NOT NULL OR EXISTS (
            SELECT FROM profile.label AS old WHERE old.contact_id = said.contact_id AND old.label = said.label))
    ON CONFLICT (contact_id, label) DO UPDATE SET value = excluded.value, valid_from = excluded.valid_from
    WHERE kept.value IS DISTINCT FROM excluded.value AND kept.valid_from <= excluded.valid_from
    RETURNING contact_id, label, value, valid_from
)
INSERT INTO profile.change (contact_id, kind, payload, valid_from, recorded_at)
SELECT contact_id, 'label', jsonb_build_object('label', label, 'value', value), valid_from, %(now)s::timestamptz
FROM recorded
RETURNING contact_id;

-- name: lock_guards
-- First, alone, in order: whoever writes something that forbids a send meets the sender here.
SELECT contact_id FROM profile.sending_guard
WHERE contact_id = ANY(%(contact_ids)b::bigint[]) ORDER BY contact_id FOR NO KEY UPDATE;

-- name: insert_consents
-- Appends what is new. The same undated line, repeated by a later import, is the same line; but an undated refusal
-- that another list repeats after a grant was given is said anew, so that the grant does not outlive it.
WITH added AS (
    INSERT INTO profile.consent
        (contact_id, purpose, status, occurred_at, method, wording_version, sealed_evidence, effective_at, source,
         import_id, recorded_at)
    SELECT c.contact_id, c.purpose, c.status, c.occurred_at, c.method, c.wording_version, c.sealed_evidence,
        coalesce(c.occurred_at, %(now)s::timestamptz), c.source, nullif(c.import_id, 0), %(now)s::timestamptz
    FROM unnest(
        %(contact_id)b::bigint[], %(purpose)b::text[], %(status)b::text[], %(occurred_at)b::timestamptz[],
        %(method)b::text[], %(wording_version)b::text[], %(sealed_evidence)b::bytea[], %(source)b::text[],
        %(import_id)b::bigint[]
    ) AS c (contact_id, purpose, status, occurred_at, method, wording_version, sealed_evidence, source, import_id)
    WHERE c.occurred_at IS NOT NULL OR NOT EXISTS (
        SELECT FROM profile.consent AS old
        WHERE old.contact_id = c.contact_id AND old.purpose = c.purpose AND old.status = c.status
            AND old.method = c.method AND old.wording_version = c.wording_version AND old.occurred_at IS NULL
            AND (
                c.status = 'granted'
                OR old.import_id = c.import_id
                OR NOT EXISTS (
                    SELECT FROM profile.consent AS later
                    WHERE later.contact_id = c.contact_id AND later.purpose = c.purpose
                        AND later.status = 'granted' AND later.effective_at > old.effective_at
                )
            )
    )
    ON CONFLICT DO NOTHING
    RETURNING contact_id, purpose, status, is_proven, method, wording_version, effective_at
)
INSERT INTO profile.change (contact_id, kind, payload, valid_from, recorded_at)
SELECT contact_id, 'consent',
    jsonb_build_object('purpose', purpose, 'status', status, 'proven', is_proven, 'method', method,
        'wording_version', wording_version),
    effective_at, %(now)s::timestamptz
FROM added
RETURNING contact_id;

-- name: list_proven
-- What stands: the newest word, and proven.
SELECT contact_id, purpose FROM profile.current_consent
WHERE contact_id = ANY(%(contact_ids)b::bigint[]) AND status = 'granted' AND is_proven;

-- name: find_sealed_values
-- Everything of one person that is sealed, to be opened for somebody who may see it.
SELECT 'attributes' AS kind, sealed_attributes AS sealed FROM profile.contact
WHERE contact_id = %(contact_id)s AND sealed_attributes IS NOT NULL
UNION ALL
SELECT kind, sealed_value FROM profile.identity WHERE contact_id = %(contact_id)s AND valid_to IS NULL;
