-- name: lock_rests
-- What is known so far, locked in order, so that two failures at once are both counted.
SELECT r.contact_id, r.code, r.failed_at FROM gate.rest AS r
JOIN unnest(%(contact_ids)b::bigint[], %(codes)b::integer[]) AS k (contact_id, code)
    ON k.contact_id = r.contact_id AND k.code = r.code
ORDER BY r.contact_id, r.code FOR NO KEY UPDATE OF r;

-- name: find_last_deliveries
-- A marketing message that arrived breaks a row of failures.
SELECT m.contact_id, max(coalesce(m.delivered_at, m.read_at)) FROM deliver.message AS m
JOIN gate.permit AS p ON p.message_id = m.message_id AND p.released_at IS NULL AND p.purpose = 'marketing'
WHERE m.contact_id = ANY(%(contact_ids)b::bigint[]) AND coalesce(m.delivered_at, m.read_at) IS NOT NULL
GROUP BY m.contact_id;

-- name: save_rest
-- Two first failures of one person at once: the later one joins the earlier, and the longer rest holds.
INSERT INTO gate.rest AS kept (contact_id, code, kind, failed_at, last_failed_at, rests_until)
VALUES (%(contact_id)s, %(code)s, %(kind)s, %(failed_at)b::timestamptz[], %(last_failed_at)s::timestamptz,
    %(rests_until)s::timestamptz)
ON CONFLICT (contact_id, code) DO UPDATE
SET failed_at = (
        SELECT array_agg(newest.at ORDER BY newest.at) FROM (
            SELECT DISTINCT one.at FROM unnest(kept.failed_at || excluded.failed_at) AS one (at)
            ORDER BY one.at DESC LIMIT 12
        ) AS newest),
    last_failed_at = greatest(kept.last_failed_at, excluded.last_failed_at),
    rests_until = greatest(kept.rests_until, excluded.rests_until);

-- name: find_countries
-- Where a hold of a country reaches; ZZ is nobody's.
SELECT contact_id, country FROM profile.contact WHERE contact_id = ANY(%(contact_ids)b::bigint[]) AND country <> 'ZZ';
