-- name: list_number_places
-- To which account and portfolio each number belongs.
SELECT business_number_id, waba_id, portfolio_id, display_phone_number FROM account.business_number
ORDER BY business_number_id;

-- name: learn_display_numbers
-- Some facts name a number only by how it is displayed.
UPDATE account.business_number AS n SET display_phone_number = d.displayed
FROM unnest(%(numbers)b::text[], %(displayed)b::text[]) AS d (business_number_id, displayed)
WHERE n.business_number_id = d.business_number_id AND n.display_phone_number <> d.displayed;

-- name: insert_facts
-- Each word once; only new ones are acted upon. A word without a time of its own is news again a day after it last was.
INSERT INTO account.fact AS kept (fact_key, field, event, scope, scope_id, occurred_at, until, details, recorded_at)
SELECT f.fact_key, f.field, f.event, f.scope, f.scope_id, f.occurred_at, f.until, f.details::jsonb, %(now)s::timestamptz
FROM unnest(
    %(keys)b::bytea[], %(fields)b::text[], %(events)b::text[], %(scopes)b::text[], %(scope_ids)b::text[],
    %(occurred)b::timestamptz[], %(until)b::timestamptz[], %(details)b::text[]
) AS f (fact_key, field, event, scope, scope_id, occurred_at, until, details)
ORDER BY f.fact_key
ON CONFLICT (fact_key) DO UPDATE SET occurred_at = excluded.occurred_at, recorded_at = excluded.recorded_at
WHERE kept.recorded_at <= excluded.recorded_at - interval '24 hours'
    AND kept.fact_key = ANY(%(undated_keys)b::bytea[])
RETURNING fact_key;

-- name: put_hold
-- The newest word by its own time; of two at one instant the hold, of two holds the longer one. What a person lifted
-- stays lifted until news.
INSERT INTO account.hold AS kept (scope, scope_id, cause, kind, is_in_force, since, until)
VALUES (%(scope)s, %(scope_id)s, %(cause)s, %(kind)s, %(is_in_force)s, %(at)s::timestamptz, %(until)s::timestamptz)
ON CONFLICT (scope, scope_id, cause) DO UPDATE
SET kind = excluded.kind, is_in_force = excluded.is_in_force, since = excluded.since, until = excluded.until,
    lifted_at = NULL, lifted_by = NULL, because = ''
WHERE kept.since < excluded.since
    OR (kept.since = excluded.since AND excluded.is_in_force AND kept.lifted_at IS NULL AND (
        NOT kept.is_in_force OR coalesce(excluded.until, 'infinity') > coalesce(kept.until, 'infinity')));

-- name: tell_people
-- The limit of the portfolio behind an account or number.
UPDATE account.portfolio AS p
SET told_people_per_day_max = %(said)s::integer, people_told_at = %(at)s::timestamptz
WHERE (p.people_told_at IS NULL OR p.people_told_at < %(at)s::timestamptz
        -- Of two words at one instant the smaller; nothing is no limit.
        OR (p.people_told_at = %(at)s::timestamptz
            AND coalesce(p.told_people_per_day_max, 2147483647) > coalesce(%(said)s::integer, 2147483647)))
    AND p.portfolio_id IN (
        SELECT n.portfolio_id FROM account.business_number AS n
        WHERE CASE %(scope)s::text WHEN 'number' THEN n.business_number_id ELSE n.waba_id END = %(scope_id)s);

-- name: tell_throughput
-- Messages a second of the number, or of every number of the account.
UPDATE account.business_number AS n
SET told_throughput_per_second = %(said)s::integer, throughput_told_at = %(at)s::timestamptz
WHERE (n.throughput_told_at IS NULL OR n.throughput_told_at < %(at)s::timestamptz
        OR (n.throughput_told_at = %(at)s::timestamptz AND n.told_throughput_per_second > %(said)s::integer))
    AND CASE %(scope)s::text WHEN 'number' THEN n.business_number_id ELSE n.waba_id END = %(scope_id)s;

-- name: tell_quality
-- Meta's word for how people take the messages of the number.
UPDATE account.business_number AS n
SET told_quality = %(said)s::text, quality_told_at = %(at)s::timestamptz
WHERE (n.quality_told_at IS NULL OR n.quality_told_at < %(at)s::timestamptz)
    AND CASE %(scope)s::text WHEN 'number' THEN n.business_number_id ELSE n.waba_id END = %(scope_id)s;

-- name: list_holds
-- What rests because of Meta, the oldest first.
SELECT scope, scope_id, cause, kind, since, until FROM account.hold
WHERE is_in_force AND (until IS NULL OR until > %(now)s::timestamptz)
ORDER BY since, scope, scope_id, cause;

-- name: lift_hold
-- The row stays and says who lifted it and why; a redelivered word does not bring the hold back.
UPDATE account.hold
SET is_in_force = false, lifted_at = %(now)s::timestamptz, lifted_by = %(by)s, because = %(because)s
WHERE is_in_force AND cause = %(cause)s AND scope = %(scope)s AND scope_id = %(scope_id)s;

-- name: find_signups
-- Sign-ups whose wording the workspace vouches for.
SELECT signup_id, purpose, wording_version FROM account.signup WHERE signup_id = ANY(%(ids)b::text[]);

-- name: save_signup
-- Declared in the workspace file.
INSERT INTO account.signup (signup_id, purpose, wording_version)
VALUES (%(signup_id)s, %(purpose)s, %(wording_version)s)
ON CONFLICT (signup_id) DO UPDATE SET purpose = excluded.purpose, wording_version = excluded.wording_version;

-- name: list_signups
-- Every declared sign-up.
SELECT signup_id, purpose, wording_version FROM account.signup ORDER BY signup_id;
