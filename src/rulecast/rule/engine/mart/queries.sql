-- name: read_horizon
-- Everything written by a transaction below xid_next is decided: committed rows of it are visible from now on.
-- complete_until is the start of the oldest open writer, or now. The cluster's identity tells a restored copy apart, and
-- the number of decisions on restored states an older one that was loaded in its place.
SELECT
    (SELECT system_identifier::text FROM pg_control_system())
        || '/' || (SELECT oid::text FROM pg_database WHERE datname = current_database())
        || '/' || (SELECT count(*)::text FROM deliver.restore) AS cluster,
    pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS xid_next,
    least(
        clock_timestamp(),
        (SELECT min(xact_start) FROM pg_stat_activity WHERE backend_xid IS NOT NULL)
    ) AS complete_until;

-- name: read_adoption
-- Rows that another cluster wrote: in one snapshot, ids at or above its end can only be foreign. Their sequences were
-- restored with them, so whatever this cluster writes has a larger change or event id.
SELECT
    pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS from_xid,
    coalesce((SELECT max(change_id) FROM profile.change
        WHERE xid >= pg_snapshot_xmax(pg_current_snapshot())), -1) AS change_id,
    coalesce((SELECT max(event_id) FROM collect.event
        WHERE xid >= pg_snapshot_xmax(pg_current_snapshot())), -1) AS event_id;

-- name: lag_seconds
-- Database time between an instant and now.
SELECT extract(epoch FROM clock_timestamp() - %(complete_until)s::timestamptz)::float8;

-- name: copy_changes
-- The change log between two transaction ids, times as microseconds since 1970; foreign rows only while adopting.
-- The last line lets the index on xid do its work.
COPY (
    SELECT
        change_id, contact_id, kind, payload,
        (extract(epoch FROM valid_from) * 1000000)::bigint,
        (extract(epoch FROM recorded_at) * 1000000)::bigint
    FROM profile.change
    WHERE CASE
        WHEN change_id <= %(adopted_change_id)s AND xid >= %(adopted_from_xid)s::text::xid8 THEN %(adopting)s = 1
        ELSE xid >= %(from_xid)s::text::xid8 AND xid < %(to_xid)s::text::xid8
    END
        AND (%(adopting)s = 1 OR xid >= %(from_xid)s::text::xid8)
) TO STDOUT (FORMAT CSV);

-- name: copy_events
-- The events between two transaction ids, as above.
COPY (
    SELECT
        event_id, contact_id, name, properties,
        (extract(epoch FROM occurred_at) * 1000000)::bigint,
        (extract(epoch FROM recorded_at) * 1000000)::bigint
    FROM collect.event
    WHERE CASE
        WHEN event_id <= %(adopted_event_id)s AND xid >= %(adopted_from_xid)s::text::xid8 THEN %(adopting)s = 1
        ELSE xid >= %(from_xid)s::text::xid8 AND xid < %(to_xid)s::text::xid8
    END
        AND (%(adopting)s = 1 OR xid >= %(from_xid)s::text::xid8)
) TO STDOUT (FORMAT CSV);
