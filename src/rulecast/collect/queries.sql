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
