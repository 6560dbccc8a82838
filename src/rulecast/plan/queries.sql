-- name: next_plan_id
-- Plans made together name each other as winners, so their ids are drawn first.
SELECT nextval(pg_get_serial_sequence('plan.plan', 'plan_id'));

-- name: empty_work
-- What an earlier planning left; the advisory lock says that it is over.
TRUNCATE plan.work_audience, plan.work_combination, plan.work_missing, plan.work_candidate, plan.work_claim;

-- name: measure_work
-- How much an earlier planning left, in bytes.
SELECT pg_relation_size('plan.work_audience') + pg_relation_size('plan.work_candidate')
    + pg_relation_size('plan.work_claim') + pg_relation_size('plan.work_missing');

-- name: delete_work
-- The same for the little that a plan of a few people leaves: new files for five tables took a third of its time.
WITH audience AS (DELETE FROM plan.work_audience), combination AS (DELETE FROM plan.work_combination),
    missing AS (DELETE FROM plan.work_missing), candidate AS (DELETE FROM plan.work_candidate)
DELETE FROM plan.work_claim;

-- name: join_by_hash
-- The planner takes country, language and zone for independent and expects one row where a million come: in a loop
-- that was minutes, by hash it is seconds.
SET LOCAL enable_nestloop = off;

-- name: compile_nothing
-- Compiling the expressions of these statements costs more than running them.
SET LOCAL jit = off;

-- name: plan_each_statement
-- Whether all people are asked for or a few changes the plan of a statement: it is made for the values at hand.
SET LOCAL plan_cache_mode = force_custom_plan;

-- name: list_given_suppressions
-- The hashes under which a stop of these people can stand.
SELECT suppression_index FROM profile.identity WHERE contact_id = ANY(%(given)b::bigint[])
UNION
SELECT suppression_index FROM profile.suppression WHERE contact_id = ANY(%(given)b::bigint[]);

-- name: raise_work_memory
-- Sorts and hashes over an audience stay in memory up to a million people.
SET LOCAL work_mem = '96MB';

-- name: copy_audience
-- Who fulfils the condition, with the draw of the holdout and the order.
COPY plan.work_audience (plan_id, contact_id, in_holdout, order_key, variant) FROM STDIN (FORMAT BINARY);

-- name: analyze_audience
-- The planner must know how many people these are.
ANALYZE plan.work_audience;

-- name: keep_assignments
-- Everybody the condition found, before anything filters; who was assigned before stays as they are.
INSERT INTO plan.assignment (rule_version_id, contact_id, in_holdout, variant, assigned_at)
SELECT %(rule_version_id)s, contact_id, in_holdout, variant, %(now)s::timestamptz
FROM plan.work_audience
WHERE plan_id = %(plan_id)s
ORDER BY contact_id
ON CONFLICT DO NOTHING;

-- name: take_assignments
-- What was kept first holds for every run of the version.
UPDATE plan.work_audience AS audience
SET in_holdout = kept.in_holdout, variant = kept.variant
FROM plan.assignment AS kept
WHERE audience.plan_id = %(plan_id)s AND kept.rule_version_id = %(rule_version_id)s
    AND kept.contact_id = audience.contact_id
    AND (kept.in_holdout, kept.variant) <> (audience.in_holdout, audience.variant);

-- name: list_combinations
-- The distinct combinations of an audience; everything that depends on them alone is decided once.
SELECT contact.country, contact.language, contact.zone, contact.quiet_hours, audience.variant, audience.media
FROM plan.work_audience AS audience
JOIN profile.contact AS contact USING (contact_id)
WHERE audience.plan_id = %(plan_id)s
GROUP BY contact.country, contact.language, contact.zone, contact.quiet_hours, audience.variant, audience.media;

-- name: copy_combinations
-- Template, hours and price of each combination, as decided by the pure code.
COPY plan.work_combination (
    plan_id, country, language, zone, quiet_hours, variant, media, template_id, template_reason, hours_reason, send_from,
    send_until, decision_day, day_ends_at, price_e4, latest_birth_date) FROM STDIN (FORMAT BINARY);

-- name: analyze_combinations
-- Without knowing how few variants there are the planner multiplies the audience by the combinations.
ANALYZE plan.work_combination;

-- name: list_doubtful
-- A page of those whose values have to be looked at: personal ones, long ones, and whatever is not made of letters,
-- digits, spaces, hyphens and apostrophes alone. Ordinary words surely make a message.
SELECT audience.contact_id, audience.variant, combination.template_id, contact.attributes::text, contact.sealed_attributes
FROM plan.work_audience AS audience
JOIN profile.contact AS contact USING (contact_id)
JOIN plan.work_combination AS combination
    ON combination.plan_id = audience.plan_id
    AND combination.country = contact.country
    AND combination.language = contact.language
    AND combination.zone = contact.zone
    AND combination.quiet_hours = contact.quiet_hours
    AND combination.variant = audience.variant
    AND combination.media = audience.media
JOIN unnest(%(variants)b::text[], %(template_ids)b::bigint[], %(are_sealed)b::boolean[], %(lengths)b::integer[])
    AS asked (variant, template_id, is_sealed, length_max)
    ON asked.variant = audience.variant AND asked.template_id = combination.template_id
WHERE audience.plan_id = %(plan_id)s AND audience.contact_id > %(after)s::bigint
    AND (
        asked.is_sealed
        OR asked.length_max = 0
        OR EXISTS (
            SELECT FROM unnest(%(names)b::text[]) AS used (name)
            WHERE contact.attributes ->> used.name <> '' AND (
                contact.attributes ->> used.name !~ '^[[:alnum:]][[:alnum:] ''-]*$'
                OR length(contact.attributes ->> used.name) > asked.length_max
                OR lower(contact.attributes ->> used.name) = ANY(%(placeholders)b::text[])))
    )
ORDER BY audience.contact_id
LIMIT %(page)s::integer;

-- name: copy_missing
-- Of whose values no message can be made.
COPY plan.work_missing (plan_id, contact_id) FROM STDIN (FORMAT BINARY);

-- name: fill_candidates
-- One row per person with the first reason before and after contention, in the order of `policy.checks`. Where a few
-- people are given, only what concerns them is read.
INSERT INTO plan.work_candidate (
    plan_id, contact_id, order_key, in_holdout, early_reason, late_reason, template_id, country, send_from,
    send_until, decision_day, day_ends_at, price_e4, variant, media, score)
SELECT
    audience.plan_id,
    audience.contact_id,
    audience.order_key,
    audience.in_holdout,
    CASE
        WHEN consent.status IS NULL THEN %(no_consent)s::smallint
        WHEN consent.status <> 'granted' THEN %(consent_withdrawn)s::smallint
        WHEN NOT consent.is_proven THEN %(unproven_consent)s::smallint
        WHEN consent.effective_at <= %(consents_expire_before)s::timestamptz
            OR consent.wording_version = ANY(%(withdrawn_wordings)b::text[]) THEN %(consent_expired)s::smallint
        WHEN stopped.is_listed THEN %(suppressed)s::smallint
        WHEN stopped.contact_id IS NOT NULL THEN %(opted_out)s::smallint
        WHEN %(reads_behaviour)s::boolean AND contact.objects_to_profiling THEN %(objects_to_profiling)s::smallint
        WHEN %(purpose)s::text = 'marketing'
            AND contact.attributes ->> 'birth_date' > combination.latest_birth_date THEN %(under_age)s::smallint
        WHEN contact.is_restricted OR contact.erased_at IS NOT NULL OR contact.merged_into IS NOT NULL
            THEN %(restricted)s::smallint
        WHEN NOT contact.is_reachable OR elsewhere.contact_id IS NOT NULL THEN %(unreachable)s::smallint
        WHEN resting.all_until > combination.send_from THEN %(undeliverable)s::smallint
        WHEN %(purpose)s::text = 'marketing' AND resting.marketing_until > combination.send_from
            THEN %(marketing_rests)s::smallint
        WHEN combination.template_reason <> 0 THEN combination.template_reason
        WHEN missing.contact_id IS NOT NULL OR EXISTS (
            SELECT FROM unnest(%(required_variants)b::text[], %(required_attributes)b::text[])
                AS required (variant, name)
            WHERE required.variant = audience.variant AND coalesce(contact.attributes ->> required.name, '') = ''
        ) THEN %(missing_parameter)s::smallint
        ELSE 0
    END,
    CASE
        WHEN audience.in_holdout THEN %(holdout)s::smallint
        -- Counted back from the first possible send: who is free again by then is planned.
        WHEN spent.contact_id IS NOT NULL AND (
            SELECT count(*) FROM unnest(spent.granted) AS one (at)
            WHERE one.at > combination.send_from - %(limit_window)s::interval
        ) >= %(limit_count)s::integer THEN %(limit)s::smallint
        WHEN shared.contact_id IS NOT NULL AND (
            SELECT count(*) FROM unnest(shared.granted) AS one (at)
            WHERE one.at > combination.send_from - %(workspace_limit_window)s::interval
        ) >= %(workspace_limit_count)s::integer THEN %(workspace_limit)s::smallint
        WHEN capped.contact_id IS NOT NULL AND EXISTS (
            SELECT FROM unnest(%(cap_counts)b::integer[], %(cap_windows)b::interval[]) AS cap (count_max, span)
            WHERE (
                SELECT count(*) FROM unnest(capped.granted) AS one (at) WHERE one.at > combination.send_from - cap.span
            ) >= cap.count_max
        ) THEN %(capped)s::smallint
        ELSE combination.hours_reason
    END,
    combination.template_id,
    contact.country,
    combination.send_from,
    combination.send_until,
    combination.decision_day,
    combination.day_ends_at,
    combination.price_e4,
    audience.variant,
    audience.media,
    -- What is no number is no value, and stands behind every value.
    CASE
        WHEN %(score_attribute)s::text = '' THEN '-Infinity'
        WHEN pg_input_is_valid(contact.attributes ->> %(score_attribute)s::text, 'float8')
            THEN (contact.attributes ->> %(score_attribute)s::text)::float8
        ELSE '-Infinity'
    END
FROM plan.work_audience AS audience
JOIN profile.contact AS contact USING (contact_id)
JOIN plan.work_combination AS combination
    ON combination.plan_id = audience.plan_id
    AND combination.country = contact.country
    AND combination.language = contact.language
    AND combination.zone = contact.zone
    AND combination.quiet_hours = contact.quiet_hours
    AND combination.variant = audience.variant
    AND combination.media = audience.media
LEFT JOIN (
    SELECT DISTINCT ON (contact_id) contact_id, status, is_proven, effective_at, wording_version
    FROM profile.consent
    WHERE purpose = %(purpose)s::text
        AND (%(given)b::bigint[] IS NULL OR contact_id = ANY(%(given)b::bigint[]))
        AND effective_at <= %(valid_until)s::timestamptz
        AND recorded_at <= %(known_until)s::timestamptz
    ORDER BY contact_id, effective_at DESC, (status = 'granted'), is_proven DESC, consent_id DESC
) AS consent ON consent.contact_id = audience.contact_id
LEFT JOIN (
    SELECT identity.contact_id, bool_or(NOT newest.cause = ANY(%(asked_causes)b::text[])) AS is_listed
    FROM (
        SELECT DISTINCT ON (suppression_index, scope) suppression_index, scope, action, cause
        FROM profile.suppression
        WHERE occurred_at <= %(valid_until)s::timestamptz AND recorded_at <= %(known_until)s::timestamptz
            AND (%(given_suppressions)b::bytea[] IS NULL OR suppression_index = ANY(%(given_suppressions)b::bytea[]))
        ORDER BY suppression_index, scope, occurred_at DESC, (action = 'resume'), suppression_id DESC
    ) AS newest
    JOIN (
        SELECT suppression_index, contact_id FROM profile.identity
        WHERE (%(given)b::bigint[] IS NULL OR contact_id = ANY(%(given)b::bigint[]))
        UNION ALL
        SELECT suppression_index, contact_id FROM profile.suppression
        WHERE contact_id IS NOT NULL
            AND (%(given)b::bigint[] IS NULL OR contact_id = ANY(%(given)b::bigint[]))
    ) AS identity USING (suppression_index)
    WHERE newest.action = 'stop' AND (newest.scope = 'all' OR %(purpose)s::text = 'marketing')
    GROUP BY identity.contact_id
) AS stopped ON stopped.contact_id = audience.contact_id
LEFT JOIN (
    -- Known by a BSUID alone, and by none of the portfolio that sends.
    SELECT DISTINCT other.contact_id
    FROM profile.identity AS other
    WHERE other.kind = 'bsuid' AND other.valid_to IS NULL
        AND (%(given)b::bigint[] IS NULL OR other.contact_id = ANY(%(given)b::bigint[]))
        AND NOT EXISTS (
            SELECT FROM profile.identity AS own
            WHERE own.contact_id = other.contact_id AND own.valid_to IS NULL
                AND (own.kind = 'phone' OR (own.kind = 'bsuid' AND own.scope = (
                    SELECT portfolio_id FROM account.business_number WHERE business_number_id = %(bsuid_number)s::text))))
) AS elsewhere ON elsewhere.contact_id = audience.contact_id
LEFT JOIN (
    -- Who rests because Meta did not deliver; whoever has written since does not.
    SELECT rest.contact_id, max(rest.rests_until) FILTER (WHERE rest.kind = 'all') AS all_until,
        max(rest.rests_until) FILTER (WHERE rest.kind = 'marketing') AS marketing_until
    FROM gate.rest AS rest
    WHERE rest.rests_until > %(evaluated_at)s::timestamptz AND rest.last_failed_at <= %(evaluated_at)s::timestamptz
        AND (%(given)b::bigint[] IS NULL OR rest.contact_id = ANY(%(given)b::bigint[]))
        AND (rest.kind = 'marketing' OR NOT EXISTS (
            SELECT FROM conversation.window AS talk
            WHERE talk.contact_id = rest.contact_id AND talk.last_inbound_at > rest.last_failed_at))
    GROUP BY rest.contact_id
) AS resting ON resting.contact_id = audience.contact_id
LEFT JOIN plan.work_missing AS missing
    ON missing.plan_id = audience.plan_id AND missing.contact_id = audience.contact_id
LEFT JOIN (
    SELECT contact_id, array_agg(granted_at) AS granted
    FROM gate.permit
    WHERE released_at IS NULL AND NOT is_test AND step = 1 AND rule_name = %(rule_name)s::text
        AND (%(given)b::bigint[] IS NULL OR contact_id = ANY(%(given)b::bigint[]))
        AND granted_at > %(evaluated_at)s::timestamptz - %(limit_window)s::interval AND granted_at <= %(evaluated_at)s::timestamptz
    GROUP BY contact_id
    HAVING count(*) >= %(limit_count)s::integer
) AS spent ON spent.contact_id = audience.contact_id
LEFT JOIN (
    -- The messages of all rules of the workspace, whatever their purpose.
    SELECT contact_id, array_agg(granted_at) AS granted
    FROM gate.permit
    WHERE released_at IS NULL AND NOT is_test AND NOT (step >= 100 AND purpose = 'service')
        AND (%(given)b::bigint[] IS NULL OR contact_id = ANY(%(given)b::bigint[]))
        AND granted_at > %(evaluated_at)s::timestamptz - %(workspace_limit_window)s::interval
        AND granted_at <= %(evaluated_at)s::timestamptz
    GROUP BY contact_id
    HAVING count(*) >= %(workspace_limit_count)s::integer
) AS shared ON shared.contact_id = audience.contact_id
LEFT JOIN (
    SELECT contact_id, array_agg(granted_at) AS granted
    FROM gate.permit
    WHERE released_at IS NULL AND NOT is_test AND purpose = 'marketing'
        AND (%(given)b::bigint[] IS NULL OR contact_id = ANY(%(given)b::bigint[]))
        AND granted_at > %(evaluated_at)s::timestamptz - %(cap_window_max)s::interval
        AND granted_at <= %(evaluated_at)s::timestamptz
    GROUP BY contact_id
    HAVING count(*) >= %(cap_count_min)s::integer
) AS capped ON capped.contact_id = audience.contact_id
WHERE audience.plan_id = %(plan_id)s;

-- name: claim_own
-- Candidates that nothing else excludes compete for the person in the window of their first possible send.
INSERT INTO plan.work_claim (
    plan_id, contact_id, decision_day, send_from, window_seconds, rule_name, strength, score, tiebreak)
SELECT candidate.plan_id, candidate.contact_id, candidate.decision_day, candidate.send_from, %(window_seconds)s::integer,
    %(rule_name)s, %(strength)s, candidate.score,
    hashint8extended(candidate.contact_id, hashtextextended(%(rule_name)s::text, 0))
FROM plan.work_candidate AS candidate
WHERE candidate.plan_id = %(plan_id)s AND candidate.early_reason = 0 AND candidate.late_reason = 0;

-- name: claim_approved
-- Plans that are approved and may still be launched; a newer plan of a rule made now stands for the older one. What waits
-- for its launch since an earlier day would be sent today; a plan whose rule was edited or archived since never will be.
INSERT INTO plan.work_claim (
    plan_id, contact_id, decision_day, send_from, window_seconds, rule_name, strength, score, tiebreak)
SELECT plan.plan_id, member.contact_id,
    CASE WHEN member.send_from >= %(evaluated_at)s::timestamptz THEN member.decision_day
        ELSE greatest(member.decision_day, %(today)s::date) END,
    greatest(member.send_from, %(evaluated_at)s::timestamptz),
    coalesce((plan.document ->> 'window_seconds')::integer, -1), plan.rule_name,
    (plan.document ->> 'strength')::integer, member.score,
    hashint8extended(member.contact_id, hashtextextended(plan.rule_name, 0))
FROM plan.plan AS plan
JOIN plan.member AS member ON member.plan_id = plan.plan_id AND member.reason_number = 0
WHERE plan.state = 'approved' AND NOT plan.is_test AND plan.expires_at > %(evaluated_at)s::timestamptz
    AND NOT plan.rule_name = ANY(%(rule_names)b::text[])
    AND member.send_until > %(evaluated_at)s::timestamptz
    AND NOT EXISTS (
        SELECT FROM rule.head WHERE head.rule_name = plan.rule_name AND head.rule_version_id <> plan.rule_version_id)
    AND NOT EXISTS (
        SELECT FROM rule.rule_state AS step
        WHERE step.rule_version_id = plan.rule_version_id AND step.state = 'archived' AND step.at >= plan.evaluated_at)
    AND (%(given)b::bigint[] IS NULL OR member.contact_id = ANY(%(given)b::bigint[]));

-- name: claim_reserved
-- People whom a launched plan has reserved; one who has been reached already cannot be taken over, nor can one whom the
-- rule itself is about to reach: a second plan of a rule for the same window finds nobody left.
INSERT INTO plan.work_claim (
    plan_id, contact_id, decision_day, send_from, window_seconds, rule_name, strength, score, tiebreak)
SELECT plan_id, contact_id, decision_day, send_from, window_seconds, rule_name,
    CASE WHEN has_permit OR rule_name = ANY(%(rule_names)b::text[]) THEN 1000000000
        ELSE (3 - band) * 1000 + priority END, score,
    hashint8extended(contact_id, hashtextextended(rule_name, 0))
FROM plan.reservation
WHERE decision_day >= %(first_day)s::date
    AND (%(given)b::bigint[] IS NULL OR contact_id = ANY(%(given)b::bigint[]));

-- name: analyze_claims
-- Claims are few or as many as the audiences.
ANALYZE plan.work_claim;

-- name: analyze_candidates
-- The planner must know how many candidates there are.
ANALYZE plan.work_candidate;

-- name: mark_losers
-- Everyone whom another rule wins in the same decision window is told to whom and by how much: band and priority, then
-- score, then the draw.
UPDATE plan.work_candidate AS candidate
SET lost_to_plan_id = winner.plan_id,
    margin = winner.strength - %(strength)s::integer,
    score_margin = plan.score_margin(winner.strength, winner.score, %(strength)s::integer, candidate.score)
FROM (
    SELECT DISTINCT ON (own.contact_id) own.contact_id, claim.plan_id, claim.strength, claim.score
    FROM plan.work_candidate AS own
    JOIN plan.work_claim AS claim ON claim.contact_id = own.contact_id
        AND plan.compete(
            own.decision_day, own.send_from, %(window_seconds)s::integer, claim.decision_day, claim.send_from,
            claim.window_seconds)
    WHERE own.plan_id = %(plan_id)s AND claim.plan_id <> %(plan_id)s
        AND (claim.strength, claim.score, hashint8extended(own.contact_id, hashtextextended(%(rule_name)s::text, 0))) > (
            %(strength)s::integer, own.score, claim.tiebreak)
    ORDER BY own.contact_id, claim.strength DESC, claim.score DESC, claim.tiebreak, claim.plan_id
) AS winner
WHERE candidate.plan_id = %(plan_id)s AND winner.contact_id = candidate.contact_id;

-- name: drop_lost_claims
-- Who is lost wins nobody: weaker rules do not lose to them.
DELETE FROM plan.work_claim AS claim
USING plan.work_candidate AS candidate
WHERE claim.plan_id = %(plan_id)s AND candidate.plan_id = %(plan_id)s AND candidate.contact_id = claim.contact_id
    AND candidate.lost_to_plan_id <> 0;

-- name: store_members
-- The decision on every person of the audience; budget, batches and the portfolio's limit go by the drawn order
-- among those whom nothing else excludes. Prices of one message fit an integer, whose sums are cheap.
WITH ranked AS (
    SELECT
        candidate.*,
        row_number() OVER (
            -- The first term changes nothing in the order; with it one sort serves both windows.
            ORDER BY candidate.send_from >= %(next_month)s::timestamptz, candidate.send_from, candidate.order_key,
                candidate.contact_id ROWS UNBOUNDED PRECEDING
        ) AS place,
        sum(candidate.price_e4::integer) OVER (
            -- A message of the month to come is paid from that month.
            PARTITION BY candidate.send_from >= %(next_month)s::timestamptz
            ORDER BY candidate.send_from, candidate.order_key, candidate.contact_id ROWS UNBOUNDED PRECEDING
        ) AS spent_e4
    FROM plan.work_candidate AS candidate
    WHERE candidate.plan_id = %(plan_id)s AND candidate.early_reason = 0 AND candidate.lost_to_plan_id = 0
        AND candidate.late_reason = 0
), timed AS (
    SELECT
        ranked.*,
        ((place - 1) / %(batch_size)s::bigint)::integer AS batch,
        (place - 1 + %(portfolio_used)s::bigint) / %(portfolio_limit)s::bigint AS portfolio_day
    FROM ranked
    UNION ALL
    SELECT candidate.*, 0, 0, 0, 0
    FROM plan.work_candidate AS candidate
    WHERE candidate.plan_id = %(plan_id)s
        AND NOT (candidate.early_reason = 0 AND candidate.lost_to_plan_id = 0 AND candidate.late_reason = 0)
), decided AS (
    SELECT
        timed.*,
        greatest(
            send_from,
            %(evaluated_at)s::timestamptz + batch * %(batch_every)s::interval,
            %(evaluated_at)s::timestamptz + portfolio_day * %(portfolio_window)s::interval) AS first_send,
        CASE
            WHEN early_reason <> 0 THEN early_reason
            WHEN lost_to_plan_id IN (SELECT plan_id FROM plan.plan WHERE rule_name = %(rule_name)s)
                THEN %(already_in_run)s::smallint
            WHEN lost_to_plan_id <> 0 THEN %(lost_to_rule)s::smallint
            WHEN late_reason <> 0 THEN late_reason
            WHEN %(evaluated_at)s::timestamptz + batch * %(batch_every)s::interval >= send_until
                THEN %(outside_window)s::smallint
            WHEN spent_e4 > CASE
                WHEN send_from >= %(next_month)s::timestamptz THEN %(budget_next_e4)s::bigint
                ELSE %(budget_e4)s::bigint
            END THEN %(budget)s::smallint
            WHEN %(evaluated_at)s::timestamptz + portfolio_day * %(portfolio_window)s::interval >= send_until
                THEN %(portfolio_limit_reason)s::smallint
            WHEN place > %(coupons)s::bigint THEN %(coupon_pool_low)s::smallint
            ELSE 0
        END AS reason_number
    FROM timed
)
INSERT INTO plan.member (
    plan_id, contact_id, reason_number, template_id, batch, send_from, send_until, lost_to_plan_id, margin,
    in_holdout, price_e4, decision_day, variant, media, score, score_margin)
SELECT
    plan_id, contact_id, reason_number,
    CASE WHEN reason_number = 0 THEN template_id ELSE 0 END,
    CASE WHEN reason_number = 0 THEN batch ELSE 0 END,
    CASE WHEN reason_number = 0 THEN first_send ELSE '-infinity' END,
    CASE WHEN reason_number = 0 THEN send_until ELSE 'infinity' END,
    CASE WHEN reason_number IN (%(lost_to_rule)s::smallint, %(already_in_run)s::smallint) THEN lost_to_plan_id ELSE 0 END,
    CASE WHEN reason_number = %(lost_to_rule)s::smallint THEN margin ELSE 0 END,
    in_holdout,
    CASE WHEN reason_number = 0 THEN price_e4 ELSE 0 END,
    -- Days of 24 hours: only the change of a clock in between moves the edge, by an hour.
    CASE WHEN reason_number = 0 AND first_send > send_from AND first_send >= day_ends_at
        THEN decision_day + 1 + floor(extract(epoch FROM first_send - day_ends_at) / 86400)::integer
        ELSE decision_day END,
    variant,
    CASE WHEN reason_number = 0 THEN media ELSE '' END,
    score,
    CASE WHEN reason_number = %(lost_to_rule)s::smallint THEN score_margin ELSE 0 END
FROM decided
-- In the order of the primary key, which then grows at its end only.
ORDER BY contact_id;

-- name: list_portfolio_people
-- Distinct people the portfolio has written to in the rolling day, by when they were last written to, and how many of
-- them got marketing alone.
SELECT date_bin('15 minutes', one.last_at, '2000-01-01T00:00:00Z'::timestamptz) AS at, count(*) AS people,
    count(*) FILTER (WHERE one.is_marketed_only) AS marketed_only
FROM (
    SELECT max(permit.granted_at) AS last_at, bool_and(permit.purpose = 'marketing') AS is_marketed_only
    FROM gate.permit AS permit
    JOIN account.business_number AS number USING (business_number_id)
    WHERE number.portfolio_id = %(portfolio_id)s AND permit.released_at IS NULL AND NOT permit.is_in_window
        AND permit.granted_at > %(since)s::timestamptz AND permit.granted_at <= %(evaluated_at)s::timestamptz
    GROUP BY permit.contact_id
) AS one
GROUP BY 1 ORDER BY 1;

-- name: list_number_people
-- Distinct people one number has written marketing to in the rolling day, by when they last were.
SELECT date_bin('15 minutes', one.last_at, '2000-01-01T00:00:00Z'::timestamptz) AS at, count(*) AS people
FROM (
    SELECT max(permit.granted_at) AS last_at FROM gate.permit AS permit
    WHERE permit.business_number_id = %(business_number_id)s AND permit.purpose = 'marketing'
        AND permit.released_at IS NULL AND NOT permit.is_test AND NOT permit.is_in_window
        AND permit.granted_at > %(since)s::timestamptz AND permit.granted_at <= %(evaluated_at)s::timestamptz
    GROUP BY permit.contact_id
) AS one
GROUP BY 1 ORDER BY 1;

-- name: count_reasons
-- The waterfall: how many people each reason left out; 0 is planned.
SELECT reason_number, count(*) FROM plan.member WHERE plan_id = %(plan_id)s GROUP BY reason_number;

-- name: count_losses
-- To which other rules people were lost, and by how much.
SELECT lost_to_plan_id, margin, score_margin > 0 AS is_by_score, count(*)
FROM plan.member
WHERE plan_id = %(plan_id)s AND reason_number = %(lost_to_rule)s::smallint
GROUP BY lost_to_plan_id, margin, score_margin > 0
ORDER BY count(*) DESC, lost_to_plan_id, margin, is_by_score;

-- name: list_rule_names
-- The rules of these plans.
SELECT plan_id, rule_name FROM plan.plan WHERE plan_id = ANY(%(plan_ids)b::bigint[]);

-- name: count_messages
-- Planned messages and their price by country, template and variant.
SELECT contact.country, member.template_id, member.variant, count(*), sum(member.price_e4)::bigint
FROM plan.member AS member
JOIN profile.contact AS contact USING (contact_id)
WHERE member.plan_id = %(plan_id)s AND member.reason_number = 0
GROUP BY contact.country, member.template_id, member.variant
ORDER BY count(*) DESC, contact.country, member.template_id, member.variant;

-- name: count_arms
-- How an experiment divides the audience, and how many of each arm are planned.
SELECT in_holdout, variant, count(*), count(*) FILTER (WHERE reason_number = 0)
FROM plan.member
WHERE plan_id = %(plan_id)s
GROUP BY in_holdout, variant
ORDER BY in_holdout, variant;

-- name: count_starts
-- When how many messages may start, and until when.
SELECT send_from, send_until, batch, count(*)
FROM plan.member
WHERE plan_id = %(plan_id)s AND reason_number = 0
GROUP BY send_from, send_until, batch
ORDER BY send_from, batch, send_until;

-- name: sample_members
-- One planned person per template, variant and form of the file, for the sample renderings.
SELECT DISTINCT ON (member.variant, member.template_id, member.media) member.template_id, member.contact_id,
    member.variant, member.media, contact.attributes, contact.sealed_attributes
FROM plan.member AS member
JOIN profile.contact AS contact USING (contact_id)
WHERE member.plan_id = %(plan_id)s AND member.reason_number = 0
ORDER BY member.variant, member.template_id, member.media, member.contact_id;

-- name: hash_members
-- One hash over the decision on every person, made in chunks so that no text grows beyond a few megabytes.
SELECT sha256(coalesce(string_agg(chunk.hash, ''::bytea ORDER BY chunk.number), ''::bytea))
FROM (
    SELECT
        member.contact_id / 50000 AS number,
        sha256(convert_to(string_agg(concat_ws(
            ':', contact_id, reason_number, template_id, batch, extract(epoch FROM send_from),
            extract(epoch FROM send_until), lost_to_plan_id, margin, in_holdout::integer, price_e4, variant,
            score_margin, nullif(media, '')), ';'
            ORDER BY contact_id), 'UTF8')) AS hash
    FROM plan.member AS member
    WHERE member.plan_id = %(plan_id)s
    GROUP BY member.contact_id / 50000
) AS chunk;

-- name: find_previous_plan
-- The last plan of the same step of the same rule.
SELECT plan_id
FROM plan.plan
WHERE rule_name = %(rule_name)s AND plan_id < %(plan_id)s AND step = %(step)s AND NOT is_test
ORDER BY plan_id DESC
LIMIT 1;

-- name: compare_members
-- Who came in and who went out since another plan.
SELECT
    count(*) FILTER (WHERE before.contact_id IS NULL),
    count(*) FILTER (WHERE after.contact_id IS NULL)
FROM (
    SELECT contact_id FROM plan.member WHERE plan_id = %(plan_id)s AND reason_number = 0
) AS after
FULL JOIN (
    SELECT contact_id FROM plan.member WHERE plan_id = %(previous_plan_id)s AND reason_number = 0
) AS before ON before.contact_id = after.contact_id;

-- name: find_run_spending
-- What a run has cost so far, and the steps that follow it.
SELECT spent_e4 FROM gate.budget WHERE run_id = %(run_id)s;

-- name: insert_plan
-- The plan first, its people next: they refer to it.
INSERT INTO plan.plan (
    plan_id, rule_version_id, rule_name, purpose, evaluated_at, as_of, known_at, created_at, created_by,
    expires_at, tzdata_version, business_number_id, document, content_hash, previous_plan_id, is_test, step,
    first_run_id)
OVERRIDING SYSTEM VALUE
VALUES (
    %(plan_id)s, %(rule_version_id)s, %(rule_name)s, %(purpose)s, %(evaluated_at)s, %(as_of)s::timestamptz,
    %(known_at)s::timestamptz, %(created_at)s, %(created_by)s, %(expires_at)s, %(tzdata_version)s,
    %(business_number_id)s, '{}', sha256(''::bytea), %(previous_plan_id)s::bigint, %(is_test)s, %(step)s,
    %(first_run_id)s::bigint);

-- name: finish_plan
-- The document and the hash over it and over every decision.
UPDATE plan.plan SET document = %(document)s::jsonb, content_hash = %(content_hash)s WHERE plan_id = %(plan_id)s;

-- name: find_plan
-- One plan with who approved it.
SELECT
    plan.plan_id, plan.rule_version_id, plan.rule_name, plan.purpose, plan.state, plan.evaluated_at, plan.as_of,
    plan.known_at, plan.created_at, plan.created_by, plan.expires_at, plan.business_number_id, plan.document,
    plan.content_hash, plan.previous_plan_id, plan.is_test, version.author,
    coalesce(approval.approved_by, '') AS approved_by, approval.signature
FROM plan.plan AS plan
JOIN rule.rule_version AS version USING (rule_version_id)
LEFT JOIN plan.approval AS approval USING (plan_id)
WHERE plan.plan_id = %(plan_id)s;

-- name: list_plans
-- The latest plans first.
SELECT
    plan.plan_id, plan.rule_version_id, plan.rule_name, plan.purpose, plan.state, plan.evaluated_at, plan.as_of,
    plan.known_at, plan.created_at, plan.created_by, plan.expires_at, plan.business_number_id, plan.document,
    plan.content_hash, plan.previous_plan_id, plan.is_test, version.author,
    coalesce(approval.approved_by, '') AS approved_by, approval.signature
FROM plan.plan AS plan
JOIN rule.rule_version AS version USING (rule_version_id)
LEFT JOIN plan.approval AS approval USING (plan_id)
-- Plans behind replies chose nobody: there is nothing to look at or to approve.
WHERE plan.step < 100
ORDER BY plan.plan_id DESC
LIMIT %(count)s::integer;

-- name: lock_plan
-- Approval and launch of one plan take turns.
SELECT state FROM plan.plan WHERE plan_id = %(plan_id)s FOR UPDATE;

-- name: set_state
-- Draft, approved, launched or void.
UPDATE plan.plan SET state = %(state)s WHERE plan_id = %(plan_id)s;

-- name: insert_approval
-- Who signed which hash.
INSERT INTO plan.approval (plan_id, content_hash, approved_by, approved_at, signature)
VALUES (%(plan_id)s, %(content_hash)s, %(approved_by)s, %(approved_at)s, %(signature)s);

-- name: find_member
-- The decision on one person, and whom a launch since gave them to while that one still has them; instants without a
-- bound become the first and the last that every reader knows.
SELECT member.plan_id, member.contact_id, reason_number, template_id, batch,
    greatest(send_from, '1970-01-01 00:00:00+00') AS send_from,
    least(send_until, '9999-12-31 00:00:00+00') AS send_until,
    coalesce(since.lost_to_plan_id, member.lost_to_plan_id) AS lost_to_plan_id,
    coalesce(since.margin, member.margin) AS margin,
    coalesce(since.score_margin, member.score_margin) AS score_margin,
    in_holdout, variant, media, price_e4,
    greatest(decision_day, '1970-01-01') AS decision_day
FROM plan.member AS member
LEFT JOIN LATERAL (
    SELECT lost.lost_to_plan_id, lost.margin, lost.score_margin
    FROM plan.loss AS lost
    JOIN plan.reservation AS winner ON winner.contact_id = lost.contact_id AND winner.plan_id = lost.lost_to_plan_id
    WHERE lost.plan_id = member.plan_id AND lost.contact_id = member.contact_id
    ORDER BY lost.margin DESC, lost.lost_to_plan_id LIMIT 1
) AS since ON true
WHERE member.plan_id = %(plan_id)s AND member.contact_id = %(contact_id)s;

-- name: insert_test_members
-- The listed people of a test message.
INSERT INTO plan.member (
    plan_id, contact_id, reason_number, template_id, send_from, send_until, decision_day, variant)
SELECT %(plan_id)s, given.contact_id, given.reason_number, given.template_id, given.send_from, %(send_until)s,
    %(decision_day)s, given.variant
FROM unnest(%(contact_ids)b::bigint[], %(reason_numbers)b::smallint[], %(template_ids)b::bigint[],
    %(send_from)b::timestamptz[], %(variants)b::text[])
    AS given (contact_id, reason_number, template_id, send_from, variant);

-- name: list_contested
-- Planned people whom another plan has reserved for the same decision window.
SELECT DISTINCT own.contact_id
FROM (
    SELECT member.contact_id, coalesce(late.decision_day, member.decision_day) AS decision_day,
        coalesce(late.send_from, member.send_from) AS send_from
    FROM plan.member AS member
    LEFT JOIN (
        SELECT contact.contact_id, given.send_from, given.decision_day
        FROM unnest(
            %(late_countries)b::text[], %(late_zones)b::text[], %(late_hours)b::text[], %(late_from)b::timestamptz[],
            %(late_days)b::date[]
        ) AS given (country, zone, quiet_hours, send_from, decision_day)
        JOIN profile.contact AS contact ON contact.country = given.country AND contact.zone = given.zone
            AND contact.quiet_hours = given.quiet_hours
    ) AS late ON late.contact_id = member.contact_id AND member.send_from < %(now)s::timestamptz
    WHERE member.plan_id = %(plan_id)s AND member.reason_number = 0
) AS own
JOIN plan.reservation AS theirs ON theirs.contact_id = own.contact_id AND theirs.plan_id <> %(plan_id)s
    AND plan.compete(
        own.decision_day, own.send_from, %(window_seconds)s::integer, theirs.decision_day, theirs.send_from,
        theirs.window_seconds)
ORDER BY own.contact_id;

-- name: lock_contested
-- A person who is being written to at this moment is waited for: nobody gets two messages of one window.
SELECT contact_id FROM profile.sending_guard
WHERE contact_id = ANY(%(contact_ids)b::bigint[]) ORDER BY contact_id FOR NO KEY UPDATE;

-- name: lock_reservations
-- In the order in which senders give them back.
SELECT contact_id FROM plan.reservation
WHERE contact_id = ANY(%(contact_ids)b::bigint[]) ORDER BY contact_id, plan_id FOR UPDATE;

-- name: reserve_members
-- One campaign per person and decision window: a reservation without a permit goes to a stronger rule, any other stays.
-- Both the people lost here and those taken from others are kept, with winner and margin. What is launched late competes
-- when it can be sent now.
WITH own AS (
    SELECT member.contact_id, coalesce(late.decision_day, member.decision_day) AS decision_day,
        coalesce(late.send_from, member.send_from) AS send_from, member.score,
        hashint8extended(member.contact_id, hashtextextended(%(rule_name)s::text, 0)) AS tiebreak
    FROM plan.member AS member
    LEFT JOIN (
        SELECT contact.contact_id, given.send_from, given.decision_day
        FROM unnest(
            %(late_countries)b::text[], %(late_zones)b::text[], %(late_hours)b::text[], %(late_from)b::timestamptz[],
            %(late_days)b::date[]
        ) AS given (country, zone, quiet_hours, send_from, decision_day)
        JOIN profile.contact AS contact ON contact.country = given.country AND contact.zone = given.zone
            AND contact.quiet_hours = given.quiet_hours
    ) AS late ON late.contact_id = member.contact_id AND member.send_from < %(now)s::timestamptz
    WHERE member.plan_id = %(plan_id)s AND member.reason_number = 0
), rival AS (
    SELECT own.contact_id, own.score AS own_score, theirs.plan_id, theirs.has_permit, theirs.score,
        CASE WHEN theirs.has_permit THEN 1000000000 ELSE (3 - theirs.band) * 1000 + theirs.priority END AS strength,
        theirs.has_permit OR NOT ((%(strength)s::integer, own.score, theirs.tiebreak) > (
            (3 - theirs.band) * 1000 + theirs.priority, theirs.score, own.tiebreak)) AS wins
    FROM own
    JOIN (
        SELECT *, hashint8extended(contact_id, hashtextextended(rule_name, 0)) AS tiebreak FROM plan.reservation
        WHERE contact_id = ANY(%(contested)b::bigint[])
    ) AS theirs ON theirs.contact_id = own.contact_id AND theirs.plan_id <> %(plan_id)s
        AND plan.compete(
            own.decision_day, own.send_from, %(window_seconds)s::integer, theirs.decision_day, theirs.send_from,
            theirs.window_seconds)
), lost AS (
    SELECT DISTINCT ON (contact_id) contact_id, plan_id, strength - %(strength)s::integer AS margin,
        plan.score_margin(strength, score, %(strength)s::integer, own_score) AS score_margin
    FROM rival
    WHERE wins
    ORDER BY contact_id, strength DESC, score DESC, plan_id
), taken AS (
    DELETE FROM plan.reservation AS theirs
    USING rival
    WHERE theirs.contact_id = rival.contact_id AND theirs.plan_id = rival.plan_id AND NOT rival.wins
        AND NOT EXISTS (SELECT FROM lost WHERE lost.contact_id = rival.contact_id)
    RETURNING theirs.plan_id, theirs.contact_id, %(strength)s::integer - rival.strength AS margin,
        plan.score_margin(%(strength)s::integer, rival.own_score, rival.strength, rival.score) AS score_margin
), told AS (
    INSERT INTO plan.loss (plan_id, contact_id, lost_to_plan_id, margin, score_margin, lost_at)
    SELECT %(plan_id)s::bigint, contact_id, plan_id, margin, score_margin, %(now)s::timestamptz FROM lost
    UNION ALL
    SELECT plan_id, contact_id, %(plan_id)s::bigint, margin, score_margin, %(now)s::timestamptz FROM taken
)
INSERT INTO plan.reservation (
    contact_id, decision_day, plan_id, rule_name, band, priority, send_from, window_seconds, score)
SELECT own.contact_id, own.decision_day, %(plan_id)s, %(rule_name)s, %(band)s::smallint, %(priority)s::integer,
    own.send_from, %(window_seconds)s::integer, own.score
FROM own
WHERE NOT EXISTS (SELECT FROM lost WHERE lost.contact_id = own.contact_id)
ORDER BY own.contact_id;

-- name: list_late_places
-- Where the people live who could have been written to before the launch.
SELECT DISTINCT contact.country, contact.zone, contact.quiet_hours
FROM plan.member AS member
JOIN profile.contact AS contact USING (contact_id)
WHERE member.plan_id = %(plan_id)s AND member.reason_number = 0 AND member.send_from < %(now)s::timestamptz;

-- name: free_version
-- What a version had reserved and not used, once nothing of it is sent any more; locked in the order of the people, like
-- every group of people.
DELETE FROM plan.reservation AS theirs
USING (
    SELECT one.contact_id, one.plan_id
    FROM plan.reservation AS one
    JOIN plan.plan AS plan USING (plan_id)
    WHERE plan.rule_version_id = %(rule_version_id)s AND NOT one.has_permit
    ORDER BY one.contact_id
    FOR UPDATE OF one
) AS gone
WHERE theirs.contact_id = gone.contact_id AND theirs.plan_id = gone.plan_id AND NOT theirs.has_permit;

-- name: find_month_spending
-- What a rule's live permits have cost in a month.
SELECT spent_e4 FROM gate.month_budget WHERE rule_name = %(rule_name)s AND month = %(month)s::date;

-- name: find_run
-- The run of a launched plan.
SELECT run_id FROM deliver.run WHERE plan_id = %(plan_id)s;

-- name: find_template_hashes
-- What the templates of a plan say now.
SELECT template_id, components_hash FROM template.template WHERE template_id = ANY(%(template_ids)b::bigint[]);

-- name: find_newest_rule_version
-- What a rule says now; a version that was written past the book counts by its number.
SELECT coalesce(
    (SELECT rule_version_id FROM rule.head WHERE rule_name = %(rule_name)s),
    (SELECT max(rule_version_id) FROM rule.rule_version WHERE rule_name = %(rule_name)s));

-- name: read_changes
-- Everything said about these people up to an instant, as far as it was known then.
SELECT contact_id, kind, payload::text AS payload, valid_from
FROM profile.change
WHERE contact_id = ANY(%(contact_ids)b::bigint[])
    AND kind IN ('contact', 'attributes', 'tag_added', 'tag_removed', 'label', 'consent')
    AND valid_from <= %(valid_until)s::timestamptz AND recorded_at <= %(known_until)s::timestamptz
ORDER BY contact_id, valid_from, change_id;

-- name: read_events
-- The events of these people that a condition reads.
SELECT contact_id, name, occurred_at, properties::text AS properties
FROM collect.event
WHERE contact_id = ANY(%(contact_ids)b::bigint[]) AND name = ANY(%(names)b::text[])
    AND occurred_at < %(valid_until)s::timestamptz AND recorded_at <= %(known_until)s::timestamptz
ORDER BY contact_id, occurred_at, event_id;

-- name: read_person
-- What the policy looks at for one person, as the plan saw it.
SELECT
    contact.contact_id,
    contact.country,
    contact.language,
    contact.zone,
    contact.quiet_hours,
    contact.attributes,
    contact.sealed_attributes,
    contact.attributes ->> 'birth_date' AS birth_date,
    contact.is_restricted OR contact.erased_at IS NOT NULL OR contact.merged_into IS NOT NULL AS is_restricted,
    contact.is_reachable AND EXISTS (
        SELECT FROM profile.identity AS own
        WHERE own.contact_id = contact.contact_id AND own.valid_to IS NULL
            AND (own.kind = 'phone' OR (own.kind = 'bsuid' AND own.scope = (
                    SELECT portfolio_id FROM account.business_number WHERE business_number_id = %(bsuid_number)s::text)))
    ) AS is_reachable,
    contact.objects_to_profiling,
    said.consent_id,
    said.status,
    said.is_proven,
    said.effective_at,
    said.wording_version,
    coalesce((
        SELECT array_agg(newest.scope || ':' || newest.cause ORDER BY newest.scope, newest.cause)
        FROM (
            SELECT DISTINCT ON (one.suppression_index, one.scope) one.scope, one.action, one.cause
            FROM profile.suppression AS one
            WHERE one.occurred_at <= %(valid_until)s::timestamptz
                AND one.recorded_at <= %(known_until)s::timestamptz
                AND one.suppression_index IN (
                    SELECT suppression_index FROM profile.identity WHERE contact_id = contact.contact_id
                    UNION ALL
                    SELECT suppression_index FROM profile.suppression WHERE contact_id = contact.contact_id)
            ORDER BY one.suppression_index, one.scope, one.occurred_at DESC, (one.action = 'resume'),
                one.suppression_id DESC
        ) AS newest
        WHERE newest.action = 'stop'), '{}'::text[]) AS stops,
    coalesce(used.own, '{}'::timestamptz[]) AS own_granted,
    coalesce(used.marketing, '{}'::timestamptz[]) AS marketing_granted,
    coalesce(used.every, '{}'::timestamptz[]) AS granted,
    ARRAY(
        SELECT concat_ws('|', rest.kind, rest.code, extract(epoch FROM rest.rests_until))
        FROM gate.rest AS rest
        WHERE rest.contact_id = contact.contact_id AND rest.rests_until > %(evaluated_at)s::timestamptz
            AND rest.last_failed_at <= %(evaluated_at)s::timestamptz
            AND (rest.kind = 'marketing' OR NOT EXISTS (
                SELECT FROM conversation.window AS talk
                WHERE talk.contact_id = rest.contact_id AND talk.last_inbound_at > rest.last_failed_at))
        ORDER BY rest.code
    ) AS rests
FROM profile.contact AS contact
LEFT JOIN LATERAL (
    SELECT array_agg(permit.granted_at) FILTER (WHERE permit.step = 1 AND permit.rule_name = %(rule_name)s::text) AS own,
        array_agg(permit.granted_at) FILTER (WHERE permit.purpose = 'marketing') AS marketing,
        array_agg(permit.granted_at) FILTER (WHERE NOT (permit.step >= 100 AND permit.purpose = 'service')) AS every
    FROM gate.permit AS permit
    WHERE permit.contact_id = contact.contact_id AND permit.released_at IS NULL AND NOT permit.is_test
        AND permit.granted_at > %(counted_from)s::timestamptz AND permit.granted_at <= %(evaluated_at)s::timestamptz
) AS used ON true
LEFT JOIN LATERAL (
    SELECT consent_id, status, is_proven, effective_at, wording_version
    FROM profile.consent
    WHERE contact_id = contact.contact_id AND purpose = %(purpose)s::text
        AND effective_at <= %(valid_until)s::timestamptz AND recorded_at <= %(known_until)s::timestamptz
    ORDER BY effective_at DESC, (status = 'granted'), is_proven DESC, consent_id DESC
    LIMIT 1
) AS said ON true
WHERE contact.contact_id = %(contact_id)s;

-- name: list_seeds
-- Staff who get test messages.
SELECT contact_id, country, language, zone FROM profile.contact WHERE is_seed AND erased_at IS NULL ORDER BY contact_id;

-- name: set_seed
-- Whether a contact gets test messages; the change log keeps it.
WITH changed AS (
    UPDATE profile.contact SET is_seed = %(is_seed)s
    WHERE contact_id = %(contact_id)s AND is_seed <> %(is_seed)s
    RETURNING contact_id
)
INSERT INTO profile.change (contact_id, kind, payload, valid_from, recorded_at)
SELECT contact_id, 'flags', jsonb_build_object('is_seed', %(is_seed)s::boolean), %(now)s::timestamptz, %(now)s::timestamptz
FROM changed;

-- name: list_member_ids
-- A page of the people with one decision; 0 is planned.
SELECT contact_id
FROM plan.member
WHERE plan_id = %(plan_id)s AND reason_number = %(reason_number)s::smallint AND contact_id > %(after)s::bigint
ORDER BY contact_id
LIMIT %(page)s::integer;
