-- name: read_horizon
-- Everything written by a transaction below xid_next is decided: committed rows of it are visible from now on.
-- complete_until is the start of the oldest open writer, or now. The cluster's identity tells a restored copy apart.
SELECT
    (SELECT system_identifier::text FROM pg_control_system())
        || '/' || (SELECT oid::text FROM pg_database WHERE datname = current_database()) AS cluster,
    pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS xid_next,
    pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS xid_unused,
    least(
        clock_timestamp(),
        (SELECT min(xact_start) FROM pg_stat_activity WHERE backend_xid IS NOT NULL)
    ) AS complete_until;

-- name: largest_change_id
-- The newest row of the change log, whoever wrote it.
SELECT max(change_id) FROM profile.change;

-- name: largest_event_id
-- The newest event, whoever wrote it.
SELECT max(event_id) FROM collect.event;

-- name: lag_seconds
-- Database time between an instant and now.
SELECT extract(epoch FROM clock_timestamp() - %(complete_until)s::timestamptz)::float8;

-- name: copy_changes
-- The change log between two transaction ids, times as microseconds since 1970. Rows of a foreign cluster that were
-- adopted at a rebuild are left out by their ids.
COPY (
    SELECT
        change_id, contact_id, kind, payload,
        (extract(epoch FROM valid_from) * 1000000)::bigint,
        (extract(epoch FROM recorded_at) * 1000000)::bigint
    FROM profile.change
    WHERE (
            (xid >= %(from_xid)s::text::xid8 AND xid < %(to_xid)s::text::xid8)
            OR (%(adopting)s = 1 AND xid >= %(unused_xid)s::text::xid8)
        )
        AND NOT (change_id <= %(adopted_change_id)s AND xid >= %(adopted_from_xid)s::text::xid8)
) TO STDOUT (FORMAT CSV);

-- name: copy_events
-- The events between two transaction ids, as above.
COPY (
    SELECT
        event_id, contact_id, name, properties,
        (extract(epoch FROM occurred_at) * 1000000)::bigint,
        (extract(epoch FROM recorded_at) * 1000000)::bigint
    FROM collect.event
    WHERE (
            (xid >= %(from_xid)s::text::xid8 AND xid < %(to_xid)s::text::xid8)
            OR (%(adopting)s = 1 AND xid >= %(unused_xid)s::text::xid8)
        )
        AND NOT (event_id <= %(adopted_event_id)s AND xid >= %(adopted_from_xid)s::text::xid8)
) TO STDOUT (FORMAT CSV);
