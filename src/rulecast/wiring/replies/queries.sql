-- name: list_waiting
-- A rule that is paused or held rests with its replies; they wait or grow too old.
SELECT r.after_message_id, r.position, r.answered_run_id, run.plan_id AS answered_plan_id, r.contact_id, r.asked_at
FROM deliver.reply AS r
JOIN deliver.run AS run ON run.run_id = r.answered_run_id
WHERE r.state = 'waiting'
    AND NOT EXISTS (
        SELECT FROM rule.current_state AS c WHERE c.rule_name = run.rule_name AND c.state IN ('paused', 'held'))
ORDER BY r.asked_at, r.after_message_id, r.position
LIMIT %(count)s;

-- name: find_reply_run
-- One run keeps all answers of one reply to one run.
SELECT run_id, plan_id FROM deliver.run WHERE first_run_id = %(answered_run_id)s AND step = %(step)s;

-- name: insert_members
-- Planned, by nobody else contended for, and held out by nothing: who is held out got no message to answer.
INSERT INTO plan.member (plan_id, contact_id, reason_number, send_from, send_until, price_e4)
SELECT %(plan_id)s, w.contact_id, 0, w.send_from, w.send_until, w.price_e4
FROM unnest(
    %(contact_ids)b::bigint[], %(send_from)b::timestamptz[], %(send_until)b::timestamptz[], %(prices_e4)b::bigint[]
) AS w (contact_id, send_from, send_until, price_e4)
ORDER BY w.contact_id
ON CONFLICT (plan_id, contact_id) DO NOTHING;

-- name: insert_messages
-- A message without template; a person has one in a run.
INSERT INTO deliver.message
    (run_id, contact_id, step, business_number_id, template_id, state, send_from, send_until, changed_at, goes_first)
SELECT run.run_id, w.contact_id, run.step, run.business_number_id, 0, 'planned', w.send_from, w.send_until,
    %(now)s::timestamptz, true
FROM unnest(%(contact_ids)b::bigint[], %(send_from)b::timestamptz[], %(send_until)b::timestamptz[])
    AS w (contact_id, send_from, send_until)
JOIN deliver.run AS run ON run.run_id = %(run_id)s
ORDER BY w.send_from, w.contact_id
ON CONFLICT (run_id, contact_id, step) DO NOTHING;

-- name: reopen_run
-- People answer for days: a run of replies ends again and again. The row is changed before any message is added, even
-- where the run is running: so nobody ends it in between.
UPDATE deliver.run SET state = 'running', finished_at = NULL
WHERE run_id = %(run_id)s AND state IN ('running', 'finished');

-- name: notify_send
-- Wakes idle senders at the commit.
NOTIFY send;

-- name: settle
-- Once: what was settled stays so.
UPDATE deliver.reply AS r SET state = %(state)s, why = %(why)s, settled_at = %(now)s::timestamptz
FROM unnest(%(message_ids)b::bigint[], %(positions)b::smallint[]) AS w (message_id, position)
WHERE r.after_message_id = w.message_id AND r.position = w.position AND r.state = 'waiting';

-- name: insert_typed
-- Sealed under the key of who gets it: erased with the person.
INSERT INTO deliver.typed_reply (run_id, contact_id, sealed_text, typed_by, typed_at)
VALUES (%(run_id)s, %(contact_id)s, %(sealed_text)s, %(typed_by)s, %(now)s::timestamptz);

-- name: let_uploads_expire
-- Their files are gone from here: what is not asked for again is not renewed.
UPDATE deliver.media_upload SET last_asked_at = uploaded_at WHERE content_hash = ANY(%(content_hashes)b::bytea[]);

-- name: find_outcome
-- What became of a typed reply so far.
SELECT state, reason, error_code FROM deliver.message WHERE run_id = %(run_id)s;

-- name: find_number
-- The number whose allowance and account count.
SELECT business_number_id FROM deliver.run WHERE run_id = %(run_id)s;

-- name: list_countries
-- By country Meta prices.
SELECT contact_id, country FROM profile.contact WHERE contact_id = ANY(%(contact_ids)b::bigint[]);
