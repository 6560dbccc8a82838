-- name: add_counts
-- What was not acted upon, in the transaction that stores the body.
INSERT INTO collect.unread_field AS kept (field, seen_count, first_at, last_at)
SELECT u.field, u.seen_count, %(now)s::timestamptz, %(now)s::timestamptz
FROM unnest(%(fields)b::text[], %(counts)b::bigint[]) AS u (field, seen_count)
ON CONFLICT (field) DO UPDATE
SET seen_count = kept.seen_count + excluded.seen_count, last_at = greatest(kept.last_at, excluded.last_at);

-- name: list_unread
-- For the metrics.
SELECT field, seen_count, first_at, last_at FROM collect.unread_field ORDER BY field;
