-- name: lock_known
-- The messages of these statuses by their wamids, which most bear by then. The rows are locked in order, and read as
-- they are once locked.
SELECT i.position, m.message_id, m.contact_id, m.business_number_id, m.run_id, m.template_id, m.variant, m.state,
    m.wamid_index IS NULL AS lacks_wamid, m.delivered_at IS NOT NULL OR m.read_at IS NOT NULL AS was_delivered,
    m.failed_at IS NOT NULL OR m.state = 'refused' AS was_failed
FROM unnest(%(wamid_indexes)b::bytea[]) WITH ORDINALITY AS i (wamid_index, position)
JOIN deliver.message AS m ON m.wamid_index = i.wamid_index
ORDER BY m.message_id
FOR NO KEY UPDATE OF m;

-- name: lock_attempted
-- The messages of statuses that were faster than our own answer, by the opaque ids of their attempts; locked as above.
WITH matched AS MATERIALIZED (
    SELECT i.position, a.message_id
    FROM unnest(%(positions)b::bigint[], %(opaque_ids)b::bytea[]) AS i (position, opaque_id)
    CROSS JOIN LATERAL (
        SELECT o.message_id FROM deliver.attempt AS o WHERE o.opaque_id = i.opaque_id LIMIT 1
    ) AS a
)
SELECT k.position, m.message_id, m.contact_id, m.business_number_id, m.run_id, m.template_id, m.variant, m.state,
    m.wamid_index IS NULL AS lacks_wamid, m.delivered_at IS NOT NULL OR m.read_at IS NOT NULL AS was_delivered,
    m.failed_at IS NOT NULL OR m.state = 'refused' AS was_failed
FROM matched AS k JOIN deliver.message AS m ON m.message_id = k.message_id
ORDER BY m.message_id
FOR NO KEY UPDATE OF m;

-- name: merge_statuses
-- Statuses are kept once, and merged as a join: the earliest instant of each kind stays, so that order and repetition
-- do not matter. A status proves that Meta took the message, whatever we thought of it. Nothing is written where
-- nothing is new. Returned are the positions of the statuses that were there before.
WITH told AS MATERIALIZED (
    SELECT s.occurred_at, s.wamid_index, s.status, coalesce(s.error_code, 0) AS error_code, s.opaque_id, s.message_id,
        s.pricing_type, s.pricing_category, s.position
    FROM unnest(
        %(occurred)b::timestamptz[], %(wamid_indexes)b::bytea[], %(statuses)b::text[], %(error_codes)b::integer[],
        %(opaque_ids)b::bytea[], %(status_message_ids)b::bigint[], %(pricing_types)b::text[],
        %(pricing_categories)b::text[]
    ) WITH ORDINALITY AS s (occurred_at, wamid_index, status, error_code, opaque_id, message_id, pricing_type,
        pricing_category, position)
), added AS (
    INSERT INTO deliver.status
        (occurred_at, wamid_index, status, error_code, opaque_id, message_id, pricing_type, pricing_category, recorded_at)
    SELECT t.occurred_at, t.wamid_index, t.status, t.error_code, t.opaque_id, t.message_id, t.pricing_type,
        t.pricing_category, %(now)s::timestamptz
    FROM told AS t
    ORDER BY t.wamid_index, t.occurred_at, t.status, t.error_code
    ON CONFLICT (wamid_index, occurred_at, status, error_code) DO NOTHING
    RETURNING occurred_at, wamid_index, status, error_code
), merged AS (
    UPDATE deliver.message AS m
    SET sent_at = least(m.sent_at, g.sent_at), delivered_at = least(m.delivered_at, g.delivered_at),
        read_at = least(m.read_at, g.read_at), failed_at = least(m.failed_at, g.failed_at),
        failed_code = CASE WHEN g.failed_at IS NULL THEN m.failed_code
            WHEN m.failed_at IS NULL OR (g.failed_at, g.failed_code) < (m.failed_at, m.failed_code) THEN g.failed_code
            ELSE m.failed_code END,
        billed_category = greatest(m.billed_category, g.billed_category),
        state = CASE WHEN g.has_left OR m.state IN ('intent', 'unknown', 'unresolved') THEN 'accepted'
            -- Meta held it and then dropped it; that it left after all outweighs both.
            WHEN m.state = 'held' THEN 'refused' ELSE m.state END,
        reason = CASE WHEN g.has_left THEN '' ELSE m.reason END,
        error_code = CASE WHEN g.has_left THEN 0
            WHEN m.state = 'held' OR m.state = 'refused' AND m.accepted_at IS NOT NULL THEN
                CASE WHEN m.failed_at IS NULL OR (g.failed_at, g.failed_code) < (m.failed_at, m.failed_code)
                    THEN g.failed_code ELSE m.failed_code END
            ELSE m.error_code END,
        -- Instants of statuses alone: an acceptance that only statuses prove is as old as the oldest of them.
        accepted_at = CASE
            WHEN m.accepted_at IS DISTINCT FROM least(m.sent_at, m.delivered_at, m.read_at, m.failed_at)
                AND m.accepted_at IS NOT NULL THEN m.accepted_at
            WHEN m.accepted_at IS NOT NULL OR g.has_left
                OR m.state IN ('intent', 'unknown', 'unresolved', 'held')
            THEN least(m.sent_at, m.delivered_at, m.read_at, m.failed_at, g.first_at) END,
        wamid_index = coalesce(m.wamid_index, g.wamid_index),
        sealed_wamid = coalesce(m.sealed_wamid, g.sealed_wamid),
        changed_at = CASE WHEN m.state IN ('accepted', 'refused') THEN m.changed_at ELSE %(now)s::timestamptz END
    FROM (
        SELECT u.*, coalesce(u.sent_at, u.delivered_at, u.read_at) IS NOT NULL AS has_left,
            least(u.sent_at, u.delivered_at, u.read_at, u.failed_at) AS first_at
        FROM unnest(
            %(message_ids)b::bigint[], %(sent)b::timestamptz[], %(delivered)b::timestamptz[], %(read)b::timestamptz[],
            %(failed)b::timestamptz[], %(failed_codes)b::integer[], %(billed)b::text[],
            %(new_wamid_indexes)b::bytea[], %(sealed_wamids)b::bytea[]
        ) AS u (message_id, sent_at, delivered_at, read_at, failed_at, failed_code, billed_category, wamid_index,
                sealed_wamid)
    ) AS g
    WHERE m.message_id = g.message_id
        AND (m.state = 'accepted' AND m.reason = '' AND m.error_code = 0 AND m.wamid_index IS NOT NULL
            AND g.failed_at IS NULL AND m.billed_category >= g.billed_category
            AND (g.sent_at IS NULL OR m.sent_at <= g.sent_at)
            AND (g.delivered_at IS NULL OR m.delivered_at <= g.delivered_at)
            AND (g.read_at IS NULL OR m.read_at <= g.read_at)) IS NOT TRUE
)
SELECT t.position FROM told AS t
WHERE NOT EXISTS (
    SELECT FROM added AS a
    WHERE a.wamid_index = t.wamid_index AND a.occurred_at = t.occurred_at AND a.status = t.status
        AND a.error_code = t.error_code
);

-- name: take_plain
-- Ordinary statuses of accepted messages, of runs and templates whose facts we can name, in one statement: messages
-- locked in order, statuses kept once, merged as above, facts recorded. What is not so is left to the statements above:
-- its positions come back, beside the moments somebody waits for and the facts somebody listens for. No two statuses
-- given are the same. A status that was not kept yet has no fact: no conflict is looked for.
WITH told AS MATERIALIZED (
    SELECT i.position, i.occurred_at, i.wamid_index, i.status, i.opaque_id, i.pricing_type, i.pricing_category,
        i.event_key, m.message_id, m.contact_id, m.run_id, m.template_id, m.variant,
        m.state = 'accepted' AND m.reason = '' AND m.error_code = 0 AS is_accepted,
        m.delivered_at IS NOT NULL OR m.read_at IS NOT NULL AS was_delivered
    FROM unnest(
        %(occurred)b::timestamptz[], %(wamid_indexes)b::bytea[], %(statuses)b::text[], %(opaque_ids)b::bytea[],
        %(pricing_types)b::text[], %(pricing_categories)b::text[], %(event_keys)b::bytea[]
    ) WITH ORDINALITY AS i (occurred_at, wamid_index, status, opaque_id, pricing_type, pricing_category, event_key,
        position)
    JOIN deliver.message AS m ON m.wamid_index = i.wamid_index
    ORDER BY m.message_id
    FOR NO KEY UPDATE OF m
), taken AS MATERIALIZED (
    SELECT t.*, k.properties, k.listening
    FROM told AS t
    JOIN unnest(
        %(run_ids)b::bigint[], %(template_ids)b::bigint[], %(variants)b::text[], %(priced_as)b::text[],
        %(properties)b::text[]::jsonb[], %(listening)b::integer[]
    ) AS k (run_id, template_id, variant, priced_as, properties, listening)
        ON k.run_id = t.run_id AND k.template_id = t.template_id AND k.variant = t.variant
    WHERE t.is_accepted
        AND (t.pricing_category = '' OR replace(t.pricing_category, 'marketing_lite', 'marketing') = k.priced_as)
        AND (
            SELECT bool_and(to_regclass('collect.event_' || n.month) IS NOT NULL)
            FROM unnest(%(months)b::text[]) AS n (month)
        )
), added AS (
    INSERT INTO deliver.status
        (occurred_at, wamid_index, status, opaque_id, message_id, pricing_type, pricing_category, recorded_at)
    SELECT t.occurred_at, t.wamid_index, t.status, t.opaque_id, t.message_id, t.pricing_type, t.pricing_category,
        %(now)s::timestamptz
    FROM taken AS t
    ORDER BY t.wamid_index, t.occurred_at, t.status
    ON CONFLICT (wamid_index, occurred_at, status, error_code) DO NOTHING
    RETURNING occurred_at, wamid_index, status
), fresh AS MATERIALIZED (
    -- Not in the condition, where the planner could make a join of it that compares each with each.
    SELECT t.*, (t.wamid_index, t.occurred_at, t.status) IN (
        SELECT a.wamid_index, a.occurred_at, a.status FROM added AS a
    ) AS is_new
    FROM taken AS t
), merged AS (
    UPDATE deliver.message AS m
    SET sent_at = least(m.sent_at, g.sent_at), delivered_at = least(m.delivered_at, g.delivered_at),
        read_at = least(m.read_at, g.read_at), billed_category = greatest(m.billed_category, g.billed_category),
        accepted_at = CASE
            WHEN m.accepted_at IS DISTINCT FROM least(m.sent_at, m.delivered_at, m.read_at, m.failed_at)
            THEN m.accepted_at ELSE least(m.accepted_at, g.first_at) END
    FROM (
        SELECT message_id, min(occurred_at) FILTER (WHERE status = 'sent') AS sent_at,
            min(occurred_at) FILTER (WHERE status = 'delivered') AS delivered_at,
            min(occurred_at) FILTER (WHERE status = 'read') AS read_at, min(occurred_at) AS first_at,
            max(pricing_category) AS billed_category
        FROM taken GROUP BY message_id
    ) AS g
    WHERE m.message_id = g.message_id
        AND (m.billed_category >= g.billed_category
            AND (g.sent_at IS NULL OR m.sent_at <= g.sent_at)
            AND (g.delivered_at IS NULL OR m.delivered_at <= g.delivered_at)
            AND (g.read_at IS NULL OR m.read_at <= g.read_at)) IS NOT TRUE
), facts AS (
    INSERT INTO collect.event (contact_id, name, occurred_at, recorded_at, source, event_key, properties)
    SELECT f.contact_id, f.status, f.occurred_at, %(now)s::timestamptz, 'webhook', f.event_key, f.properties
    FROM fresh AS f WHERE f.is_new
    RETURNING contact_id, name, occurred_at, properties
), reached AS (
    SELECT f.run_id, f.contact_id, f.message_id, f.listening FROM fresh AS f
    WHERE f.is_new AND f.listening > 0 AND f.status <> 'sent' AND NOT f.was_delivered
)
SELECT 'left' AS what, i.position, 0 AS run_id, 0 AS contact_id, '' AS name, NULL::timestamptz AS occurred_at,
    '' AS properties
FROM generate_series(1, %(count)s::bigint) AS i (position)
WHERE i.position NOT IN (SELECT t.position FROM taken AS t)
UNION ALL
SELECT DISTINCT 'delivered', r.message_id, r.run_id, r.contact_id, '', NULL::timestamptz, '' FROM reached AS r
WHERE r.listening > 1
UNION ALL
SELECT 'counted', count(DISTINCT r.message_id), r.run_id, 0, '', NULL::timestamptz, '' FROM reached AS r
WHERE r.listening = 1 GROUP BY r.run_id
UNION ALL
SELECT 'heard', 0, 0, f.contact_id, f.name, f.occurred_at, f.properties::text FROM facts AS f
WHERE f.name = ANY(%(heard)b::text[]);

-- name: settle_attempts
-- The attempt a status names was accepted, whatever we had written; of another one that is still open nobody knows.
UPDATE deliver.attempt
SET state = CASE WHEN opaque_id = ANY(%(opaque_ids)b::bytea[]) OR state = 'held' THEN 'accepted' ELSE 'unknown' END,
    finished_at = coalesce(finished_at, %(now)s::timestamptz)
WHERE message_id = ANY(%(message_ids)b::bigint[])
    AND (opaque_id = ANY(%(opaque_ids)b::bytea[]) OR state IN ('intent', 'held'));

-- name: list_parked
-- Statuses that came before anything of ours bore their wamid; by now it may.
SELECT s.occurred_at, s.wamid_index, s.status, s.error_code, s.opaque_id, s.pricing_type,
    s.pricing_category
FROM deliver.status AS s
WHERE s.message_id IS NULL AND s.recorded_at > %(after)s::timestamptz
    AND EXISTS (SELECT FROM deliver.message AS m WHERE m.wamid_index = s.wamid_index)
ORDER BY s.recorded_at LIMIT %(count_max)s;

-- name: adopt_parked
-- The status rows themselves say from now on whose they are.
UPDATE deliver.status AS s SET message_id = m.message_id
FROM unnest(
    %(wamid_indexes)b::bytea[], %(occurred)b::timestamptz[], %(statuses)b::text[], %(error_codes)b::integer[]
) AS p (wamid_index, occurred_at, status, error_code), deliver.message AS m
WHERE s.wamid_index = p.wamid_index AND s.occurred_at = p.occurred_at AND s.status = p.status
    AND s.error_code = p.error_code AND m.wamid_index = p.wamid_index;

-- name: describe_runs
-- Facts name the rule; rehearsals make none.
SELECT run_id, rule_name, is_test, step FROM deliver.run WHERE run_id = ANY(%(run_ids)b::bigint[]);

-- name: describe_templates
-- Facts name the template; prices are compared with what it counts as.
SELECT template_id, name, category, correct_category,
    CASE WHEN correct_category IN ('', category) AND previous_category IN ('', category) THEN category ELSE '' END
FROM template.template WHERE template_id = ANY(%(template_ids)b::bigint[]);

-- name: mark_answered
-- The message an answer quotes, else the newest that reached the person in the days before.
WITH matched AS (
    SELECT i.position, i.occurred_at, coalesce(quoted.message_id, newest.message_id) AS message_id
    FROM unnest(%(contact_ids)b::bigint[], %(wamid_indexes)b::bytea[], %(occurred)b::timestamptz[])
        WITH ORDINALITY AS i (contact_id, wamid_index, occurred_at, position)
    LEFT JOIN deliver.message AS quoted ON quoted.wamid_index = i.wamid_index AND quoted.contact_id = i.contact_id
    LEFT JOIN LATERAL (
        SELECT m.message_id FROM deliver.message AS m
        -- An answer to our own answer is one to the message before it, unless it quotes.
        WHERE quoted.message_id IS NULL AND m.contact_id = i.contact_id AND m.step < 100
            AND m.accepted_at BETWEEN i.occurred_at - interval '72 hours' AND i.occurred_at + interval '1 minute'
        ORDER BY m.accepted_at DESC, m.message_id DESC LIMIT 1
    ) AS newest ON true
), firsts AS (
    SELECT message_id, min(occurred_at) AS occurred_at FROM matched WHERE message_id IS NOT NULL GROUP BY message_id
), before AS (
    SELECT m.message_id, m.replied_at IS NOT NULL AS was_answered, m.opted_out_at IS NOT NULL AS was_opted_out
    FROM deliver.message AS m
    JOIN firsts AS f ON f.message_id = m.message_id ORDER BY m.message_id FOR NO KEY UPDATE OF m
), marked AS (
    UPDATE deliver.message AS m
    SET replied_at = CASE WHEN %(is_opt_out)s::boolean THEN m.replied_at ELSE least(m.replied_at, f.occurred_at) END,
        opted_out_at = CASE WHEN %(is_opt_out)s::boolean THEN least(m.opted_out_at, f.occurred_at) ELSE m.opted_out_at END
    FROM firsts AS f JOIN before AS b ON b.message_id = f.message_id
    WHERE m.message_id = f.message_id
    RETURNING m.message_id, m.contact_id, m.run_id, m.template_id, m.variant, b.was_answered, b.was_opted_out
)
SELECT k.position, r.message_id, r.contact_id, r.run_id, r.template_id, r.variant, r.was_answered, r.was_opted_out
FROM matched AS k JOIN marked AS r ON r.message_id = k.message_id;

-- name: mark_clicked
-- The attempt names the message; the first click is the one that counts.
WITH named AS (
    SELECT o.message_id FROM deliver.attempt AS o WHERE o.opaque_id = %(opaque_id)s LIMIT 1
), before AS (
    SELECT m.message_id, m.clicked_at IS NOT NULL AS was_clicked FROM deliver.message AS m
    JOIN named AS n ON n.message_id = m.message_id FOR NO KEY UPDATE OF m
)
UPDATE deliver.message AS m SET clicked_at = least(m.clicked_at, %(occurred_at)s::timestamptz)
FROM before AS b WHERE m.message_id = b.message_id
RETURNING m.message_id, m.contact_id, m.run_id, m.template_id, m.variant, b.was_clicked;
