-- name: insert_incident
-- One open incident a cause and place, however often it is told; nothing comes back where it is open already.
INSERT INTO gate.incident
    (cause, scope, scope_id, opened_at, raised_at, seen_at, steps, facts, response, level, is_drill)
VALUES (%(cause)s, %(scope)s, %(scope_id)s, %(at)s::timestamptz, %(at)s::timestamptz, %(at)s::timestamptz,
    %(steps)s::text[], %(facts)s::jsonb, %(response)s, %(level)s::smallint, %(is_drill)s::boolean)
ON CONFLICT (cause, scope, scope_id, is_drill) WHERE closed_at IS NULL DO NOTHING
RETURNING incident_id;

-- name: find_open_incident
-- The one that is open; a statement of its own sees one that was written at the same time.
SELECT incident_id FROM gate.incident
WHERE cause = %(cause)s AND scope = %(scope)s AND scope_id = %(scope_id)s AND is_drill = %(is_drill)s::boolean
    AND closed_at IS NULL;

-- name: find_closed_response
-- What was in force when it last closed, not long ago: the same again begins one step higher. What Meta took back, and
-- drills, do not count.
SELECT response, level FROM gate.incident
WHERE cause = %(cause)s AND scope = %(scope)s AND scope_id = %(scope_id)s AND NOT is_drill
    AND closed_at > %(since)s::timestamptz AND closed_by <> %(meta)s
ORDER BY closed_at DESC LIMIT 1;

-- name: see_again
-- The signal came once more, long enough after the last time to be news.
UPDATE gate.incident SET repeat_count = repeat_count + 1, seen_at = %(at)s::timestamptz
WHERE incident_id = %(incident_id)s AND closed_at IS NULL AND seen_at <= %(before)s::timestamptz
RETURNING incident_id, cause, scope, scope_id, opened_at, closed_at, closed_by, because, steps, facts, response, level,
    raised_at, repeat_count, owner, is_drill;

-- name: raise_incident
-- A stronger response, or the same one told again.
UPDATE gate.incident
SET response = %(response)s, level = least(level + 1, 20), raised_at = greatest(raised_at, %(now)s::timestamptz)
WHERE incident_id = %(incident_id)s AND closed_at IS NULL RETURNING level;

-- name: list_unanswered
-- Nobody has it in hand, and nothing has happened about it for so long.
SELECT incident_id, cause, scope, scope_id, opened_at, closed_at, closed_by, because, steps, facts, response, level,
    raised_at, repeat_count, owner, is_drill
FROM gate.incident
WHERE closed_at IS NULL AND owner IS NULL AND NOT is_drill AND raised_at <= %(before)s::timestamptz
    AND level < %(level_max)s::smallint
ORDER BY incident_id FOR UPDATE SKIP LOCKED;

-- name: settle_incidents
-- Meta took its word back; what the machine made rest because of it is lifted by the caller.
UPDATE gate.incident SET closed_at = greatest(opened_at, %(at)s::timestamptz), closed_by = %(by)s
WHERE cause = %(cause)s AND scope = %(scope)s AND scope_id = %(scope_id)s AND closed_at IS NULL AND NOT is_drill
    AND opened_at <= %(at)s::timestamptz
RETURNING incident_id, cause, scope, scope_id, opened_at, closed_at, closed_by, because, steps, facts, response, level,
    raised_at, repeat_count, owner, is_drill;

-- name: close_incident
-- A person has looked.
UPDATE gate.incident
SET closed_at = greatest(opened_at, %(now)s::timestamptz), closed_by = %(by)s, because = %(because)s
WHERE incident_id = %(incident_id)s AND closed_at IS NULL
RETURNING incident_id, cause, scope, scope_id, opened_at, closed_at, closed_by, because, steps, facts, response, level,
    raised_at, repeat_count, owner, is_drill;

-- name: own_incident
-- Somebody has it in hand.
UPDATE gate.incident SET owner = %(owner)s WHERE incident_id = %(incident_id)s AND closed_at IS NULL
RETURNING incident_id, cause, scope, scope_id, opened_at, closed_at, closed_by, because, steps, facts, response, level,
    raised_at, repeat_count, owner, is_drill;

-- name: find_incident
-- One incident, open or closed.
SELECT incident_id, cause, scope, scope_id, opened_at, closed_at, closed_by, because, steps, facts, response, level,
    raised_at, repeat_count, owner, is_drill
FROM gate.incident WHERE incident_id = %(incident_id)s;

-- name: list_incidents
-- The newest first.
SELECT incident_id, cause, scope, scope_id, opened_at, closed_at, closed_by, because, steps, facts, response, level,
    raised_at, repeat_count, owner, is_drill
FROM gate.incident WHERE closed_at IS NULL OR %(with_closed)s::boolean
ORDER BY incident_id DESC LIMIT 500;

-- name: list_open_of_place
-- Which other open incidents want the same place to rest.
SELECT incident_id FROM gate.incident
WHERE closed_at IS NULL AND NOT is_drill AND incident_id <> %(incident_id)s AND response = %(response)s
    AND (%(response)s = 'stop_all' OR (scope = %(scope)s AND scope_id = %(scope_id)s))
ORDER BY incident_id;

-- name: insert_entry
-- A step is done once; everything else may be said as often as it happens.
INSERT INTO gate.incident_entry (incident_id, kind, step, by_whom, at, what)
VALUES (%(incident_id)s, %(kind)s, %(step)s::smallint, %(by)s, %(now)s::timestamptz, %(what)s)
ON CONFLICT (incident_id, step) WHERE kind = 'step' DO NOTHING;

-- name: list_entries
-- What was done about an incident, in order.
SELECT incident_id, kind, step, by_whom, at, what FROM gate.incident_entry
WHERE incident_id = ANY(%(incident_ids)b::bigint[]) ORDER BY entry_id;

-- name: list_numbers_of_place
-- The numbers an incident is about.
SELECT n.business_number_id FROM account.business_number AS n
WHERE CASE %(scope)s::text WHEN 'number' THEN n.business_number_id WHEN 'waba' THEN n.waba_id
    WHEN 'portfolio' THEN n.portfolio_id END = %(scope_id)s
ORDER BY n.business_number_id;

-- name: find_slowdown
-- Locked: two signals halve one after the other.
SELECT share, slowed_at FROM gate.slowdown WHERE business_number_id = %(business_number_id)s FOR UPDATE;

-- name: put_slowdown
-- The number sends less from now on.
INSERT INTO gate.slowdown (business_number_id, share, slowed_at)
VALUES (%(business_number_id)s, %(share)s::float8, %(slowed_at)s::timestamptz)
ON CONFLICT (business_number_id) DO UPDATE SET share = excluded.share, slowed_at = excluded.slowed_at;

-- name: end_slowdown
-- The number sends as before.
DELETE FROM gate.slowdown WHERE business_number_id = ANY(%(business_number_ids)b::text[]);

-- name: keep_stop
-- Another incident wants everything to rest as well: the stop stands, under its name.
UPDATE gate.stop SET reason = %(reason)s WHERE scope = 'all' AND resumed_at IS NULL AND reason = %(old_reason)s;

-- name: find_stop_reason
-- Why everything rests.
SELECT reason FROM gate.stop WHERE scope = 'all' AND resumed_at IS NULL;

-- name: find_stop_owner
-- An incident of the machine's own that wants everything to rest: who looks at it decides. Codes end with their stop.
SELECT incident_id, cause FROM gate.incident
WHERE closed_at IS NULL AND NOT is_drill AND response = 'stop_all' AND cause NOT LIKE 'code:%%'
ORDER BY incident_id LIMIT 1;

-- name: lift_stop_of_reason
-- The stop that bears this reason and no other: a person's own outlives it, as does what makes a number rest.
UPDATE gate.stop SET resumed_by = %(by)s, resumed_at = %(now)s::timestamptz
WHERE scope = %(scope)s AND target = %(target)s AND resumed_at IS NULL AND reason = %(reason)s;

-- name: release_number
-- A number that an answer of Meta made rest goes on.
UPDATE account.business_number SET state = 'active', hold_reason = ''
WHERE state = 'held' AND business_number_id = %(business_number_id)s;

-- name: notify_lifted
-- Reaches every sender at the commit.
NOTIFY stop;

-- name: list_open_codes
-- What other error codes told of numbers and nobody has closed.
SELECT incident_id, cause, scope_id FROM gate.incident
WHERE closed_at IS NULL AND NOT is_drill AND scope = 'number' AND cause LIKE 'code:%%'
    AND incident_id <> %(incident_id)s
ORDER BY incident_id;

-- name: insert_alerts
-- One for each way of telling; what is not set up is kept without being told.
INSERT INTO gate.alert (incident_id, occasion, level, channel, made_at, next_attempt_at)
SELECT %(incident_id)s, %(occasion)s, %(level)s::smallint, channel, %(now)s::timestamptz, %(now)s::timestamptz
FROM unnest(ARRAY['webhook', 'email']) AS told (channel)
ON CONFLICT (incident_id, occasion, level, channel) DO NOTHING;

-- name: notify_alert
-- Wakes whoever tells, at the commit.
NOTIFY alert;

-- name: take_alerts
-- What is to be told one way now, the oldest first.
SELECT a.alert_id, a.incident_id, a.occasion, a.level, a.channel, a.attempts, a.made_at
FROM gate.alert AS a WHERE a.state = 'waiting' AND a.channel = %(channel)s AND a.next_attempt_at <= %(now)s::timestamptz
ORDER BY a.next_attempt_at, a.alert_id LIMIT %(count)s::integer;

-- name: settle_alert
-- Told, to be tried again, given up, or nobody to tell.
UPDATE gate.alert SET state = %(state)s, attempts = attempts + 1, told_at = %(told_at)s::timestamptz,
    next_attempt_at = coalesce(%(next_attempt_at)s::timestamptz, next_attempt_at), last_problem = %(problem)s
WHERE alert_id = %(alert_id)s AND state = 'waiting';

-- name: list_alerts
-- Who was told of an incident, and when.
SELECT alert_id, incident_id, occasion, level, channel, state, attempts, made_at, told_at, last_problem
FROM gate.alert WHERE incident_id = ANY(%(incident_ids)b::bigint[]) ORDER BY alert_id;

-- name: count_alerts
-- How the telling stands: what waits longer than it should, and what was given up lately.
SELECT count(*) FILTER (WHERE state = 'waiting' AND made_at <= %(late)s::timestamptz) AS late,
    count(*) FILTER (WHERE state = 'waiting') AS waiting,
    count(*) FILTER (WHERE state = 'failed' AND made_at > %(since)s::timestamptz) AS failed,
    count(*) FILTER (WHERE state = 'told') AS told
FROM gate.alert;

-- name: release_files
-- A person has looked at the files: their messages go on.
UPDATE template.template SET files_since = NULL
WHERE name || '/' || language = %(place)s AND files_since = '9999-01-01 00:00+00';
