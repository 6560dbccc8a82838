-- name: list_portfolios
-- The limits numbers share.
SELECT portfolio_id, people_per_day_max, told_people_per_day_max FROM account.portfolio ORDER BY portfolio_id;

-- name: save_portfolio
-- Declared in the workspace file.
INSERT INTO account.portfolio (portfolio_id, people_per_day_max)
VALUES (%(portfolio_id)s, %(people_per_day_max)s::integer)
ON CONFLICT (portfolio_id) DO UPDATE SET people_per_day_max = excluded.people_per_day_max;

-- name: list_numbers
-- Every number that can send, by name.
SELECT business_number_id, portfolio_id, name, waba_id, throughput_per_second, marketing_messages, state, hold_reason,
    told_throughput_per_second
FROM account.business_number
ORDER BY name;

-- name: save_number
-- Declared in the workspace file; a hold is nobody's to lift by declaring the number again.
INSERT INTO account.business_number
    (business_number_id, portfolio_id, name, waba_id, throughput_per_second, marketing_messages)
VALUES
    (%(business_number_id)s, %(portfolio_id)s, %(name)s, %(waba_id)s, %(throughput_per_second)s,
     %(marketing_messages)s)
ON CONFLICT (business_number_id) DO UPDATE
SET portfolio_id = excluded.portfolio_id,
    name = excluded.name,
    waba_id = excluded.waba_id,
    throughput_per_second = excluded.throughput_per_second,
    marketing_messages = excluded.marketing_messages;

-- name: list_rates
-- Rates of imported cards; the shipped ones are read from the product.
SELECT market, category, effective_from, currency, price_e4, source, tier_from FROM account.rate
ORDER BY market, category, currency, effective_from, tier_from;

-- name: insert_rates
-- A price that was there stays: plans were made and budgets charged by it.
INSERT INTO account.rate
    (market, category, currency, effective_from, tier_from, price_e4, source, imported_at, imported_by)
SELECT r.market, r.category, r.currency, r.effective_from, r.tier_from, r.price_e4, r.source, %(now)s::timestamptz, %(by)s
FROM unnest(
    %(markets)b::text[], %(categories)b::text[], %(currencies)b::text[], %(days)b::date[], %(tiers)b::bigint[],
    %(prices_e4)b::bigint[], %(sources)b::text[]
) AS r (market, category, currency, effective_from, tier_from, price_e4, source)
ON CONFLICT DO NOTHING;

-- name: save_account_zone
-- Told at every connection and reading; the newest counts. A number of a zone that is not known takes no known one away.
INSERT INTO account.waba AS kept (waba_id, timezone_id, zone, told_at)
VALUES (%(waba_id)s, %(timezone_id)s, %(zone)s, %(now)s::timestamptz)
ON CONFLICT (waba_id) DO UPDATE
SET timezone_id = excluded.timezone_id, told_at = excluded.told_at,
    zone = CASE excluded.zone WHEN '' THEN kept.zone ELSE excluded.zone END;

-- name: list_account_zones
-- What each account told, and the zone that counts.
SELECT waba_id, timezone_id, zone FROM account.waba
WHERE waba_id IN (SELECT waba_id FROM account.business_number)
ORDER BY waba_id;

-- name: list_billing_zones
-- In which zone the days and months of each number change.
SELECT n.business_number_id, coalesce(w.zone, '')
FROM account.business_number AS n LEFT JOIN account.waba AS w ON w.waba_id = n.waba_id
ORDER BY n.business_number_id;
