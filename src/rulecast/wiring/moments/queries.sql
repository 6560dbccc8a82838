-- name: read_runs
-- What the rules of runs say; it never changes after the launch.
SELECT run.run_id, plan.rule_version_id, run.rule_name, run.step, run.is_test, version.text AS rule_text
FROM deliver.run AS run
JOIN plan.plan AS plan ON plan.plan_id = run.plan_id
JOIN rule.rule_version AS version ON version.rule_version_id = plan.rule_version_id
WHERE run.run_id = ANY(%(run_ids)b::bigint[]);

-- name: take_actions
-- Each action once for a message; what comes back is done now, in this transaction.
INSERT INTO deliver.action_taken (message_id, position, run_id, contact_id, moment, what, taken_at)
SELECT m.message_id, w.position, m.run_id, m.contact_id, w.moment, w.what, %(now)s::timestamptz
FROM unnest(
    %(run_ids)b::bigint[], %(contact_ids)b::bigint[], %(positions)b::smallint[], %(moments)b::text[], %(whats)b::text[]
) AS w (run_id, contact_id, position, moment, what)
JOIN deliver.message AS m ON m.run_id = w.run_id AND m.contact_id = w.contact_id
-- An answer that names another message's id settles nothing.
WHERE m.accepted_at IS NOT NULL
ORDER BY m.message_id, w.position
ON CONFLICT (message_id, position) DO NOTHING
RETURNING message_id, run_id, contact_id, position;

-- name: assign
-- The newest row owns the conversation.
INSERT INTO profile.conversation_owner (contact_id, team, rule_name, message_id, assigned_by, assigned_at)
SELECT w.contact_id, w.team, w.rule_name, w.message_id, 'rule ' || w.rule_name, %(now)s::timestamptz
FROM unnest(%(contact_ids)b::bigint[], %(teams)b::text[], %(rule_names)b::text[], %(message_ids)b::bigint[])
    AS w (contact_id, team, rule_name, message_id)
ORDER BY w.message_id
ON CONFLICT (message_id, team) DO NOTHING;

-- name: put_notices
-- A recipient without an address reads its notices in the report.
INSERT INTO observe.notice
    (recipient, rule_name, run_id, message_id, contact_id, moment, noticed_at, state, next_attempt_at)
SELECT w.recipient, w.rule_name, w.run_id, w.message_id, w.contact_id, w.moment, %(now)s::timestamptz,
    CASE WHEN coalesce(r.webhook, '') = '' THEN 'kept' ELSE 'waiting' END, %(now)s::timestamptz
FROM unnest(
    %(recipients)b::text[], %(rule_names)b::text[], %(run_ids)b::bigint[], %(message_ids)b::bigint[],
    %(contact_ids)b::bigint[], %(moments)b::text[]
) AS w (recipient, rule_name, run_id, message_id, contact_id, moment)
LEFT JOIN observe.recipient AS r ON r.name = w.recipient
ORDER BY w.message_id
ON CONFLICT (message_id, recipient, moment) DO NOTHING;

-- name: put_replies
-- Written as messages a moment later, under the approval of the run that is answered.
INSERT INTO deliver.reply (after_message_id, position, answered_run_id, contact_id, asked_at)
SELECT w.message_id, w.position, w.run_id, w.contact_id, %(now)s::timestamptz
FROM unnest(%(message_ids)b::bigint[], %(positions)b::smallint[], %(run_ids)b::bigint[], %(contact_ids)b::bigint[])
    AS w (message_id, position, run_id, contact_id)
ORDER BY w.message_id, w.position
ON CONFLICT (after_message_id, position) DO NOTHING;

-- name: note_steps
-- The next step of each person, once, counted from the acceptance of the step before; full minutes, so that a run's
-- people are planned together. One that was due before somebody accepted a restored database may have been taken.
INSERT INTO deliver.follow_up
    (first_run_id, contact_id, step, rule_version_id, after_message_id, first_accepted_at, due_at, state, why, decided_at)
SELECT coalesce(run.first_run_id, run.run_id), m.contact_id, run.step + 1, plan.rule_version_id, m.message_id,
    coalesce(before.first_accepted_at, m.accepted_at), due.at,
    CASE WHEN due.at <= gap.until THEN 'ended' ELSE 'waiting' END,
    CASE WHEN due.at <= gap.until THEN 'restored' ELSE '' END,
    CASE WHEN due.at <= gap.until THEN gap.until END
FROM unnest(%(run_ids)b::bigint[], %(contact_ids)b::bigint[], %(afters)b::interval[]) AS w (run_id, contact_id, after)
JOIN deliver.message AS m ON m.run_id = w.run_id AND m.contact_id = w.contact_id
JOIN deliver.run AS run ON run.run_id = m.run_id
JOIN plan.plan AS plan ON plan.plan_id = run.plan_id
CROSS JOIN LATERAL (SELECT date_trunc('minute', m.accepted_at + w.after + interval '59.999999 seconds') AS at) AS due
CROSS JOIN (SELECT max(decided_at) AS until FROM deliver.restore WHERE NOT nothing_was_sent) AS gap
LEFT JOIN deliver.follow_up AS before
    ON before.first_run_id = run.first_run_id AND before.contact_id = m.contact_id AND before.step = run.step
WHERE m.accepted_at IS NOT NULL
ORDER BY m.message_id
ON CONFLICT DO NOTHING;

-- name: count_blocked
-- Of these failed messages, those to people who cannot be reached or do not want to be, a row a run.
SELECT m.run_id, count(*)::integer FROM unnest(%(run_ids)b::bigint[], %(contact_ids)b::bigint[]) AS w (run_id, contact_id)
JOIN deliver.message AS m ON m.run_id = w.run_id AND m.contact_id = w.contact_id
WHERE coalesce(m.failed_code, m.error_code) = ANY(%(codes)b::integer[])
GROUP BY m.run_id;

-- name: notify_tally
-- Wakes the breaker at the commit.
NOTIFY tally;

-- name: add_tally
-- Appended: nobody waits for a row that counts.
INSERT INTO deliver.tally (rule_version_id, run_id, counted_at, delivered, failed, opted_out, blocked)
SELECT plan.rule_version_id, run.run_id, %(now)s::timestamptz, w.delivered, w.failed, w.opted_out, w.blocked
FROM unnest(
    %(run_ids)b::bigint[], %(delivered)b::integer[], %(failed)b::integer[], %(opted_out)b::integer[],
    %(blocked)b::integer[]
) AS w (run_id, delivered, failed, opted_out, blocked)
JOIN deliver.run AS run ON run.run_id = w.run_id
JOIN plan.plan AS plan ON plan.plan_id = run.plan_id;

-- name: fold_tally
-- A row a minute where there were many; the earliest instant, so that what was counted before somebody let the rule go
-- on never counts after it.
WITH crowded AS (
    SELECT rule_version_id, run_id, date_trunc('minute', counted_at) AS minute FROM deliver.tally
    WHERE counted_at <= %(before)s::timestamptz
    GROUP BY rule_version_id, run_id, date_trunc('minute', counted_at) HAVING count(*) > 1
), taken AS (
    DELETE FROM deliver.tally AS t USING crowded AS c
    WHERE t.rule_version_id = c.rule_version_id AND t.run_id = c.run_id AND t.counted_at <= %(before)s::timestamptz
        AND date_trunc('minute', t.counted_at) = c.minute
    RETURNING t.rule_version_id, t.run_id, t.counted_at, t.delivered, t.failed, t.opted_out, t.blocked
)
INSERT INTO deliver.tally (rule_version_id, run_id, counted_at, delivered, failed, opted_out, blocked)
SELECT rule_version_id, run_id, min(counted_at), sum(delivered), sum(failed), sum(opted_out), sum(blocked)
FROM taken GROUP BY rule_version_id, run_id, date_trunc('minute', counted_at);

-- name: forget_tally
-- What no condition looks at any more.
DELETE FROM deliver.tally WHERE counted_at <= %(before)s::timestamptz;

-- name: list_counts
-- What stop conditions look at: of the last days, and only what came since somebody let the version go on.
SELECT version.rule_version_id, version.rule_name, sum(tally.delivered)::integer AS delivered,
    sum(tally.failed)::integer AS failed, sum(tally.opted_out)::integer AS opted_out
FROM (SELECT DISTINCT rule_version_id FROM deliver.tally WHERE counted_at > %(since)s::timestamptz) AS counted
JOIN rule.rule_version AS version ON version.rule_version_id = counted.rule_version_id
LEFT JOIN rule.current_state AS current ON current.rule_version_id = version.rule_version_id
CROSS JOIN LATERAL (
    SELECT max(step.at) AS resumed_at FROM rule.rule_state AS step
    WHERE step.rule_version_id = version.rule_version_id AND step.act = 'resume'
) AS last
JOIN deliver.tally AS tally ON tally.rule_version_id = version.rule_version_id
    AND tally.counted_at > %(since)s::timestamptz
    AND (last.resumed_at IS NULL OR tally.counted_at > last.resumed_at)
WHERE coalesce(current.state, 'draft') NOT IN ('held', 'archived')
GROUP BY version.rule_version_id, version.rule_name;

-- name: list_due_steps
-- Who may get a next step now; a rule that rests is asked again when it goes on.
SELECT f.first_run_id, f.contact_id, f.step, f.rule_version_id, version.rule_name, f.due_at
FROM deliver.follow_up AS f
JOIN rule.rule_version AS version ON version.rule_version_id = f.rule_version_id
WHERE f.state = 'waiting' AND f.due_at <= %(now)s::timestamptz
    AND NOT EXISTS (
        SELECT FROM rule.current_state AS current
        WHERE current.rule_name = version.rule_name AND current.state IN ('paused', 'held'))
    AND NOT EXISTS (
        SELECT FROM gate.stop AS s
        WHERE s.resumed_at IS NULL AND (s.scope = 'all' OR s.scope = 'rule' AND s.target = version.rule_name))
ORDER BY f.due_at, f.first_run_id, f.step, f.contact_id
LIMIT %(count)s::integer;

-- name: list_archived
-- Of which of these versions nothing is sent any more.
SELECT rule_version_id FROM rule.current_state
WHERE state = 'archived' AND rule_version_id = ANY(%(rule_version_ids)b::bigint[]);

-- name: end_steps
-- Nothing more is sent to these people.
UPDATE deliver.follow_up AS f SET state = 'ended', why = w.why, decided_at = %(now)s::timestamptz
FROM unnest(%(contact_ids)b::bigint[], %(whys)b::text[]) AS w (contact_id, why)
WHERE f.first_run_id = %(first_run_id)s AND f.step = %(step)s AND f.contact_id = w.contact_id AND f.state = 'waiting';

-- name: plan_steps
-- What the plan made of these people, in the transaction that stores the plan. Whom only the template keeps from their
-- step are held back, for a person to see.
UPDATE deliver.follow_up AS f
SET state = CASE member.reason_number WHEN 0 THEN 'planned' WHEN %(unusable)s THEN 'held_back' ELSE 'excluded' END,
    why = CASE member.reason_number WHEN %(unusable)s THEN %(why_unusable)s ELSE '' END,
    plan_id = %(plan_id)s, decided_at = %(now)s::timestamptz
FROM unnest(%(contact_ids)b::bigint[]) AS w (contact_id)
LEFT JOIN plan.member AS member ON member.plan_id = %(plan_id)s AND member.contact_id = w.contact_id
WHERE f.first_run_id = %(first_run_id)s AND f.step = %(step)s AND f.contact_id = w.contact_id AND f.state = 'waiting';

-- name: list_step_plans
-- Planned steps that are not launched yet; those of a rule that rests wait as well, until their plan expires.
SELECT DISTINCT f.plan_id, f.first_run_id, run.plan_id AS first_plan_id, run.launched_by
FROM deliver.follow_up AS f JOIN deliver.run AS run ON run.run_id = f.first_run_id
JOIN plan.plan AS plan ON plan.plan_id = f.plan_id
WHERE f.state = 'planned'
    AND (plan.expires_at <= %(now)s::timestamptz OR NOT EXISTS (
        SELECT FROM rule.current_state AS current
        WHERE current.rule_name = run.rule_name AND current.state IN ('paused', 'held')))
ORDER BY f.plan_id;

-- name: settle_step_plan
-- The plan of a step is launched, or may not be.
UPDATE deliver.follow_up SET state = %(state)s, why = %(why)s WHERE plan_id = %(plan_id)s AND state = 'planned';

-- name: count_waiting_steps
-- How many people wait for a next step.
SELECT count(*) FROM deliver.follow_up WHERE state = 'waiting';

-- name: take_notices
-- The oldest notices that wait and belong to no call, up to as many as one may name; nobody else tells them meanwhile.
SELECT n.notice_id, n.recipient, r.webhook, n.rule_name, n.run_id, n.moment, n.contact_id, n.noticed_at, n.attempts,
    0 AS call_number
FROM observe.notice AS n JOIN observe.recipient AS r ON r.name = n.recipient AND r.webhook <> ''
WHERE n.state = 'waiting' AND n.next_attempt_at <= %(now)s::timestamptz AND n.call_number IS NULL
ORDER BY n.next_attempt_at, n.notice_id LIMIT %(count)s::integer;

-- name: take_calls
-- Calls that were not taken, or whose end a crash left open, each whole.
SELECT n.notice_id, n.recipient, r.webhook, n.rule_name, n.run_id, n.moment, n.contact_id, n.noticed_at, n.attempts,
    n.call_number
FROM observe.notice AS n JOIN observe.recipient AS r ON r.name = n.recipient AND r.webhook <> ''
WHERE n.state = 'waiting' AND n.call_number IN (
    SELECT DISTINCT due.call_number FROM observe.notice AS due
    WHERE due.state = 'waiting' AND due.call_number IS NOT NULL AND due.next_attempt_at <= %(now)s::timestamptz
    ORDER BY due.call_number LIMIT %(calls)s::integer)
ORDER BY n.call_number, n.notice_id;

-- name: name_call
-- From now on these are told together.
WITH call AS MATERIALIZED (SELECT nextval('observe.notice_call_number') AS number), named AS (
    UPDATE observe.notice SET call_number = call.number FROM call
    WHERE notice_id = ANY(%(notice_ids)b::bigint[]) AND state = 'waiting' AND call_number IS NULL
)
SELECT number FROM call;

-- name: count_told
-- Calls of the last minute, taken or not, so that nobody is flooded.
SELECT recipient, count(DISTINCT call_number) FROM observe.notice
WHERE called_at > %(since)s::timestamptz GROUP BY recipient;

-- name: settle_notices
-- Told, to be tried again, or given up.
UPDATE observe.notice
SET state = %(state)s, attempts = attempts + 1, last_problem = %(problem)s, called_at = %(now)s::timestamptz,
    next_attempt_at = coalesce(%(next_attempt_at)s::timestamptz, next_attempt_at),
    told_at = CASE WHEN %(state)s::text = 'told' THEN %(now)s::timestamptz END
WHERE notice_id = ANY(%(notice_ids)b::bigint[]) AND state = 'waiting';

-- name: count_actions
-- What rules did at moments, by run, rule or all.
SELECT run.rule_name, taken.moment, taken.what || coalesce(' (not sent: ' || nullif(reply.why, '') || ')', '') AS what,
    count(*)::integer AS messages
FROM deliver.action_taken AS taken JOIN deliver.run AS run ON run.run_id = taken.run_id
LEFT JOIN deliver.reply AS reply ON reply.after_message_id = taken.message_id AND reply.position = taken.position
WHERE (%(run_id)s::bigint IS NULL OR %(run_id)s::bigint IN (run.run_id, run.first_run_id))
    AND (%(rule_name)s::text IS NULL OR run.rule_name = %(rule_name)s::text)
GROUP BY run.rule_name, taken.moment, 3
ORDER BY run.rule_name, array_position(ARRAY['accepted', 'delivered', 'clicked', 'replied'], taken.moment), 3;

-- name: count_steps
-- Where people stand on their way through the steps.
SELECT run.rule_name, f.step, f.state, CASE WHEN f.state = 'ended' THEN f.why ELSE '' END AS why,
    count(*)::integer AS people
FROM deliver.follow_up AS f JOIN deliver.run AS run ON run.run_id = f.first_run_id
WHERE (%(run_id)s::bigint IS NULL OR run.run_id = %(run_id)s::bigint)
    AND (%(rule_name)s::text IS NULL OR run.rule_name = %(rule_name)s::text)
GROUP BY run.rule_name, f.step, f.state, CASE WHEN f.state = 'ended' THEN f.why ELSE '' END
ORDER BY run.rule_name, f.step, f.state, people DESC;

-- name: count_notices
-- What recipients were told, and what they were not.
SELECT notice.recipient, notice.state, count(*)::integer AS messages, max(notice.last_problem) AS last_problem
FROM observe.notice AS notice JOIN deliver.run AS run ON run.run_id = notice.run_id
WHERE (%(run_id)s::bigint IS NULL OR %(run_id)s::bigint IN (run.run_id, run.first_run_id))
    AND (%(rule_name)s::text IS NULL OR run.rule_name = %(rule_name)s::text)
GROUP BY notice.recipient, notice.state ORDER BY notice.recipient, notice.state;

-- name: list_holds
-- Rules that wait for a person, and the figures that stopped them.
SELECT current.rule_name, current.reason, current.why
FROM rule.current_state AS current
WHERE current.state = 'held'
    AND (%(rule_name)s::text IS NULL OR current.rule_name = %(rule_name)s::text)
    AND (%(run_id)s::bigint IS NULL OR EXISTS (
        SELECT FROM deliver.run AS run JOIN plan.plan AS plan ON plan.plan_id = run.plan_id
        WHERE run.run_id = %(run_id)s::bigint AND plan.rule_version_id = current.rule_version_id))
ORDER BY current.rule_name;

-- name: find_owner
-- Who owns the conversation with a person now.
SELECT team, assigned_by, assigned_at FROM profile.conversation_owner
WHERE contact_id = %(contact_id)s ORDER BY conversation_owner_id DESC LIMIT 1;

-- name: list_actions_of
-- What rules did because of a person's messages, the newest first.
SELECT taken.taken_at, run.rule_name, taken.moment,
    taken.what || coalesce(' (not sent: ' || nullif(reply.why, '') || ')', '') AS what
FROM deliver.action_taken AS taken JOIN deliver.run AS run ON run.run_id = taken.run_id
LEFT JOIN deliver.reply AS reply ON reply.after_message_id = taken.message_id AND reply.position = taken.position
WHERE taken.contact_id = %(contact_id)s ORDER BY taken.taken_at DESC, taken.message_id, taken.position
LIMIT %(count)s::integer;

-- name: list_steps_of
-- Where a person stands in the steps of rules, the newest first.
SELECT f.due_at, run.rule_name, f.step, f.state, f.why
FROM deliver.follow_up AS f JOIN deliver.run AS run ON run.run_id = f.first_run_id
WHERE f.contact_id = %(contact_id)s ORDER BY f.due_at DESC, f.step LIMIT %(count)s::integer;
