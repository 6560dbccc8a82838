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

-- name: list_told
-- The word by which each portfolio's limit is in force: the fact of that instant.
SELECT DISTINCT ON (p.portfolio_id) p.portfolio_id, f.occurred_at, f.details
FROM account.portfolio AS p
JOIN account.business_number AS n USING (portfolio_id)
JOIN account.fact AS f
    ON f.occurred_at = p.people_told_at AND f.scope_id IN (n.business_number_id, n.waba_id)
    AND f.details ? 'messaging_limit'
ORDER BY p.portfolio_id, f.fact_key;

-- name: retell_people
-- A newer table reads the same word otherwise.
UPDATE account.portfolio SET told_people_per_day_max = %(people)s::integer
WHERE portfolio_id = %(portfolio_id)s AND people_told_at = %(at)s::timestamptz
    AND told_people_per_day_max IS DISTINCT FROM %(people)s::integer;
