-- name: list_runs
-- The newest runs for the overview, with the number they use.
SELECT
    run.run_id,
    run.plan_id,
    run.rule_name,
    run.state,
    run.is_test,
    run.launched_by,
    run.launched_at,
    run.finished_at,
    run.business_number_id,
    number.name AS number_name
FROM deliver.run AS run
JOIN account.business_number AS number ON number.business_number_id = run.business_number_id
WHERE (%(with_tests)s::boolean OR NOT run.is_test)
ORDER BY run.run_id DESC
LIMIT %(limit)s::integer;

-- name: find_run
-- One run by its number, tests included.
SELECT
    run.run_id,
    run.plan_id,
    run.rule_name,
    run.state,
    run.is_test,
    run.launched_by,
    run.launched_at,
    run.finished_at,
    run.business_number_id,
    number.name AS number_name
FROM deliver.run AS run
JOIN account.business_number AS number ON number.business_number_id = run.business_number_id
WHERE run.run_id = %(run_id)s;

-- name: count_outcomes
-- One row per key of the asked grain; test runs count only where one run is asked for.
SELECT
    CASE %(grain)s::text
        WHEN 'run' THEN outcome.run_id::text
        WHEN 'rule' THEN outcome.rule_name
        WHEN 'variant' THEN outcome.rule_name || ': ' || outcome.variant
        WHEN 'template' THEN coalesce(template.name || ' (' || template.language || ')',
            CASE outcome.template_id WHEN 0 THEN 'reply' ELSE 'unknown' END)
        WHEN 'hour' THEN to_char(outcome.hour AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI"Z"')
        ELSE 'all'
    END AS key,
    outcome.state,
    outcome.reason,
    outcome.error_code,
    CASE WHEN outcome.is_failed THEN outcome.failed_code ELSE 0 END AS failed_code,
    count(*) AS messages,
    count(*) FILTER (WHERE outcome.is_accepted) AS accepted,
    count(*) FILTER (WHERE outcome.is_delivered) AS delivered,
    count(*) FILTER (WHERE outcome.is_read) AS read,
    count(*) FILTER (WHERE outcome.is_clicked) AS clicked,
    count(*) FILTER (WHERE outcome.is_replied) AS replied,
    count(*) FILTER (WHERE outcome.is_opted_out) AS opted_out,
    count(*) FILTER (WHERE outcome.is_failed) AS failed
FROM observe.message_outcome AS outcome
LEFT JOIN template.template AS template ON template.template_id = outcome.template_id
WHERE (outcome.run_id = %(run_id)s::bigint OR (%(run_id)s::bigint IS NULL AND NOT outcome.is_test))
    AND (%(rule_name)s::text IS NULL OR outcome.rule_name = %(rule_name)s::text)
    AND (%(grain)s::text <> 'variant' OR outcome.variant <> '')
GROUP BY 1, 2, 3, 4, 5;

-- name: count_members
-- Who was planned and who was left out, by reason; only people of launched plans count towards a rule.
SELECT
    CASE %(grain)s::text
        WHEN 'run' THEN run.run_id::text
        WHEN 'rule' THEN run.rule_name
        WHEN 'variant' THEN run.rule_name || ': ' || member.variant
        ELSE 'all'
    END AS key,
    member.reason_number,
    count(*) AS people
FROM deliver.run AS run
JOIN plan.member AS member ON member.plan_id = run.plan_id
WHERE (run.run_id = %(run_id)s::bigint OR (%(run_id)s::bigint IS NULL AND NOT run.is_test))
    AND (%(rule_name)s::text IS NULL OR run.rule_name = %(rule_name)s::text)
    AND (%(grain)s::text <> 'variant' OR member.variant <> '')
GROUP BY 1, 2;

-- name: sum_costs
-- Estimated: every permit that was not given back. Billed: delivered messages for which a status named a category.
SELECT
    CASE %(grain)s::text
        WHEN 'run' THEN outcome.run_id::text
        WHEN 'rule' THEN outcome.rule_name
        WHEN 'variant' THEN outcome.rule_name || ': ' || outcome.variant
        WHEN 'template' THEN coalesce(template.name || ' (' || template.language || ')',
            CASE outcome.template_id WHEN 0 THEN 'reply' ELSE 'unknown' END)
        WHEN 'hour' THEN to_char(outcome.hour AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI"Z"')
        ELSE 'all'
    END AS key,
    coalesce(sum(permit.price_e4), 0)::bigint AS estimated_e4,
    -- Where Meta billed another category, or nothing, that price; a message that was free names no category.
    coalesce(sum(coalesce(permit.billed_e4, permit.price_e4)) FILTER (
        WHERE outcome.is_delivered AND (outcome.billed_category <> '' OR permit.billed_e4 IS NOT NULL)), 0)::bigint
        AS billed_e4
FROM observe.message_outcome AS outcome
JOIN gate.permit AS permit ON permit.message_id = outcome.message_id AND permit.released_at IS NULL
LEFT JOIN template.template AS template ON template.template_id = outcome.template_id
WHERE (outcome.run_id = %(run_id)s::bigint OR (%(run_id)s::bigint IS NULL AND NOT outcome.is_test))
    AND (%(rule_name)s::text IS NULL OR outcome.rule_name = %(rule_name)s::text)
    AND (%(grain)s::text <> 'variant' OR outcome.variant <> '')
GROUP BY 1;

-- name: reconcile_costs
-- Messages that were let through, by what they were estimated and billed as; what was not delivered costs nothing.
SELECT permit.category AS estimated_as,
    CASE
        WHEN NOT outcome.is_delivered THEN CASE WHEN outcome.is_failed OR outcome.state = 'refused' THEN 'failed' ELSE 'open' END
        WHEN permit.billed_e4 = 0 THEN 'free'
        WHEN outcome.billed_category = '' THEN 'untold'
        ELSE outcome.billed_category
    END AS billed_as,
    count(*) AS messages,
    sum(permit.price_e4)::bigint AS estimated_e4,
    coalesce(sum(coalesce(permit.billed_e4, permit.price_e4)) FILTER (
        WHERE outcome.is_delivered AND (outcome.billed_category <> '' OR permit.billed_e4 IS NOT NULL)), 0)::bigint
        AS billed_e4
FROM observe.message_outcome AS outcome
JOIN gate.permit AS permit ON permit.message_id = outcome.message_id AND permit.released_at IS NULL
WHERE (outcome.run_id = %(run_id)s::bigint OR (%(run_id)s::bigint IS NULL AND NOT outcome.is_test))
    AND (%(rule_name)s::text IS NULL OR outcome.rule_name = %(rule_name)s::text)
GROUP BY 1, 2 ORDER BY 1, 2;

-- name: count_service_messages
-- Free-form messages of each number that Meta delivered since the month began; the first thousand of a number are free.
SELECT number.name AS number, count(*) FILTER (WHERE sent.message_id IS NOT NULL) AS delivered
FROM unnest(%(numbers)b::text[], %(since)b::timestamptz[]) AS month (business_number_id, began_at)
JOIN account.business_number AS number USING (business_number_id)
LEFT JOIN (
    SELECT DISTINCT message.message_id, message.business_number_id
    FROM deliver.status AS status
    JOIN deliver.message AS message ON message.message_id = status.message_id
    JOIN unnest(%(numbers)b::text[], %(since)b::timestamptz[]) AS began (business_number_id, began_at)
        ON began.business_number_id = message.business_number_id
    -- The first of the months keeps old partitions out.
    WHERE status.occurred_at >= %(floor)s::timestamptz AND status.occurred_at >= began.began_at
        AND status.status IN ('delivered', 'read')
        AND status.pricing_category = 'service'
) AS sent ON sent.business_number_id = number.business_number_id
GROUP BY number.name ORDER BY number.name;

-- name: count_conversions
-- People whose success event fell into the window, and what it was worth, per currency; who bought in two currencies
-- is counted under one of them.
SELECT
    CASE %(grain)s::text
        WHEN 'run' THEN outcome.run_id::text
        WHEN 'rule' THEN outcome.rule_name
        WHEN 'variant' THEN outcome.rule_name || ': ' || outcome.variant
        WHEN 'template' THEN coalesce(template.name || ' (' || template.language || ')',
            CASE outcome.template_id WHEN 0 THEN 'reply' ELSE 'unknown' END)
        WHEN 'hour' THEN to_char(outcome.hour AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI"Z"')
        ELSE 'all'
    END AS key,
    conversion.currency,
    count(DISTINCT conversion.message_id) FILTER (
        WHERE NOT EXISTS (
            SELECT FROM observe.conversion AS other
            WHERE other.message_id = conversion.message_id AND other.currency < conversion.currency
        )
    ) AS messages,
    sum(conversion.worth_minor)::bigint AS worth_minor
FROM observe.conversion AS conversion
JOIN observe.message_outcome AS outcome ON outcome.message_id = conversion.message_id
LEFT JOIN template.template AS template ON template.template_id = outcome.template_id
WHERE (outcome.run_id = %(run_id)s::bigint OR (%(run_id)s::bigint IS NULL AND NOT outcome.is_test))
    AND (%(rule_name)s::text IS NULL OR outcome.rule_name = %(rule_name)s::text)
    AND (%(grain)s::text <> 'variant' OR outcome.variant <> '')
GROUP BY 1, 2;

-- name: list_losses
-- Which rule lost how many people to which other, and by how much: when it was planned, and since its launch.
WITH run AS (
    SELECT run_id, plan_id, rule_name FROM deliver.run
    WHERE (run_id = %(run_id)s::bigint OR (%(run_id)s::bigint IS NULL AND NOT is_test))
        AND (%(rule_name)s::text IS NULL OR rule_name = %(rule_name)s::text)
), since_launch AS (
    SELECT DISTINCT ON (run.run_id, lost.contact_id) run.rule_name, lost.lost_to_plan_id, lost.margin
    FROM run
    JOIN plan.loss AS lost USING (plan_id)
    JOIN deliver.message AS message ON message.run_id = run.run_id AND message.contact_id = lost.contact_id
    WHERE message.state = 'cancelled' AND message.reason = 'lost_to_rule'
    ORDER BY run.run_id, lost.contact_id, lost.margin DESC, lost.lost_to_plan_id
)
SELECT
    lost.rule_name AS rule_name,
    coalesce(winner.rule_name, 'unknown') AS lost_to,
    count(*) AS people,
    min(lost.margin) AS margin_min,
    max(lost.margin) AS margin_max
FROM (
    SELECT run.rule_name, member.lost_to_plan_id, member.margin
    FROM run
    JOIN plan.member AS member ON member.plan_id = run.plan_id AND member.reason_number = %(lost_number)s::smallint
    UNION ALL
    SELECT rule_name, lost_to_plan_id, margin FROM since_launch
) AS lost
LEFT JOIN plan.plan AS winner ON winner.plan_id = lost.lost_to_plan_id
GROUP BY 1, 2
ORDER BY people DESC, rule_name, lost_to;

-- name: list_timeline
-- What happened minute by minute in a run, at the grain that keeps the line short.
SELECT bucket, what, count(*) AS messages
FROM deliver.message AS message
CROSS JOIN LATERAL (
    VALUES
        ('accepted', message.accepted_at),
        ('delivered', message.delivered_at),
        ('read', message.read_at),
        ('failed', message.failed_at)
) AS moment (what, at)
CROSS JOIN LATERAL date_bin(make_interval(secs => %(seconds)s::integer), moment.at, 'epoch'::timestamptz) AS bucket
WHERE message.run_id = %(run_id)s AND moment.at IS NOT NULL
GROUP BY 1, 2
ORDER BY 1, 2;

-- name: find_timeline_span
-- First and last moment of a run, to choose the grain.
SELECT min(message.accepted_at), max(greatest(message.accepted_at, message.delivered_at, message.read_at, message.failed_at))
FROM deliver.message AS message
WHERE message.run_id = %(run_id)s;

-- name: list_runs_with_open_windows
-- Runs whose success window can still gain events, with the rule text that defines success.
SELECT run.run_id, version.text
FROM deliver.run AS run
JOIN plan.plan AS plan ON plan.plan_id = run.plan_id
JOIN rule.rule_version AS version ON version.rule_version_id = plan.rule_version_id
WHERE run.launched_at > %(launched_after)s AND NOT run.is_test AND run.step < 100
ORDER BY run.run_id;

-- name: list_success_candidates
-- Events of the success's name inside each accepted message's window that are not counted yet, page by page. One that
-- followed several steps of a rule counts once, for the last of them.
SELECT
    message.message_id,
    message.contact_id,
    template.name AS template_name,
    message.variant,
    message.step,
    event.event_key,
    event.occurred_at,
    event.properties
FROM deliver.message AS message
JOIN deliver.run AS run ON run.run_id = message.run_id
JOIN template.template AS template ON template.template_id = message.template_id
JOIN collect.event AS event ON event.contact_id = message.contact_id
    AND event.name = %(event_name)s
    AND event.occurred_at > message.accepted_at
    AND event.occurred_at <= message.accepted_at + %(window)s::interval
WHERE message.run_id = %(run_id)s
    AND message.state = 'accepted'
    AND event.occurred_at <= %(now)s
    AND (message.message_id, event.occurred_at) > (%(after_message)s::bigint, %(after_instant)s::timestamptz)
    AND NOT EXISTS (
        SELECT FROM observe.conversion AS known
        WHERE known.message_id = message.message_id AND known.event_key = event.event_key
    )
    AND NOT EXISTS (
        SELECT FROM deliver.run AS other_run
        JOIN deliver.message AS other ON other.run_id = other_run.run_id AND other.contact_id = message.contact_id
        WHERE other_run.first_run_id = coalesce(run.first_run_id, run.run_id)
            AND other.step > message.step AND other.step < 100
            AND other.state = 'accepted' AND other.accepted_at < event.occurred_at
    )
    AND NOT EXISTS (
        SELECT FROM deliver.run AS other_run
        JOIN deliver.message AS other ON other.run_id = other_run.run_id AND other.contact_id = message.contact_id
        JOIN observe.conversion AS known ON known.message_id = other.message_id
        WHERE (other_run.run_id = coalesce(run.first_run_id, run.run_id)
                OR other_run.first_run_id = coalesce(run.first_run_id, run.run_id))
            AND known.event_key = event.event_key AND known.occurred_at = event.occurred_at
    )
ORDER BY message.message_id, event.occurred_at
LIMIT %(limit)s::integer;

-- name: add_conversions
-- Counted once, however often the same event is looked at.
INSERT INTO observe.conversion (message_id, event_key, occurred_at, recorded_at, worth_minor, currency)
SELECT given.message_id, given.event_key, given.occurred_at, %(now)s, given.worth_minor, given.currency
FROM unnest(
    %(message_ids)b::bigint[],
    %(event_keys)b::bytea[],
    %(occurred_at)b::timestamptz[],
    %(worth_minor)b::bigint[],
    %(currencies)b::text[]
) AS given (message_id, event_key, occurred_at, worth_minor, currency)
ON CONFLICT DO NOTHING;

-- name: run_mark
-- Differs whenever anything the funnel counts has changed; instants would not do, for a late status is often older
-- than the newest one.
SELECT
    count(*) AS messages,
    sum(hashtext(message.state || message.reason || message.error_code)) AS states,
    count(message.delivered_at) AS delivered,
    count(message.read_at) AS read,
    count(message.failed_at) AS failed,
    count(message.clicked_at) AS clicked,
    count(message.replied_at) AS replied,
    count(message.opted_out_at) AS opted_out,
    count(nullif(message.billed_category, '')) AS billed,
    (
        SELECT count(*) FROM observe.conversion AS conversion
        JOIN deliver.message AS converted ON converted.message_id = conversion.message_id
        WHERE converted.run_id = %(run_id)s::bigint
    ) AS conversions
FROM deliver.message AS message
WHERE message.run_id = %(run_id)s::bigint;

-- name: append_audit
-- Who did what, in the transaction that did it.
INSERT INTO observe.audit (at, actor, action, subject, details, content_hash)
VALUES (%(at)s, %(actor)s, %(action)s, %(subject)s, %(details)s::jsonb, %(content_hash)s);
