-- name: read_book_place
-- The last step in the life of any rule, and what, when it changes, makes every membership doubtful: the catalogue, and
-- the cluster (a copy is another one, a restore to a point in time another timeline). Asked many times a second. The
-- last steps are counted too: one that took its number early may commit late.
SELECT
    (SELECT concat_ws(' ', count(*), max(rule_state_id)) FROM rule.rule_state
     WHERE rule_state_id > (SELECT coalesce(max(rule_state_id), 0) FROM rule.rule_state) - 1000) AS step,
    md5(concat_ws(
        ' ', workspace.catalogue::text,
        (SELECT system_identifier::text FROM pg_control_system()),
        (SELECT oid::text FROM pg_database WHERE datname = current_database()),
        left(pg_walfile_name(pg_current_wal_insert_lsn()), 8)))::uuid AS signature
FROM public.workspace;

-- name: list_in_force
-- The versions that may fire now, and since when: an activation or the end of a pause or a hold begins anew.
SELECT current.rule_version_id, current.rule_name, (
    SELECT max(step.at) FROM rule.rule_state AS step
    WHERE step.rule_version_id = current.rule_version_id AND step.act IN ('activate', 'resume')
) AS since
FROM rule.current_state AS current
WHERE current.state = 'active'
ORDER BY current.rule_version_id;

-- name: list_texts
-- What versions say.
SELECT rule_version_id, text FROM rule.rule_version WHERE rule_version_id = ANY(%(rule_version_ids)b::bigint[]);

-- name: list_armed
-- Who listens, and since when.
SELECT rule_version_id, kind, since, signature, watch_xid::text::bigint AS watch_xid, is_complete
FROM rule.armed;

-- name: watch
-- What the storing transactions look at.
INSERT INTO rule.watch (name, is_trigger, for_entering)
SELECT * FROM unnest(%(names)b::text[], %(is_trigger)b::boolean[], %(for_entering)b::boolean[])
ON CONFLICT (name) DO UPDATE
SET is_trigger = excluded.is_trigger, for_entering = excluded.for_entering;

-- name: unwatch
-- Nobody waits for anything else.
DELETE FROM rule.watch WHERE NOT name = ANY(%(names)b::text[]);

-- name: arm
-- Versions begin to listen; what they have been told before is forgotten.
INSERT INTO rule.armed (rule_version_id, kind, since, signature, armed_at)
SELECT began.rule_version_id, began.kind, began.since, %(signature)s, %(now)s
FROM unnest(%(rule_version_ids)b::bigint[], %(kinds)b::text[], %(sinces)b::timestamptz[])
    AS began (rule_version_id, kind, since)
ON CONFLICT (rule_version_id) DO UPDATE
SET kind = excluded.kind, since = excluded.since, signature = excluded.signature, armed_at = excluded.armed_at,
    watch_xid = excluded.watch_xid, is_complete = false;

-- name: disarm
-- Versions that are in force no longer; a later activation begins anew.
DELETE FROM rule.armed WHERE NOT rule_version_id = ANY(%(rule_version_ids)b::bigint[]);

-- name: forget_blocks
-- Memberships of versions that do not listen, and of one that begins anew.
DELETE FROM rule.audience_block AS block
WHERE block.rule_version_id = ANY(%(anew)b::bigint[])
    OR NOT EXISTS (SELECT FROM rule.armed WHERE armed.rule_version_id = block.rule_version_id);

-- name: begin_baseline
-- A row for every block in which there is somebody, to be swept at once.
INSERT INTO rule.audience_block (rule_version_id, block_number, members, next_due)
SELECT %(rule_version_id)s, block_number, decode(repeat('00', 64), 'hex'), '1970-01-01 00:00:00+00'
FROM generate_series(0, (SELECT coalesce(max(contact_id), -1) / 512 FROM profile.contact)) AS block_number
WHERE EXISTS (
    SELECT FROM profile.contact
    WHERE contact_id >= block_number * 512 AND contact_id < (block_number + 1) * 512)
ON CONFLICT (rule_version_id, block_number) DO NOTHING;

-- name: read_horizon
-- The transaction id below which nothing is open.
SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint;

-- name: complete_arming
-- From here on whatever the version waits for comes as an arrival.
UPDATE rule.armed SET is_complete = true WHERE rule_version_id = ANY(%(rule_version_ids)b::bigint[]);

-- name: list_missed_events
-- A page of the events since the activation that were stored before the version was listened for.
SELECT event_id, contact_id, name, occurred_at, recorded_at, properties::text AS properties
FROM collect.event
WHERE name = %(name)s AND occurred_at >= %(since)s::timestamptz
    AND (source <> 'import' OR EXISTS (
        SELECT FROM collect.import_batch AS batch
        WHERE batch.import_id = event.import_id AND batch.fires_triggers))
    AND xid <= %(watch_xid)s::text::xid8
    AND (occurred_at, event_id) > (%(after_at)s::timestamptz, %(after_id)s::bigint)
ORDER BY occurred_at, event_id
LIMIT %(page)s::integer;

-- name: take_arrivals
-- The next of what arrived, with the events themselves; what happens now goes before imports, what failed comes last.
SELECT arrival.failures, arrival.arrival_id, arrival.contact_id, arrival.event_id, arrival.name, arrival.occurred_at,
    arrival.is_silent,
    coalesce(event.recorded_at, arrival.occurred_at) AS recorded_at,
    coalesce(event.properties::text, '{}') AS properties
FROM (
    SELECT * FROM rule.arrival
    WHERE failures < %(failures_max)s::smallint
    ORDER BY failures, is_import, arrival_id
    LIMIT %(count)s::integer
    FOR UPDATE SKIP LOCKED
) AS arrival
LEFT JOIN collect.event AS event
    ON arrival.event_id <> 0 AND event.occurred_at = arrival.occurred_at AND event.event_id = arrival.event_id
ORDER BY arrival.failures, arrival.is_import, arrival.arrival_id;

-- name: note_failures
-- Matching these failed: from now on each is tried alone.
UPDATE rule.arrival SET failures = failures + 1 WHERE arrival_id = ANY(%(arrival_ids)b::bigint[]);

-- name: forget_failures
-- A new start may be of a release that can.
UPDATE rule.arrival SET failures = 0 WHERE failures > 0;

-- name: delete_arrivals
-- In the transaction that stored what follows from them.
DELETE FROM rule.arrival WHERE arrival_id = ANY(%(arrival_ids)b::bigint[]);

-- name: fire
-- Firings; one that is known already does nothing.
INSERT INTO rule.trigger_candidate (
    rule_version_id, rule_name, contact_id, event_id, occurred_at, due_at, decide_at, is_effect, fired_at, evaluation_at)
SELECT fired.*, %(now)s::timestamptz, %(evaluation_at)s::timestamptz
FROM unnest(
    %(rule_version_ids)b::bigint[], %(rule_names)b::text[], %(contact_ids)b::bigint[], %(event_ids)b::bigint[],
    %(occurred)b::timestamptz[], %(due)b::timestamptz[], %(decide)b::timestamptz[], %(effects)b::boolean[]) AS fired
ON CONFLICT (rule_version_id, event_id) WHERE event_id <> 0 DO NOTHING;

-- name: lock_blocks
-- The blocks of these people, in one order.
SELECT block.rule_version_id, block.block_number, block.is_baselined, block.members, block.due
FROM unnest(%(rule_version_ids)b::bigint[], %(block_numbers)b::bigint[]) AS wanted (rule_version_id, block_number)
JOIN rule.audience_block AS block USING (rule_version_id, block_number)
ORDER BY block.rule_version_id, block.block_number
FOR UPDATE OF block;

-- name: find_due_blocks
-- The block that has been due for longest, for the versions for which it is due.
SELECT block.rule_version_id, block.block_number
FROM rule.audience_block AS block
WHERE block.next_due <= %(now)s::timestamptz
    AND block.rule_version_id = ANY(%(rule_version_ids)b::bigint[])
    AND block.block_number = (
        SELECT first.block_number FROM rule.audience_block AS first
        WHERE first.next_due <= %(now)s::timestamptz AND first.rule_version_id = ANY(%(rule_version_ids)b::bigint[])
        ORDER BY first.next_due, first.block_number LIMIT 1)
ORDER BY block.rule_version_id
LIMIT %(count)s::integer;

-- name: list_due_versions
-- Versions of which somebody is still to be looked at.
SELECT DISTINCT rule_version_id FROM rule.audience_block
WHERE next_due <= %(now)s::timestamptz AND rule_version_id = ANY(%(rule_version_ids)b::bigint[]);

-- name: store_blocks
-- What a sweep or a change found.
INSERT INTO rule.audience_block (rule_version_id, block_number, is_baselined, members, due, next_due)
SELECT * FROM unnest(
    %(rule_version_ids)b::bigint[], %(block_numbers)b::bigint[], %(baselined)b::boolean[], %(members)b::bytea[],
    %(dues)b::bytea[], %(next_dues)b::timestamptz[])
ON CONFLICT (rule_version_id, block_number) DO UPDATE
SET is_baselined = excluded.is_baselined, members = excluded.members, due = excluded.due,
    next_due = excluded.next_due;

-- name: list_living
-- Who among these ids is somebody: erased and merged people are in no audience.
SELECT contact_id FROM profile.contact
WHERE contact_id = ANY(%(contact_ids)b::bigint[]) AND erased_at IS NULL AND merged_into IS NULL
ORDER BY contact_id;

-- name: list_entered_before
-- Who of these people has entered the version's audience before.
SELECT DISTINCT contact_id FROM rule.trigger_candidate
WHERE rule_version_id = %(rule_version_id)s AND event_id = 0 AND contact_id = ANY(%(contact_ids)b::bigint[]);

-- name: list_to_decide
-- Firings whose decision windows have closed, and whatever else waits for these people and fell into one of those windows:
-- rivals are decided together. A firing that fell into none waits on for rivals of its own.
WITH closed AS (
    SELECT contact_id, due_at, decide_at FROM rule.trigger_candidate
    WHERE state = 'waiting' AND decide_at <= %(now)s::timestamptz
        AND NOT rule_version_id = ANY(%(not_yet)b::bigint[])
    ORDER BY decide_at
    LIMIT %(count)s::integer
)
SELECT one.candidate_id, one.rule_version_id, one.rule_name, one.contact_id, one.event_id, one.fired_at, one.decide_at,
    one.is_effect
FROM rule.trigger_candidate AS one
WHERE one.state = 'waiting' AND one.due_at <= %(now)s::timestamptz
    AND NOT one.rule_version_id = ANY(%(not_yet)b::bigint[])
    AND one.contact_id IN (SELECT contact_id FROM closed)
    AND (one.decide_at <= %(now)s::timestamptz OR EXISTS (
        SELECT FROM closed
        WHERE closed.contact_id = one.contact_id
            AND greatest(one.due_at - closed.due_at, closed.due_at - one.due_at)
                <= least(one.decide_at - one.due_at, closed.decide_at - closed.due_at)))
ORDER BY one.candidate_id;

-- name: count_waiting_entries
-- How many people one evaluation made enter, the most of those that wait; whom a person released does not count again.
SELECT rule_version_id, max(entries)
FROM (
    SELECT rule_version_id, count(*) AS entries
    FROM rule.trigger_candidate
    WHERE state = 'waiting' AND event_id = 0 AND why = ''
    GROUP BY rule_version_id, evaluation_at
) AS evaluation
GROUP BY rule_version_id;

-- name: begin_evaluation
-- What has arrived up to here is what an evaluation beginning now is about. One that a dead process did not end, of which
-- somebody waits, goes on with the next: something of its time is still to be looked at.
WITH last AS (
    SELECT max(evaluation_at) AS begun_at FROM rule.trigger_candidate
    WHERE %(is_first)s::boolean AND state = 'waiting' AND event_id = 0 AND why = ''
)
SELECT
    coalesce((
        SELECT last.begun_at FROM last
        WHERE EXISTS (SELECT FROM rule.audience_block AS block WHERE block.next_due <= last.begun_at)
            OR EXISTS (
                SELECT FROM rule.arrival AS arrival
                WHERE arrival.failures = 0 AND NOT arrival.is_import AND arrival.occurred_at <= last.begun_at)
    ), %(now)s::timestamptz) AS begun_at,
    %(now)s::timestamptz AS until,
    coalesce((SELECT max(arrival_id) FROM rule.arrival), 0) AS last_arrival;

-- name: has_arrivals_to
-- Whether some of it is still to be looked at; imports make nobody enter, and what failed is tried alone.
SELECT EXISTS (
    SELECT FROM rule.arrival WHERE failures = 0 AND NOT is_import AND arrival_id <= %(last_arrival)s::bigint);

-- name: count_people
-- How many people there are.
SELECT count(*) FROM profile.contact WHERE erased_at IS NULL AND merged_into IS NULL;

-- name: settle
-- What became of firings that were still waiting; the caller compares the count.
UPDATE rule.trigger_candidate
SET state = %(state)s, why = %(why)s, plan_id = %(plan_id)s::bigint, decided_at = %(now)s
WHERE candidate_id = ANY(%(candidate_ids)b::bigint[]) AND state = 'waiting';

-- name: hold_entries
-- Everybody who waits to be written to because they entered.
UPDATE rule.trigger_candidate
SET state = 'held', why = %(why)s, decided_at = %(now)s
WHERE rule_version_id = %(rule_version_id)s AND state = 'waiting' AND event_id = 0;

-- name: release_held
-- A person has let the rule go on: who was held is decided now.
UPDATE rule.trigger_candidate
SET state = 'waiting', why = 'released', due_at = least(due_at, %(now)s::timestamptz),
    decide_at = greatest(least(due_at, %(now)s::timestamptz), %(now)s::timestamptz)
WHERE rule_version_id = ANY(%(rule_version_ids)b::bigint[]) AND state = 'held';

-- name: let_go
-- Whom a person was to decide about, of rules that a person has ended.
UPDATE rule.trigger_candidate AS candidate
SET state = 'dropped', why = 'the rule is archived', decided_at = %(now)s
FROM rule.current_state AS current
WHERE candidate.state = 'held' AND current.rule_version_id = candidate.rule_version_id AND current.state = 'archived';

-- name: list_effects
-- When these rules wrote to these people because of effects of messages; several firings of one plan are one message.
SELECT DISTINCT ON (candidate.plan_id, candidate.contact_id) candidate.rule_name, candidate.contact_id, candidate.fired_at
FROM rule.trigger_candidate AS candidate
JOIN plan.member AS member
    ON member.plan_id = candidate.plan_id AND member.contact_id = candidate.contact_id AND member.reason_number = 0
WHERE candidate.is_effect AND candidate.contact_id = ANY(%(contact_ids)b::bigint[])
    AND candidate.rule_name = ANY(%(rule_names)b::text[]) AND candidate.fired_at > %(since)s::timestamptz
    AND candidate.state IN ('planned', 'launched')
ORDER BY candidate.plan_id, candidate.contact_id, candidate.fired_at;

-- name: list_to_launch
-- Plans of firings that are not launched yet, the oldest first.
SELECT DISTINCT plan_id FROM rule.trigger_candidate WHERE state = 'planned' ORDER BY plan_id;

-- name: settle_plan
-- What became of the plan of these firings.
UPDATE rule.trigger_candidate SET state = %(state)s, why = %(why)s WHERE plan_id = %(plan_id)s AND state = 'planned';

-- name: read_lag
-- Seconds since the oldest arrival that is not matched, of database time; how many wait; decisions overdue.
SELECT
    coalesce((
        SELECT extract(epoch FROM clock_timestamp() - min(arrived_at))
        FROM (
            SELECT arrived_at FROM rule.arrival WHERE failures = 0 AND NOT is_import ORDER BY arrival_id LIMIT 1
        ) AS oldest
    ), 0)::float8 AS lag_seconds,
    (SELECT count(*) FROM rule.arrival WHERE failures >= %(failures_max)s::smallint) AS set_aside,
    (SELECT count(*) FROM (SELECT FROM rule.arrival LIMIT 100001) AS counted) AS arrivals,
    (SELECT count(*) FROM rule.armed) AS versions,
    (SELECT count(*) FROM rule.trigger_candidate WHERE state = 'waiting') AS waiting,
    (SELECT count(*) FROM rule.trigger_candidate WHERE state = 'waiting' AND decide_at <= %(now)s::timestamptz)
        AS overdue,
    (SELECT count(*) FROM rule.trigger_candidate WHERE state = 'held') AS held;

-- name: delete_old_candidates
-- Firings that are settled and so old that nothing can repeat them.
DELETE FROM rule.trigger_candidate
WHERE fired_at < %(before)s::timestamptz AND state NOT IN ('waiting', 'planned', 'held');

-- name: list_block_members
-- The members of a version as they are kept, with blocks still to be swept marked.
SELECT block_number, members, is_baselined AND next_due > %(now)s::timestamptz AS is_current
FROM rule.audience_block
WHERE rule_version_id = %(rule_version_id)s
ORDER BY block_number;

-- name: list_unmatched_people
-- Whose arrivals wait: their membership is about to be looked at.
SELECT DISTINCT contact_id FROM rule.arrival;

-- name: keep_check
-- What a comparison found.
INSERT INTO rule.audience_check (rule_version_id, rule_name, checked_at, people, missing, surplus)
VALUES (%(rule_version_id)s, %(rule_name)s, %(now)s, %(people)s, %(missing)s, %(surplus)s);

-- name: list_last_checks
-- The newest comparison of each version that listens.
SELECT DISTINCT ON (audience_check.rule_name) audience_check.rule_version_id, audience_check.rule_name,
    audience_check.people, audience_check.missing, audience_check.surplus
FROM rule.audience_check
JOIN rule.armed USING (rule_version_id)
ORDER BY audience_check.rule_name, audience_check.audience_check_id DESC;

-- name: keep_counter_check
-- What a comparison of counters with the events found.
INSERT INTO rule.counter_check (checked_at, people, different, mended, forgotten)
VALUES (%(now)s, %(people)s, %(different)s, %(mended)s, %(forgotten)s);

-- name: find_last_counter_check
-- The last of them.
SELECT people, different, mended, forgotten FROM rule.counter_check ORDER BY counter_check_id DESC LIMIT 1;
