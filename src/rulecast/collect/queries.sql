-- name: ensure_event_months
-- The partitions must exist before the insert that needs them is planned, hence a statement of its own.
SELECT public.ensure_month_partitions('collect.event'::regclass, month.day, month.day)
FROM unnest(%(months)b::date[]) AS month (day);

-- name: insert_events
-- Appends facts. A repeat has the same instant and key and does nothing.
INSERT INTO collect.event
    (contact_id, name, occurred_at, recorded_at, source, event_key, import_id, properties)
SELECT
    e.contact_id, e.name, e.occurred_at, %(now)s::timestamptz, e.source, e.event_key, nullif(e.import_id, 0),
    e.properties::jsonb
FROM unnest(
    %(contact_ids)b::bigint[], %(names)b::text[], %(occurred)b::timestamptz[], %(keys)b::bytea[],
    %(sources)b::text[], %(import_ids)b::bigint[], %(properties)b::text[]
) AS e (contact_id, name, occurred_at, event_key, source, import_id, properties)
ON CONFLICT (occurred_at, event_key) DO NOTHING;

-- name: insert_heard_events
-- Appends facts as `insert_events` does and tells which were new, for those who listen.
WITH added AS (
    INSERT INTO collect.event
        (contact_id, name, occurred_at, recorded_at, source, event_key, import_id, properties)
    SELECT
        e.contact_id, e.name, e.occurred_at, %(now)s::timestamptz, e.source, e.event_key, nullif(e.import_id, 0),
        e.properties::jsonb
    FROM unnest(
        %(contact_ids)b::bigint[], %(names)b::text[], %(occurred)b::timestamptz[], %(keys)b::bytea[],
        %(sources)b::text[], %(import_ids)b::bigint[], %(properties)b::text[]
    ) AS e (contact_id, name, occurred_at, event_key, source, import_id, properties)
    ON CONFLICT (occurred_at, event_key) DO NOTHING
    RETURNING contact_id, name, occurred_at, properties
)
SELECT
    contact_id, name, occurred_at,
    CASE WHEN name = ANY(%(heard)b::text[]) THEN properties::text ELSE '' END AS properties
FROM added;

-- name: begin_import
-- The first start of an import makes its row; every other one finds it.
INSERT INTO collect.import_batch
    (kind, file_hash, mapping_hash, state, imported_by, started_at)
VALUES (%(kind)s, %(file_hash)s, %(mapping_hash)s, 'running', %(imported_by)s, %(now)s)
ON CONFLICT (kind, file_hash, mapping_hash) DO NOTHING;

-- name: find_import
-- What is known of this file under this mapping.
SELECT import_id, state, rows_done, rows_stored, rows_unchanged, rows_rejected, rows_repeated, rows_conflicting,
    people_created, consents_proven, consents_unproven, consents_refusing, started_at, finished_at
FROM collect.import_batch
WHERE kind = %(kind)s AND file_hash = %(file_hash)s AND mapping_hash = %(mapping_hash)s;

-- name: reopen_import
-- The same file is read again from its first row.
UPDATE collect.import_batch
SET state = 'running', finished_at = NULL, rows_done = 0, rows_stored = 0, rows_unchanged = 0, rows_rejected = 0,
    rows_repeated = 0, rows_conflicting = 0, people_created = 0, consents_proven = 0, consents_unproven = 0,
    consents_refusing = 0, started_at = %(now)s
WHERE import_id = %(import_id)s;

-- name: let_import_fire
-- Whether what it brings from here on sets rules off; who goes on with an interrupted import says it anew.
UPDATE collect.import_batch SET fires_triggers = %(fires_triggers)s WHERE import_id = %(import_id)s;

-- name: advance_import
-- In the transaction of the rows it counts: a killed import goes on after exactly these.
UPDATE collect.import_batch
SET rows_done = rows_done + %(rows_done)s, rows_stored = rows_stored + %(rows_stored)s,
    rows_unchanged = rows_unchanged + %(rows_unchanged)s, rows_rejected = rows_rejected + %(rows_rejected)s,
    rows_repeated = rows_repeated + %(rows_repeated)s, rows_conflicting = rows_conflicting + %(rows_conflicting)s,
    people_created = people_created + %(people_created)s,
    consents_proven = consents_proven + %(consents_proven)s,
    consents_unproven = consents_unproven + %(consents_unproven)s,
    consents_refusing = consents_refusing + %(consents_refusing)s
WHERE import_id = %(import_id)s AND rows_done = %(expected_rows_done)s AND state = 'running';

-- name: finish_import
-- Every row of the file is stored or refused.
UPDATE collect.import_batch SET state = 'finished', finished_at = %(now)s
WHERE import_id = %(import_id)s AND state = 'running';

-- name: list_recent_events
-- What a person did last.
SELECT name, occurred_at, source, properties FROM collect.event
WHERE contact_id = %(contact_id)s ORDER BY occurred_at DESC, event_id DESC LIMIT %(count)s;

-- name: find_known_keys
-- An event without a time of its own comes again at another instant; its key is the same.
SELECT DISTINCT event_key FROM collect.event
WHERE occurred_at >= %(since)s::timestamptz AND event_key = ANY(%(keys)b::bytea[]);
