-- name: list_tiers
-- Rows of imported tables; the shipped ones are read from the product.
SELECT tier, people, effective_from, source FROM account.limit_tier ORDER BY tier, effective_from;

-- name: insert_tiers
-- What a tier meant on a day stays.
INSERT INTO account.limit_tier (tier, people, effective_from, source, imported_at, imported_by)
SELECT t.tier, t.people, t.effective_from, t.source, %(now)s::timestamptz, %(by)s
FROM unnest(%(tiers)b::text[], %(people)b::integer[], %(days)b::date[], %(sources)b::text[])
    AS t (tier, people, effective_from, source)
ON CONFLICT DO NOTHING;

-- name: lock_portfolios
-- What Meta tells meanwhile waits, and is compared with what is put in force here.
SELECT portfolio_id FROM account.portfolio ORDER BY portfolio_id FOR NO KEY UPDATE;

-- name: list_told
-- The words by which each portfolio's limit is in force, and words told since that no table knew; each word once, the
-- newest first.
SELECT w.portfolio_id, w.occurred_at, w.details
FROM (
    SELECT DISTINCT ON (p.portfolio_id, t.word, t.people)
        p.portfolio_id, t.word, f.occurred_at, f.fact_key, f.details
    FROM account.portfolio AS p
    JOIN account.business_number AS n USING (portfolio_id)
    JOIN account.fact AS f
        ON f.occurred_at >= coalesce(p.people_told_at, '-infinity') AND f.scope_id IN (n.business_number_id, n.waba_id)
    CROSS JOIN LATERAL (
        SELECT coalesce(
            f.details ->> 'max_daily_conversations_per_business', f.details ->> 'max_daily_conversation_per_phone',
            f.details ->> 'current_limit') AS word, f.details ->> 'messaging_limit' AS people
    ) AS t
    WHERE t.word IS NOT NULL
    ORDER BY p.portfolio_id, t.word, t.people, f.occurred_at DESC, f.fact_key
) AS w
ORDER BY w.portfolio_id, w.occurred_at DESC, w.fact_key;

-- name: retell_people
-- A newer table reads the same word otherwise, or knows a word that none knew.
UPDATE account.portfolio SET told_people_per_day_max = %(people)s::integer, people_told_at = %(at)s::timestamptz
WHERE portfolio_id = %(portfolio_id)s AND coalesce(people_told_at, '-infinity') <= %(at)s::timestamptz
    AND told_people_per_day_max IS DISTINCT FROM %(people)s::integer;
