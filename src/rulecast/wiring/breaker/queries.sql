-- name: list_launched_counts
-- What has become of the messages of runs launched lately, a row a run. What a rule's version had before a person let
-- it go on, and what a number had before its incident was closed, does not count again.
SELECT run.run_id, plan.rule_version_id, run.rule_name, run.business_number_id,
    (run.launched_at AT TIME ZONE 'UTC')::date AS launched_on,
    coalesce(sum(tally.delivered), 0)::integer AS delivered, coalesce(sum(tally.failed), 0)::integer AS failed,
    coalesce(sum(tally.opted_out), 0)::integer AS opted_out, coalesce(sum(tally.blocked), 0)::integer AS blocked,
    coalesce(sum(tally.delivered) FILTER (WHERE fresh.is_of_number), 0)::integer AS number_delivered,
    coalesce(sum(tally.failed) FILTER (WHERE fresh.is_of_number), 0)::integer AS number_failed,
    coalesce(sum(tally.opted_out) FILTER (WHERE fresh.is_of_number), 0)::integer AS number_opted_out,
    coalesce(sum(tally.blocked) FILTER (WHERE fresh.is_of_number), 0)::integer AS number_blocked,
    coalesce(current.state, 'draft') IN ('held', 'archived') AS is_at_rest
FROM deliver.run AS run
JOIN plan.plan AS plan ON plan.plan_id = run.plan_id
LEFT JOIN rule.current_state AS current ON current.rule_version_id = plan.rule_version_id
CROSS JOIN LATERAL (
    SELECT max(step.at) AS resumed_at FROM rule.rule_state AS step
    WHERE step.rule_version_id = plan.rule_version_id AND step.act = 'resume'
) AS last
CROSS JOIN LATERAL (
    -- While one is open, what came before it was answered does not count again either.
    SELECT max(coalesce(i.closed_at, i.seen_at)) AS closed_at FROM gate.incident AS i
    WHERE i.scope = 'number' AND i.scope_id = run.business_number_id AND i.cause LIKE 'usual_of_number:%%'
        AND NOT i.is_drill
) AS quiet
JOIN deliver.tally AS tally ON tally.rule_version_id = plan.rule_version_id AND tally.run_id = run.run_id
    AND tally.counted_at > %(since)s::timestamptz
    AND (last.resumed_at IS NULL OR tally.counted_at > last.resumed_at)
CROSS JOIN LATERAL (
    SELECT quiet.closed_at IS NULL OR tally.counted_at > quiet.closed_at AS is_of_number
) AS fresh
WHERE run.launched_at > %(since)s::timestamptz AND NOT run.is_test
GROUP BY run.run_id, plan.rule_version_id, run.rule_name, run.business_number_id, run.launched_at, current.state;

-- name: list_usual
-- What is usual: of a rule, and of a number, before the days that are looked at.
SELECT rule_name, business_number_id, sum(delivered)::bigint AS delivered, sum(failed)::bigint AS failed,
    sum(opted_out)::bigint AS opted_out, sum(blocked)::bigint AS blocked
FROM deliver.rate_history
WHERE day >= %(from_day)s::date AND day < %(before_day)s::date
    AND (rule_name = ANY(%(rule_names)b::text[]) OR business_number_id = ANY(%(numbers)b::text[]))
GROUP BY rule_name, business_number_id;

-- name: keep_history
-- The counts of the last days as they stand now, a row a rule, number and day of launch; written again they replace
-- themselves.
INSERT INTO deliver.rate_history (day, rule_name, business_number_id, delivered, failed, opted_out, blocked)
SELECT (run.launched_at AT TIME ZONE 'UTC')::date, run.rule_name, run.business_number_id, sum(tally.delivered),
    sum(tally.failed), sum(tally.opted_out), sum(tally.blocked)
FROM deliver.tally AS tally JOIN deliver.run AS run ON run.run_id = tally.run_id
WHERE run.launched_at > %(since)s::timestamptz AND NOT run.is_test
GROUP BY 1, 2, 3
ON CONFLICT (day, rule_name, business_number_id) DO UPDATE
SET delivered = greatest(rate_history.delivered, excluded.delivered),
    failed = greatest(rate_history.failed, excluded.failed),
    opted_out = greatest(rate_history.opted_out, excluded.opted_out),
    blocked = greatest(rate_history.blocked, excluded.blocked);

-- name: forget_history
-- What is too old to be usual.
DELETE FROM deliver.rate_history WHERE day < %(before_day)s::date;

-- name: find_newest
-- How far the ledgers have come; permits and attempts have ids that rise with time.
SELECT coalesce((SELECT max(permit_id) FROM gate.permit), 0) AS permit_id,
    coalesce((SELECT max(attempt_id) FROM deliver.attempt), 0) AS attempt_id;

-- name: find_first
-- Where the ledgers stood before the oldest of these rows.
SELECT coalesce((SELECT min(permit_id) - 1 FROM unnest(%(permit_ids)b::bigint[]) AS p (permit_id)), 9223372036854775807)
    AS permit_id,
    coalesce((SELECT min(a.attempt_id) - 1 FROM deliver.attempt AS a WHERE a.message_id = ANY(%(message_ids)b::bigint[])),
        9223372036854775807) AS attempt_id;

-- name: find_unconsented
-- A permit to send marketing needs a consent of this person that is granted and proven.
SELECT 'permit:' || p.permit_id FROM gate.permit AS p
LEFT JOIN profile.consent AS c ON c.consent_id = p.consent_id
WHERE p.permit_id > %(after_permit)s::bigint AND p.purpose = 'marketing'
    AND (c.consent_id IS NULL OR c.purpose <> 'marketing' OR c.status <> 'granted' OR NOT c.is_proven)
ORDER BY p.permit_id LIMIT 20;

-- name: find_despite_stop
-- A permit to somebody whose stop came before it, and was not taken back before it. What came before is what the decision
-- could read; a stop also where its clock says so by some seconds. Permits of earlier releases know clocks alone.
SELECT 'permit:' || p.permit_id FROM gate.permit AS p
JOIN profile.suppression AS s ON s.contact_id = p.contact_id AND s.action = 'stop'
    AND (s.scope = 'all' OR p.purpose = 'marketing')
WHERE p.permit_id > %(after_permit)s::bigint
    AND (s.suppression_id = ANY(p.words_seen)
        OR s.recorded_at < p.granted_at - make_interval(secs => %(slack)s::float8))
    AND s.cause <> 'identity_conflict'
    AND NOT EXISTS (
        SELECT FROM profile.suppression AS later
        WHERE later.suppression_index = s.suppression_index AND later.scope = s.scope AND later.action = 'resume'
            AND later.occurred_at > s.occurred_at
            AND CASE WHEN p.words_seen IS NULL THEN later.recorded_at <= p.granted_at
                ELSE later.suppression_id = ANY(p.words_seen) END)
ORDER BY p.permit_id LIMIT 20;

-- name: find_accepted_twice
-- Meta took one message twice.
SELECT DISTINCT 'message:' || a.message_id FROM deliver.attempt AS a
JOIN deliver.attempt AS other ON other.message_id = a.message_id AND other.attempt_id <> a.attempt_id
    AND other.state = 'accepted'
WHERE a.attempt_id > %(after_attempt)s::bigint AND a.state = 'accepted' LIMIT 20;

-- name: find_without_permit
-- What Meta took stays counted: its message has a permit of the same person that stands.
SELECT DISTINCT 'message:' || a.message_id FROM deliver.attempt AS a
JOIN gate.permit AS p ON p.permit_id = a.permit_id
WHERE a.attempt_id > %(after_attempt)s::bigint AND a.state = 'accepted'
    AND (p.message_id <> a.message_id OR p.contact_id <> a.contact_id OR NOT EXISTS (
        SELECT FROM gate.permit AS standing
        WHERE standing.message_id = a.message_id AND standing.contact_id = a.contact_id
            AND standing.released_at IS NULL))
LIMIT 20;

-- name: insert_breach
-- Found once; nothing comes back for what was found before.
INSERT INTO gate.breach (invariant, breach_key, incident_id, found_at)
SELECT %(invariant)s, key, %(incident_id)s, %(now)s::timestamptz FROM unnest(%(keys)b::text[]) AS found (key)
ON CONFLICT (invariant, breach_key) DO NOTHING;

-- name: list_known_breaches
-- What was found before: whoever let sending go on has taken it upon themselves.
SELECT invariant, breach_key FROM gate.breach WHERE breach_key = ANY(%(keys)b::text[]);

-- name: list_breaches_of
-- What an incident was opened for.
SELECT invariant, breach_key FROM gate.breach WHERE incident_id = %(incident_id)s ORDER BY invariant, breach_key;

-- name: list_rule_incidents
-- Open incidents of rules, with what became of the rule: one that a person let go on is answered.
SELECT i.incident_id, i.scope_id AS rule_name, EXISTS (
        SELECT FROM rule.current_state AS current WHERE current.rule_name = i.scope_id AND current.state = 'held'
    ) AS is_held
FROM gate.incident AS i WHERE i.closed_at IS NULL AND i.scope = 'rule' AND NOT i.is_drill;

-- name: find_standing_quality
-- Whether Meta's last word about the quality of a number is still a bad one.
SELECT told_quality FROM account.business_number WHERE business_number_id = %(business_number_id)s;

-- name: list_standing_holds
-- Whether Meta's word still holds, by its own end.
SELECT until FROM account.hold
WHERE is_in_force AND scope = %(scope)s AND scope_id = %(scope_id)s AND cause = %(cause)s
    AND until > %(now)s::timestamptz;
