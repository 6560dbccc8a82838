-- name: hold_chunks
-- Chunks of this number that no other transaction uses: two lanes of a sender take one each and do not wait. What was
-- handed out before the limit fell is worth nothing.
SELECT chunk_id, granted - used FROM gate.people_chunk
WHERE portfolio_id = %(portfolio_id)s AND business_number_id = %(business_number_id)s
    AND is_marketing = %(is_marketing)s AND used < granted AND expires_at > clock_timestamp()
    AND people_max <= %(people_max)s::integer
ORDER BY chunk_id LIMIT 2
FOR NO KEY UPDATE SKIP LOCKED;

-- name: lock_portfolio
-- Numbers that share a limit of people take turns, once a chunk.
SELECT FROM account.portfolio WHERE portfolio_id = %(portfolio_id)s FOR NO KEY UPDATE;

-- name: drop_expired
-- Before anything is counted; a chunk that is being used stays, and counts.
DELETE FROM gate.people_chunk WHERE chunk_id IN (
    SELECT chunk_id FROM gate.people_chunk
    WHERE portfolio_id = %(portfolio_id)s AND (
        expires_at <= clock_timestamp() OR used = granted
        OR people_max > CASE WHEN is_marketing THEN %(marketing_max)s::integer ELSE %(other_max)s::integer END)
    FOR UPDATE SKIP LOCKED);

-- name: count_people
-- One statement, so that permits and the chunks they came from are of one snapshot: a permit that is not seen yet is
-- still in its chunk.
SELECT coalesce(counted.people, 0) AS people, coalesce(counted.marketed_only, 0) AS marketed_only,
    counted.oldest_at, coalesce(held.people, 0) AS out, coalesce(held.marketing, 0) AS out_marketing,
    (SELECT count(*) FROM account.business_number AS n
     WHERE n.portfolio_id = %(portfolio_id)s AND n.state = 'active') AS holders
FROM (
    SELECT count(*) AS people, count(*) FILTER (WHERE one.is_marketed_only) AS marketed_only,
        min(one.last_at) AS oldest_at
    FROM (
        SELECT bool_and(p.purpose = 'marketing') AS is_marketed_only, max(p.granted_at) AS last_at
        FROM gate.permit AS p
        WHERE p.released_at IS NULL AND NOT p.is_in_window AND p.granted_at > %(counted_from)s::timestamptz
            AND p.business_number_id IN (
                SELECT n.business_number_id FROM account.business_number AS n WHERE n.portfolio_id = %(portfolio_id)s)
        GROUP BY p.contact_id
    ) AS one
) AS counted,
(
    SELECT sum(c.granted - c.used)::bigint AS people,
        (sum(c.granted - c.used) FILTER (WHERE c.is_marketing))::bigint AS marketing
    FROM gate.people_chunk AS c WHERE c.portfolio_id = %(portfolio_id)s
) AS held;

-- name: insert_chunk
-- For seconds: whoever does not use it does not keep it.
INSERT INTO gate.people_chunk (portfolio_id, business_number_id, is_marketing, granted, people_max, expires_at)
VALUES (%(portfolio_id)s, %(business_number_id)s, %(is_marketing)s, %(granted)s, %(people_max)s,
    clock_timestamp() + make_interval(secs => %(seconds)s::float8))
RETURNING chunk_id;

-- name: use_chunks
-- Together with the permits; the CHECK keeps every chunk inside what was granted.
UPDATE gate.people_chunk AS c SET used = c.used + u.used
FROM unnest(%(chunk_ids)b::bigint[], %(used)b::integer[]) AS u (chunk_id, used) WHERE c.chunk_id = u.chunk_id;

-- name: delete_chunks
-- The number changes hands: what was not used is everybody's again.
DELETE FROM gate.people_chunk WHERE business_number_id = %(business_number_id)s;
