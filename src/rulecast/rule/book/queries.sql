-- name: save_rule_version
-- Appended once per content; the same content again is the same version.
INSERT INTO rule.rule_version (rule_name, version, text, content_hash, author, created_at)
VALUES (%(rule_name)s, %(version)s, %(text)s, %(content_hash)s, %(author)s, %(created_at)s)
ON CONFLICT (rule_name, content_hash) DO NOTHING
RETURNING rule_version_id;

-- name: find_rule_version_by_hash
-- The version with this content.
SELECT rule_version_id, rule_name, version, text, content_hash, author, created_at
FROM rule.rule_version
WHERE rule_name = %(rule_name)s AND content_hash = %(content_hash)s;

-- name: find_rule_version
-- The version a plan or a run refers to.
SELECT rule_version_id, rule_name, version, text, content_hash, author, created_at
FROM rule.rule_version
WHERE rule_version_id = %(rule_version_id)s;

-- name: find_rule_version_by_number
-- The text saved last under a version number.
SELECT rule_version_id, rule_name, version, text, content_hash, author, created_at
FROM rule.rule_version
WHERE rule_name = %(rule_name)s AND version = %(version)s
ORDER BY rule_version_id DESC
LIMIT 1;

-- name: list_rule_versions
-- What each rule says now: the version saved last.
SELECT version.rule_version_id, version.rule_name, version.version, version.text, version.content_hash,
    version.author, version.created_at
FROM rule.head AS head
JOIN rule.rule_version AS version USING (rule_version_id)
ORDER BY version.rule_name;

-- name: set_head
-- What the author saved last, be it new or an older text.
INSERT INTO rule.head (rule_name, rule_version_id) VALUES (%(rule_name)s, %(rule_version_id)s)
ON CONFLICT (rule_name) DO UPDATE SET rule_version_id = excluded.rule_version_id
WHERE head.rule_version_id <> excluded.rule_version_id;

-- name: count_book
-- How many rules there are, and how many versions this one has.
SELECT (SELECT count(*) FROM rule.head), (SELECT count(*) FROM rule.rule_version WHERE rule_name = %(rule_name)s);

-- name: list_kept
-- Every version of a rule with its state, the newest last; of all rules only what they say now and what is in force.
SELECT version.rule_version_id, version.rule_name, version.version, version.text, version.content_hash,
    version.author, version.created_at,
    version.rule_version_id IS NOT DISTINCT FROM head.rule_version_id AS is_head,
    coalesce(current.state, 'draft') AS state, nullif(current.held_from, '') AS held_from,
    coalesce(current.reason, '') AS reason, coalesce(current.why, '') AS why,
    coalesce(current.since, version.created_at) AS since, current.activated_at
FROM rule.rule_version AS version
LEFT JOIN rule.head AS head ON head.rule_name = version.rule_name
LEFT JOIN rule.current_state AS current ON current.rule_version_id = version.rule_version_id
WHERE version.rule_name = %(rule_name)s::text
    OR %(rule_name)s::text IS NULL
    AND (version.rule_version_id = head.rule_version_id OR current.state IN ('active', 'paused', 'held'))
ORDER BY version.rule_name, version.rule_version_id;

-- name: find_kept
-- One version with its state.
SELECT version.rule_version_id, version.rule_name, version.version, version.text, version.content_hash,
    version.author, version.created_at,
    version.rule_version_id IS NOT DISTINCT FROM head.rule_version_id AS is_head,
    coalesce(current.state, 'draft') AS state, nullif(current.held_from, '') AS held_from,
    coalesce(current.reason, '') AS reason, coalesce(current.why, '') AS why,
    coalesce(current.since, version.created_at) AS since, current.activated_at
FROM rule.rule_version AS version
LEFT JOIN rule.head AS head ON head.rule_name = version.rule_name
LEFT JOIN rule.current_state AS current ON current.rule_version_id = version.rule_version_id
WHERE version.rule_version_id = %(rule_version_id)s;

-- name: append_state
-- Every step stays readable for ever.
INSERT INTO rule.rule_state (rule_version_id, act, from_state, state, reason, why, actor, at)
VALUES (%(rule_version_id)s, %(act)s, %(from_state)s, %(state)s, %(reason)s, %(why)s, %(actor)s, %(at)s);

-- name: set_current_state
-- The newest step, for whoever asks many times a second.
INSERT INTO rule.current_state (
    rule_version_id, rule_name, state, held_from, reason, why, since, activated_at)
VALUES (
    %(rule_version_id)s, %(rule_name)s, %(state)s, %(held_from)s, %(reason)s, %(why)s, %(at)s,
    %(activated_at)s::timestamptz)
ON CONFLICT (rule_version_id) DO UPDATE
SET state = excluded.state, held_from = excluded.held_from, reason = excluded.reason, why = excluded.why,
    since = excluded.since, activated_at = excluded.activated_at;

-- name: list_steps
-- The life of a rule, oldest step first.
SELECT step.rule_version_id, version.version, step.act, step.from_state, step.state, step.reason, step.why,
    step.actor, step.at
FROM rule.rule_state AS step
JOIN rule.rule_version AS version USING (rule_version_id)
WHERE version.rule_name = %(rule_name)s
ORDER BY step.rule_state_id;

-- name: list_active
-- Versions that may start runs.
SELECT version.rule_name, version.rule_version_id, version.version, version.text, current.activated_at
FROM rule.current_state AS current
JOIN rule.rule_version AS version USING (rule_version_id)
WHERE current.state = 'active' AND current.activated_at <= %(now)s::timestamptz
ORDER BY version.rule_name;

-- name: insert_standing_approval
-- Who signed what; never changed, a newer one takes its place.
INSERT INTO rule.standing_approval (
    rule_version_id, rule_hash, template_hashes, purpose, people_per_run, people_per_day, cost_per_run, currency,
    sensitive_fields, valid_until, approved_by, approved_at, signature)
VALUES (
    %(rule_version_id)s, %(rule_hash)s, %(template_hashes)s, %(purpose)s, %(people_per_run)s, %(people_per_day)s,
    %(cost_per_run)s, %(currency)s, %(sensitive_fields)b::text[], %(valid_until)s, %(approved_by)s,
    %(approved_at)s, %(signature)s);

-- name: list_standing_approvals
-- The approval signed last for each version.
SELECT DISTINCT ON (rule_version_id) standing_approval_id, rule_version_id, rule_hash, template_hashes, purpose,
    people_per_run, people_per_day, cost_per_run, currency, sensitive_fields, valid_until, approved_by, approved_at,
    signature
FROM rule.standing_approval
WHERE rule_version_id = ANY(%(rule_version_ids)b::bigint[])
ORDER BY rule_version_id, standing_approval_id DESC;

-- name: find_day_use
-- What the runs of a rule used of one day.
SELECT runs, people, cost_e4 FROM rule.day_use WHERE rule_name = %(rule_name)s AND day = %(day)s;

-- name: list_day_uses
-- What the runs of every rule used of one day.
SELECT rule_name, runs, people, cost_e4 FROM rule.day_use WHERE day = %(day)s;

-- name: add_day_use
-- One more run of the day; whoever adds holds the rule's lock.
INSERT INTO rule.day_use (rule_name, day, runs, people, cost_e4)
VALUES (%(rule_name)s, %(day)s, 1, %(people)s, %(cost_e4)s)
ON CONFLICT (rule_name, day) DO UPDATE
SET runs = day_use.runs + 1,
    people = day_use.people + excluded.people,
    cost_e4 = day_use.cost_e4 + excluded.cost_e4;

-- name: list_scheduled_runs
-- What is recorded of the runs of these rules.
SELECT rule_version_id, rule_name, run_day, due_at, plan_id, outcome, detail
FROM rule.scheduled_run
WHERE rule_name = ANY(%(rule_names)b::text[]) AND run_day >= %(since)s::date
ORDER BY run_day, rule_version_id;

-- name: take_scheduled_run
-- One row per version and day decides who runs it. Its taker holds a lock, so an open row is of somebody who died; a
-- held one is tried anew, for somebody resumed the rule.
INSERT INTO rule.scheduled_run (rule_version_id, run_day, rule_name, due_at, taken_at, outcome, detail)
VALUES (%(rule_version_id)s, %(run_day)s, %(rule_name)s, %(due_at)s, %(now)s, %(outcome)s, %(detail)s)
ON CONFLICT (rule_version_id, run_day) DO UPDATE
SET taken_at = excluded.taken_at,
    outcome = excluded.outcome,
    plan_id = CASE WHEN scheduled_run.outcome = 'open' THEN scheduled_run.plan_id END
WHERE scheduled_run.outcome IN ('open', 'held');

-- name: set_scheduled_plan
-- Of two plans for one day the first is the one.
UPDATE rule.scheduled_run SET plan_id = %(plan_id)s
WHERE rule_version_id = %(rule_version_id)s AND run_day = %(run_day)s AND plan_id IS NULL AND outcome = 'open';

-- name: end_scheduled_run
-- What came of a run stays.
UPDATE rule.scheduled_run SET outcome = %(outcome)s, detail = %(detail)s
WHERE rule_version_id = %(rule_version_id)s AND run_day = %(run_day)s AND outcome = 'open';

-- name: end_launched_run
-- In the transaction of the launch, so that no other version runs on this day, whoever dies afterwards.
UPDATE rule.scheduled_run SET outcome = 'launched', detail = %(detail)s
WHERE plan_id = %(plan_id)s AND outcome = 'open';

-- name: list_contact_zones
-- Where contacts live: the windows of a day open there first and close there last.
SELECT DISTINCT country, zone FROM profile.contact WHERE erased_at IS NULL AND merged_into IS NULL;
