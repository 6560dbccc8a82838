-- name: read_head
-- The newest link.
SELECT position, link FROM observe.audit_link ORDER BY position DESC LIMIT 1;

-- name: list_unlinked
-- Committed rows that nothing vouches for yet; one that was written long before others may commit after them.
SELECT a.audit_id, a.content_hash FROM observe.audit AS a
WHERE NOT EXISTS (SELECT FROM observe.audit_link AS l WHERE l.audit_id = a.audit_id)
ORDER BY a.audit_id
LIMIT %(count_max)s::integer;

-- name: insert_links
-- Only whoever holds the lock of the chain writes here.
INSERT INTO observe.audit_link (position, audit_id, link, linked_at)
SELECT new.position, new.audit_id, new.link, %(now)s::timestamptz
FROM unnest(%(positions)b::bigint[], %(audit_ids)b::bigint[], %(links)b::bytea[]) AS new (position, audit_id, link);

-- name: read_chain
-- A stretch of the chain with the rows it vouches for.
SELECT l.position, l.audit_id, l.link, a.at, a.actor, a.action, a.subject, a.details, a.content_hash
FROM observe.audit_link AS l
LEFT JOIN observe.audit AS a USING (audit_id)
WHERE l.position > %(after)s::bigint
ORDER BY l.position
LIMIT %(count_max)s::integer;

-- name: count_unlinked
-- Rows that have waited for their link for longer than they should.
SELECT count(*) FROM observe.audit AS a
WHERE a.at < %(before)s::timestamptz
    AND NOT EXISTS (SELECT FROM observe.audit_link AS l WHERE l.audit_id = a.audit_id);
