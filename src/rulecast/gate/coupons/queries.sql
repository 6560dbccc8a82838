-- name: lock_coupon_pools
-- Senders of one pool take turns, so that what it keeps back is kept back from all of them.
SELECT pool_id, name, low_stock, valid_hours_min FROM gate.coupon_pool
WHERE name = ANY(%(names)b::text[]) AND retired_at IS NULL
ORDER BY pool_id FOR NO KEY UPDATE;

-- name: lock_held_coupons
-- Whose code is being freed meanwhile does not hold it any more: the lock waits for that commit and looks again. How
-- long a code has to hold is a matter of its own pool.
SELECT c.contact_id, c.rule_name, c.coupon_id, c.pool_id, c.code_index, c.sealed_code,
    c.redeemed_at IS NULL AND c.set_aside_at IS NULL
        AND c.expires_at > %(now)s::timestamptz + p.valid_hours_min * interval '1 hour' AS is_usable
FROM gate.coupon AS c
JOIN gate.coupon_pool AS p ON p.pool_id = c.pool_id
JOIN unnest(%(contact_ids)b::bigint[], %(rule_names)b::text[]) AS w (contact_id, rule_name)
    ON c.contact_id = w.contact_id AND c.rule_name = w.rule_name
ORDER BY c.coupon_id FOR NO KEY UPDATE OF c;

-- name: count_free_coupons
-- As far as anybody wants to know.
SELECT count(*) FROM (
    SELECT FROM gate.coupon
    WHERE pool_id = %(pool_id)s AND contact_id IS NULL AND redeemed_at IS NULL AND set_aside_at IS NULL
        AND expires_at > %(usable_until)s::timestamptz
    LIMIT %(count_max)s
) AS stock;

-- name: lock_free_coupons
-- Those that expire first; what somebody else has locked is passed over, and nobody waits.
SELECT coupon_id, pool_id, code_index, sealed_code FROM gate.coupon
WHERE pool_id = %(pool_id)s AND contact_id IS NULL AND redeemed_at IS NULL AND set_aside_at IS NULL
    AND expires_at > %(usable_until)s::timestamptz
ORDER BY expires_at, coupon_id LIMIT %(count_max)s FOR NO KEY UPDATE SKIP LOCKED;

-- name: set_coupons_aside
-- A code that cannot be opened can be given to nobody.
UPDATE gate.coupon SET set_aside_at = %(now)s::timestamptz WHERE coupon_id = ANY(%(coupon_ids)b::bigint[]);

-- name: doubt_coupons
-- After a restore: free codes may have been given since the restored state, and so may those of messages that were not
-- sent, once they had rested. Where the gap is longer than that rest, so may every code whose message nobody is known
-- to have got: it may have failed in between.
WITH gap AS (
    SELECT c.coupon_id FROM gate.coupon AS c JOIN gate.coupon_pool AS p ON p.pool_id = c.pool_id
    WHERE p.retired_at IS NULL AND c.redeemed_at IS NULL AND c.set_aside_at IS NULL AND (
        c.contact_id IS NULL
        OR EXISTS (
            SELECT FROM gate.coupon_use AS u
            WHERE u.coupon_id = c.coupon_id AND u.released_at IS NOT NULL AND u.freed_at IS NULL)
        OR (coalesce(clock_timestamp() - %(known_until)s::timestamptz > %(rest)s::interval, true) AND NOT EXISTS (
            SELECT FROM gate.coupon_use AS u JOIN deliver.message AS m ON m.message_id = u.message_id
            WHERE u.coupon_id = c.coupon_id AND u.released_at IS NULL
                AND (m.delivered_at IS NOT NULL OR m.read_at IS NOT NULL))))
    ORDER BY c.coupon_id LIMIT %(count_max)s FOR NO KEY UPDATE OF c
), doubted AS (
    UPDATE gate.coupon AS c SET set_aside_at = %(now)s::timestamptz, doubted_at = %(now)s::timestamptz
    FROM gap AS g WHERE c.coupon_id = g.coupon_id RETURNING c.coupon_id
)
SELECT count(*) FROM doubted;

-- name: put_back_coupons
-- A person says that none of them was given in between.
WITH doubted AS (
    SELECT c.coupon_id FROM gate.coupon AS c JOIN gate.coupon_pool AS p ON p.pool_id = c.pool_id
    WHERE p.name = %(name)s AND c.doubted_at IS NOT NULL
    ORDER BY c.coupon_id LIMIT %(count_max)s FOR NO KEY UPDATE OF c
), put AS (
    UPDATE gate.coupon AS c SET set_aside_at = NULL, doubted_at = NULL
    FROM doubted AS d WHERE c.coupon_id = d.coupon_id RETURNING c.coupon_id
)
SELECT count(*) FROM put;

-- name: take_coupons
-- In the transaction of the intent; the unique constraint allows one a person and rule.
UPDATE gate.coupon AS c SET contact_id = t.contact_id, rule_name = t.rule_name, reserved_at = %(now)s::timestamptz
FROM unnest(%(coupon_ids)b::bigint[], %(contact_ids)b::bigint[], %(rule_names)b::text[])
    AS t (coupon_id, contact_id, rule_name)
WHERE c.coupon_id = t.coupon_id AND c.contact_id IS NULL;

-- name: insert_coupon_uses
-- Which permit carries which code; released with the permit.
INSERT INTO gate.coupon_use (permit_id, coupon_id, contact_id, message_id, used_at)
SELECT u.permit_id, u.coupon_id, u.contact_id, u.message_id, %(now)s::timestamptz
FROM unnest(%(permit_ids)b::bigint[], %(coupon_ids)b::bigint[], %(contact_ids)b::bigint[], %(message_ids)b::bigint[])
    AS u (permit_id, coupon_id, contact_id, message_id);

-- name: mark_pools_low
-- The first message that waits for a code says since when; an import of codes ends it.
UPDATE gate.coupon_pool SET low_since = %(now)s::timestamptz
WHERE name = ANY(%(names)b::text[]) AND low_since IS NULL;

-- name: lock_released_coupons
-- Candidates, in a statement of their own; five hundred at a time.
SELECT c.coupon_id FROM gate.coupon AS c
WHERE c.coupon_id IN (
        SELECT u.coupon_id FROM gate.coupon_use AS u
        WHERE u.released_at <= %(rested_until)s::timestamptz AND u.freed_at IS NULL
    )
ORDER BY c.coupon_id LIMIT 500 FOR NO KEY UPDATE OF c SKIP LOCKED;

-- name: free_released_coupons
-- Only where no message carries the code and none did lately; a redeemed code was seen by somebody.
WITH free AS (
    UPDATE gate.coupon AS c SET contact_id = NULL, rule_name = NULL, reserved_at = NULL
    WHERE c.coupon_id = ANY(%(coupon_ids)b::bigint[]) AND c.contact_id IS NOT NULL AND c.redeemed_at IS NULL
        AND NOT EXISTS (
            SELECT FROM gate.coupon_use AS u
            WHERE u.coupon_id = c.coupon_id
                AND (u.released_at IS NULL OR u.released_at > %(rested_until)s::timestamptz)
        )
        -- Where two people had a doubt sent once more, its first permit is released, and nobody knows any better.
        AND NOT EXISTS (
            SELECT FROM gate.coupon_use AS u JOIN deliver.attempt AS a ON a.message_id = u.message_id
            WHERE u.coupon_id = c.coupon_id AND a.permit_id = u.permit_id AND a.state NOT IN ('refused', 'cancelled')
        )
    RETURNING c.coupon_id
), closed AS (
    UPDATE gate.coupon_use AS u SET freed_at = %(now)s::timestamptz
    WHERE u.coupon_id = ANY(%(coupon_ids)b::bigint[]) AND u.freed_at IS NULL
        AND u.released_at <= %(rested_until)s::timestamptz
)
SELECT count(*) FROM free;

-- name: list_pool_names
-- What rules can name; those that run already may name a retired pool, and wait.
SELECT name FROM gate.coupon_pool WHERE retired_at IS NULL OR %(with_retired)s ORDER BY name;

-- name: save_pool
-- As the workspace file declares it.
INSERT INTO gate.coupon_pool AS p (name, low_stock, valid_hours_min, created_at)
VALUES (%(name)s, %(low_stock)s, %(valid_hours_min)s, %(now)s::timestamptz)
ON CONFLICT (name) DO UPDATE SET low_stock = excluded.low_stock, valid_hours_min = excluded.valid_hours_min
WHERE p.low_stock <> excluded.low_stock OR p.valid_hours_min <> excluded.valid_hours_min;

-- name: make_pool
-- An import makes the pool it names; one that is there keeps its terms.
INSERT INTO gate.coupon_pool (name, low_stock, valid_hours_min, created_at)
VALUES (%(name)s, %(low_stock)s, %(valid_hours_min)s, %(now)s::timestamptz)
ON CONFLICT (name) DO NOTHING;

-- name: lock_pool
-- An import and the retirement of one pool take turns.
SELECT pool_id, retired_at IS NOT NULL FROM gate.coupon_pool WHERE name = %(name)s FOR NO KEY UPDATE;

-- name: insert_codes
-- Returns those that were new; a code stands in one pool.
INSERT INTO gate.coupon (pool_id, code_index, sealed_code, expires_at, imported_at)
SELECT %(pool_id)s, c.code_index, c.sealed_code,
    CASE WHEN c.expires_at = %(forever)s::timestamptz THEN 'infinity' ELSE c.expires_at END, %(now)s::timestamptz
FROM unnest(%(indexes)b::bytea[], %(sealed)b::bytea[], %(expires)b::timestamptz[])
    AS c (code_index, sealed_code, expires_at)
ON CONFLICT (code_index) DO NOTHING
RETURNING code_index;

-- name: settle_stock
-- New codes end the waiting; the first message that finds too few begins it again.
UPDATE gate.coupon_pool SET low_since = NULL WHERE name = %(name)s AND low_since IS NOT NULL;

-- name: retire_pool
-- What people hold stays theirs and can be redeemed; nothing is given any more.
UPDATE gate.coupon_pool SET retired_at = %(now)s::timestamptz, low_since = NULL
WHERE name = %(name)s AND retired_at IS NULL;

-- name: list_stocks
-- Counted from the rows themselves, each code once.
SELECT p.name, p.low_stock, p.valid_hours_min, p.retired_at, p.low_since,
    count(*) FILTER (WHERE s.state = 'free') AS free, count(*) FILTER (WHERE s.state = 'reserved') AS reserved,
    count(*) FILTER (WHERE s.state = 'given') AS given, count(*) FILTER (WHERE s.state = 'redeemed') AS redeemed,
    count(*) FILTER (WHERE s.state = 'expired') AS expired, count(*) FILTER (WHERE s.state = 'aside') AS set_aside,
    count(*) FILTER (WHERE s.doubted_at IS NOT NULL) AS in_doubt,
    count(*) FILTER (WHERE s.holders > 1) AS given_twice,
    count(*) FILTER (WHERE s.state = 'free' AND s.expires_at <= %(now)s::timestamptz + %(soon)s::interval
        + p.valid_hours_min * interval '1 hour') AS ends_soon,
    min(s.expires_at) FILTER (WHERE s.state = 'free' AND s.expires_at < 'infinity') AS next_end
FROM gate.coupon_pool AS p
LEFT JOIN LATERAL (
    SELECT
        CASE
            WHEN c.redeemed_at IS NOT NULL THEN 'redeemed'
            WHEN c.contact_id IS NOT NULL AND u.is_accepted THEN 'given'
            WHEN c.contact_id IS NOT NULL THEN 'reserved'
            WHEN c.doubted_at IS NOT NULL THEN 'doubt'
            WHEN c.set_aside_at IS NOT NULL THEN 'aside'
            WHEN c.expires_at <= %(now)s::timestamptz + p.valid_hours_min * interval '1 hour' THEN 'expired'
            ELSE 'free'
        END AS state, u.holders, c.doubted_at, c.expires_at
    FROM gate.coupon AS c
    LEFT JOIN LATERAL (
        SELECT bool_or(m.accepted_at IS NOT NULL) AS is_accepted, count(DISTINCT o.contact_id) AS holders
        FROM gate.coupon_use AS o JOIN deliver.message AS m ON m.message_id = o.message_id
        WHERE o.coupon_id = c.coupon_id AND o.released_at IS NULL
    ) AS u ON c.contact_id IS NOT NULL
    WHERE c.pool_id = p.pool_id
) AS s ON true
WHERE %(name)s::text IS NULL OR p.name = %(name)s::text
GROUP BY p.pool_id ORDER BY p.name;

-- name: count_givable
-- For plans, which lock nothing.
SELECT greatest(0, count(c.coupon_id) - p.low_stock) FROM gate.coupon_pool AS p
LEFT JOIN gate.coupon AS c ON c.pool_id = p.pool_id AND c.contact_id IS NULL AND c.redeemed_at IS NULL
    AND c.set_aside_at IS NULL AND c.expires_at > %(now)s::timestamptz + p.valid_hours_min * interval '1 hour'
WHERE p.name = %(name)s AND p.retired_at IS NULL GROUP BY p.pool_id;

-- name: count_held
-- They need no second one, and get theirs again while its pool gives any.
SELECT count(*) FROM gate.coupon AS c JOIN gate.coupon_pool AS p ON p.pool_id = c.pool_id
WHERE c.rule_name = %(rule_name)s AND c.redeemed_at IS NULL AND c.set_aside_at IS NULL AND p.retired_at IS NULL;

-- name: lock_redeemed
-- With the newest message that carried the code: its run is the one that succeeded.
SELECT c.coupon_id, c.code_index, p.name AS pool, c.contact_id, c.rule_name, u.run_id,
    c.redeemed_at
FROM gate.coupon AS c JOIN gate.coupon_pool AS p ON p.pool_id = c.pool_id
LEFT JOIN LATERAL (
    SELECT m.run_id FROM gate.coupon_use AS o JOIN deliver.message AS m ON m.message_id = o.message_id
    WHERE o.coupon_id = c.coupon_id AND o.released_at IS NULL
    ORDER BY o.used_at DESC, o.permit_id DESC LIMIT 1
) AS u ON true
WHERE c.code_index = ANY(%(indexes)b::bytea[])
ORDER BY c.coupon_id FOR NO KEY UPDATE OF c;

-- name: mark_redeemed
-- Once; a second redemption of a code changes nothing.
UPDATE gate.coupon AS c SET redeemed_at = r.redeemed_at, redeemed_by = nullif(r.contact_id, 0)
FROM unnest(%(indexes)b::bytea[], %(instants)b::timestamptz[], %(contact_ids)b::bigint[])
    AS r (code_index, redeemed_at, contact_id)
WHERE c.code_index = r.code_index AND c.redeemed_at IS NULL;

-- name: list_untold_pools
-- Where the pool and its incident say different things.
SELECT p.name, p.low_since IS NOT NULL AS is_low FROM gate.coupon_pool AS p
LEFT JOIN gate.incident AS i ON i.cause = %(cause)s AND i.scope = %(scope)s AND i.scope_id = p.name
    AND i.closed_at IS NULL AND NOT i.is_drill
WHERE (p.low_since IS NOT NULL) <> (i.incident_id IS NOT NULL)
ORDER BY p.name;
