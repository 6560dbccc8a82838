-- name: ensure_attempt_months
-- This month and the next; a plan can run over the end of a month.
SELECT public.ensure_month_partitions('deliver.attempt', %(now)s::date, %(now)s::date + 31);

-- name: ensure_status_months
-- Statuses come days after the message.
SELECT public.ensure_month_partitions('deliver.status', %(now)s::date, %(now)s::date + 31);

-- name: ensure_verdict_months
-- Verdicts are written with every attempt, and with every refusal.
SELECT public.ensure_month_partitions('gate.verdict', %(now)s::date, %(now)s::date + 31);

-- name: insert_run
-- Launching twice is the same run.
INSERT INTO deliver.run
    (plan_id, rule_name, business_number_id, state, is_test, launched_by, launched_at, step, first_run_id)
SELECT %(plan_id)s, %(rule_name)s, %(business_number_id)s, 'running', %(is_test)s, %(launched_by)s,
    %(now)s::timestamptz, p.step, p.first_run_id
FROM plan.plan AS p WHERE p.plan_id = %(plan_id)s
ON CONFLICT (plan_id) DO NOTHING RETURNING run_id;

-- name: find_run
-- The run a plan already has.
SELECT run_id FROM deliver.run WHERE plan_id = %(plan_id)s;

-- name: insert_messages
-- One planned message for each person of the plan, in the order in which they may be sent.
INSERT INTO deliver.message
    (run_id, contact_id, step, business_number_id, template_id, variant, media, state, batch, send_from, send_until,
     changed_at, goes_first)
SELECT %(run_id)s, s.contact_id, r.step, %(business_number_id)s, s.template_id, s.variant, s.media, 'planned', s.batch,
    s.send_from, s.send_until, %(now)s::timestamptz, p.purpose <> 'marketing'
FROM plan.sendable AS s
JOIN deliver.run AS r ON r.run_id = %(run_id)s
JOIN plan.plan AS p ON p.plan_id = s.plan_id
-- A young number writes to those first who lately read or wrote, and in either half to nobody before others.
CROSS JOIN LATERAL (
    SELECT EXISTS (
        SELECT FROM gate.warm_up AS w WHERE w.business_number_id = r.business_number_id AND w.outcome <> 'ended'
    ) AND p.purpose = 'marketing' AS is_young
) AS number
WHERE s.plan_id = %(plan_id)s
ORDER BY s.send_from, number.is_young AND NOT (
        EXISTS (
            SELECT FROM conversation.window AS t
            WHERE t.contact_id = s.contact_id AND t.last_inbound_at > %(now)s::timestamptz - interval '30 days')
        OR EXISTS (
            SELECT FROM deliver.message AS m
            WHERE m.contact_id = s.contact_id AND m.read_at > %(now)s::timestamptz - interval '30 days')
    ),
    CASE WHEN number.is_young THEN hashint8extended(s.contact_id, s.plan_id) ELSE 0 END, s.contact_id;

-- name: keep_links
-- Where the buttons of its templates lead, as they do at the launch.
INSERT INTO deliver.run_link (run_id, template_id, links)
SELECT %(run_id)s, template.template_id, template.links
FROM plan.plan AS plan
CROSS JOIN LATERAL jsonb_object_keys(coalesce(plan.document -> 'template_hashes', '{}'::jsonb)) AS used (id)
JOIN template.template AS template ON template.template_id::text = used.id
WHERE plan.plan_id = %(plan_id)s AND template.links <> '{}'::jsonb;

-- name: notify_send
-- Wakes idle senders at the commit.
NOTIFY send;

-- name: list_senders
-- Which numbers have work or may get some, with what paces them. What Meta forbids without an end rests like a number
-- that is held; where there is an end, the gate puts each message off until then.
SELECT n.business_number_id, n.name, least(n.throughput_per_second, n.told_throughput_per_second) AS throughput_per_second,
    CASE WHEN n.state = 'active' AND EXISTS (
        SELECT FROM account.hold AS h
        WHERE h.is_in_force AND h.until IS NULL AND h.kind IN ('all', 'business_initiated') AND (
            (h.scope = 'number' AND h.scope_id = n.business_number_id) OR (h.scope = 'waba' AND h.scope_id = n.waba_id)
            OR (h.scope = 'portfolio' AND h.scope_id = n.portfolio_id))
    ) THEN 'held' ELSE n.state END AS state, coalesce(slow.share, 1) AS slow_share, slow.slowed_at
FROM account.business_number AS n LEFT JOIN gate.slowdown AS slow ON slow.business_number_id = n.business_number_id
ORDER BY n.business_number_id;

-- name: lock_lease
-- Whoever takes a number over waits here for transactions of the holder that are about to commit.
SELECT holder, epoch, expires_at > clock_timestamp() FROM deliver.lease
WHERE business_number_id = %(business_number_id)s FOR UPDATE;

-- name: insert_lease
-- The first sender a number ever has.
INSERT INTO deliver.lease (business_number_id, holder, epoch, expires_at)
VALUES (%(business_number_id)s, %(holder)s, 1, clock_timestamp() + make_interval(secs => %(lease_seconds)s::float8))
ON CONFLICT DO NOTHING RETURNING epoch;

-- name: take_lease
-- The lease row is locked: a new epoch fences off whoever held it.
UPDATE deliver.lease
SET holder = %(holder)s, epoch = epoch + 1,
    expires_at = clock_timestamp() + make_interval(secs => %(lease_seconds)s::float8)
WHERE business_number_id = %(business_number_id)s RETURNING epoch;

-- name: renew_lease
-- Only a lease that has not run out: afterwards somebody else may have decided things.
UPDATE deliver.lease SET expires_at = clock_timestamp() + make_interval(secs => %(lease_seconds)s::float8)
WHERE business_number_id = %(business_number_id)s AND epoch = %(epoch)s AND expires_at > clock_timestamp();

-- name: release_lease
-- Given back early, so that the next sender need not wait.
UPDATE deliver.lease SET expires_at = clock_timestamp()
WHERE business_number_id = %(business_number_id)s AND epoch = %(epoch)s;

-- name: hold_lease
-- First in every transaction of a sender: KEY SHARE lets renewals pass and makes a taker wait for the commit. A process
-- that is frozen in between must not make it wait for long: the server ends a transaction nobody continues. A database
-- that is behind a beat its sender saw committed is an older state of it, and its lease is nobody's.
SELECT set_config('idle_in_transaction_session_timeout', %(idle_ms)s::text, true) FROM deliver.lease
WHERE business_number_id = %(business_number_id)s AND epoch = %(epoch)s AND expires_at > clock_timestamp()
    AND coalesce((SELECT beat FROM deliver.life), -1) >= %(beat)s::bigint
FOR KEY SHARE;

-- name: doubt_intents
-- After a death nobody knows which requests left: every intent of an older epoch is in doubt, for ever or until a
-- status tells.
WITH doubted AS (
    UPDATE deliver.message SET state = 'unknown', reason = 'sender_died', changed_at = %(now)s::timestamptz
    WHERE business_number_id = %(business_number_id)s AND state = 'intent' AND fence < %(epoch)s
    RETURNING message_id
)
UPDATE deliver.attempt AS a SET state = 'unknown', finished_at = %(now)s::timestamptz
FROM doubted AS d WHERE a.message_id = d.message_id AND a.state = 'intent';

-- name: return_claims
-- A claim made no promise to anybody: it goes back.
UPDATE deliver.message SET state = 'planned', changed_at = %(now)s::timestamptz
WHERE business_number_id = %(business_number_id)s AND state = 'claimed' AND fence < %(epoch)s;

-- name: claim_messages
-- Takes what is due; what is due too late expires on the way. Locked rows are another transaction's: they are skipped
-- and come back when it ends. What somebody waits for goes before a campaign. A message that was to be sent once more
-- and is not is what it was: unresolved. So is one whose doubt has no attempt: whoever had withdrawn when a restored
-- database was accepted got no permit for it.
WITH first AS (
    SELECT m.message_id FROM deliver.message AS m
    WHERE m.business_number_id = %(business_number_id)s AND m.state IN ('planned', 'deferred') AND m.goes_first
        AND m.send_from <= %(now)s::timestamptz
        AND NOT EXISTS (
            SELECT FROM deliver.run AS r WHERE r.run_id = m.run_id AND r.rule_name = ANY(%(stopped_rules)b::text[]))
    ORDER BY m.send_from, m.message_id
    LIMIT %(count_max)s
    FOR UPDATE SKIP LOCKED
), others AS (
    SELECT m.message_id FROM deliver.message AS m
    WHERE m.business_number_id = %(business_number_id)s AND m.state IN ('planned', 'deferred') AND NOT m.goes_first
        AND m.send_from <= %(now)s::timestamptz
        AND NOT EXISTS (
            SELECT FROM deliver.run AS r WHERE r.run_id = m.run_id AND r.rule_name = ANY(%(stopped_rules)b::text[]))
    ORDER BY m.send_from, m.message_id
    LIMIT CASE WHEN %(only_first)s THEN 0 ELSE %(count_max)s - (SELECT count(*) FROM first) END
    FOR UPDATE SKIP LOCKED
), due AS (
    SELECT message_id FROM first UNION ALL SELECT message_id FROM others
)
UPDATE deliver.message AS m
SET state = CASE WHEN m.send_until > %(now)s::timestamptz THEN 'claimed'
        WHEN m.attempts > 0 AND (EXISTS (
                SELECT FROM deliver.attempt AS a WHERE a.message_id = m.message_id AND a.state = 'unknown')
            OR EXISTS (SELECT FROM deliver.resend AS r WHERE r.message_id = m.message_id)) THEN 'unresolved'
        ELSE 'expired' END,
    reason = CASE WHEN m.send_until <= %(now)s::timestamptz THEN 'outside_window' ELSE '' END,
    fence = %(epoch)s, changed_at = %(now)s::timestamptz
FROM due WHERE m.message_id = due.message_id
RETURNING m.message_id, m.contact_id, m.run_id, m.template_id, m.variant, m.media, m.attempts,
    least(m.send_until, '9999-12-30T00:00:00Z'::timestamptz) AS send_until, m.state, m.goes_first;

-- name: return_drafts
-- Claimed but not used, by the same sender.
UPDATE deliver.message SET state = 'planned', changed_at = %(now)s::timestamptz
WHERE message_id = ANY(%(message_ids)b::bigint[]) AND state = 'claimed' AND fence = %(epoch)s;

-- name: return_unstarted
-- Claims, and intents whose commit was in doubt and whose requests were never started, by the same sender (F67). The
-- word about this commit can be lost too, and then it is run again: an intent made meanwhile, whose request is out, has
-- another opaque id and stays.
WITH given AS (
    SELECT * FROM unnest(%(message_ids)b::bigint[], %(opaque_ids)b::bytea[]) AS g (message_id, opaque_id)
), back AS (
    UPDATE deliver.message AS m SET state = 'planned', changed_at = %(now)s::timestamptz
    FROM given AS g
    WHERE m.message_id = g.message_id AND m.fence = %(epoch)s AND (m.state = 'claimed' OR m.state = 'intent' AND EXISTS (
        SELECT FROM deliver.attempt AS a
        WHERE a.message_id = g.message_id AND a.opaque_id = g.opaque_id AND a.state = 'intent'))
    RETURNING m.message_id, g.opaque_id
), undone AS (
    UPDATE deliver.attempt AS a SET state = 'cancelled', finished_at = %(now)s::timestamptz
    FROM back AS b WHERE a.message_id = b.message_id AND a.opaque_id = b.opaque_id AND a.state = 'intent'
)
SELECT message_id FROM back;

-- name: lock_messages
-- After the people and before any write, in the order in which webhooks lock them; tells which drafts are still ours:
-- a status may have settled one since it was claimed.
SELECT message_id, state = 'claimed' AND fence = %(epoch)s FROM deliver.message
WHERE message_id = ANY(%(message_ids)b::bigint[]) ORDER BY message_id FOR NO KEY UPDATE;

-- name: write_refusals
-- What the gate refused goes where its verdict says; where an earlier attempt is in doubt, or two people had a doubt sent
-- once more, no verdict ends the doubt.
UPDATE deliver.message AS m
SET state = CASE WHEN r.state IN ('cancelled', 'expired') AND m.attempts > 0 AND (EXISTS (
            SELECT FROM deliver.attempt AS a WHERE a.message_id = m.message_id AND a.state = 'unknown')
        OR EXISTS (SELECT FROM deliver.resend AS again WHERE again.message_id = m.message_id))
    THEN 'unresolved' ELSE r.state END,
    reason = r.reason, changed_at = %(now)s::timestamptz,
    send_from = coalesce(r.send_from, m.send_from)
FROM unnest(%(message_ids)b::bigint[], %(states)b::text[], %(reasons)b::text[], %(send_from)b::timestamptz[])
    AS r (message_id, state, reason, send_from)
WHERE m.message_id = r.message_id AND m.state = 'claimed' AND m.fence = %(epoch)s;

-- name: write_intents
-- A claim that is no longer ours gives no row, and the caller rolls everything back. No message has the state '': it
-- keeps the server from looking through all that is claimed, which a young table makes seem little, for each group.
WITH given AS (
    SELECT * FROM unnest(
        %(message_ids)b::bigint[], %(contact_ids)b::bigint[], %(permit_ids)b::bigint[], %(attempts)b::smallint[],
        %(opaque_ids)b::bytea[], %(sealed_requests)b::bytea[]
    ) AS g (message_id, contact_id, permit_id, attempt, opaque_id, sealed_request)
), marked AS (
    UPDATE deliver.message AS m
    SET state = 'intent', reason = '', error_code = 0, attempts = g.attempt, changed_at = %(now)s::timestamptz
    FROM given AS g WHERE m.message_id = g.message_id AND m.state IN ('claimed', '') AND m.fence = %(epoch)s
    RETURNING m.message_id
)
INSERT INTO deliver.attempt (intent_at, message_id, contact_id, permit_id, opaque_id, fence, state, sealed_request)
SELECT %(now)s::timestamptz, g.message_id, g.contact_id, g.permit_id, g.opaque_id, %(epoch)s, 'intent', g.sealed_request
FROM given AS g JOIN marked AS k ON k.message_id = g.message_id
RETURNING message_id, attempt_id;

-- name: write_results
-- Compare and set on fence and attempt: a late result of a fenced-off sender, or a second write of the same
-- result, changes nothing. An answer for a message that a status settled first only completes the attempt. A refusal of
-- what was sent once more says nothing of the attempt before it, which stays in doubt.
-- As to the state '', see `write_intents`.
WITH given AS (
    SELECT * FROM unnest(
        %(message_ids)b::bigint[], %(attempt_ids)b::bigint[], %(intents_at)b::timestamptz[], %(attempts)b::smallint[],
        %(states)b::text[], %(attempt_states)b::text[], %(reasons)b::text[], %(error_codes)b::integer[],
        %(send_from)b::timestamptz[], %(wamid_indexes)b::bytea[], %(sealed_wamids)b::bytea[]
    ) AS g (message_id, attempt_id, intent_at, attempt, state, attempt_state, reason, error_code, send_from,
            wamid_index, sealed_wamid)
), won AS (
    UPDATE deliver.message AS m
    SET state = CASE WHEN g.state = 'refused' AND g.attempt > 1 AND (EXISTS (
                SELECT FROM deliver.attempt AS a WHERE a.message_id = g.message_id AND a.state = 'unknown')
            OR EXISTS (SELECT FROM deliver.resend AS r WHERE r.message_id = g.message_id))
        THEN 'unresolved' ELSE g.state END,
        reason = g.reason, error_code = g.error_code, changed_at = %(now)s::timestamptz,
        send_from = coalesce(g.send_from, m.send_from),
        wamid_index = g.wamid_index, sealed_wamid = g.sealed_wamid,
        accepted_at = CASE WHEN g.state = 'accepted' THEN %(now)s::timestamptz END
    FROM given AS g
    WHERE m.message_id = g.message_id AND m.state IN ('intent', '') AND m.fence = %(epoch)s AND m.attempts = g.attempt
    RETURNING m.message_id
)
UPDATE deliver.attempt AS a
SET state = g.attempt_state, error_code = g.error_code, finished_at = %(now)s::timestamptz
FROM given AS g JOIN won AS w ON w.message_id = g.message_id
WHERE a.attempt_id = g.attempt_id AND a.intent_at = g.intent_at AND a.state = 'intent'
RETURNING a.message_id;

-- name: known_wamids
-- An answer with the id of another message is no answer.
SELECT wamid_index FROM deliver.message WHERE wamid_index = ANY(%(wamid_indexes)b::bytea[]);

-- name: hold_number
-- Only a person lifts it.
UPDATE account.business_number SET state = 'held', hold_reason = %(reason)s
WHERE business_number_id = %(business_number_id)s AND state = 'active';

-- name: pause_templates
-- The other templates go on.
UPDATE template.template SET status = 'paused', updated_at = %(now)s::timestamptz
WHERE template_id = ANY(%(template_ids)b::bigint[]) AND status = 'approved'
RETURNING template_id, name || '/' || language;

-- name: lock_ending_runs
-- Runs that seem to have nothing left. Whoever adds a message to a run changes its row first, so that the statement that
-- follows sees the message or the change waits for this transaction.
SELECT r.run_id FROM deliver.run AS r
WHERE r.business_number_id = %(business_number_id)s AND r.state = 'running'
    AND NOT EXISTS (
        SELECT FROM deliver.message AS m
        WHERE m.business_number_id = r.business_number_id AND m.run_id = r.run_id AND m.state IN ('planned', 'deferred'))
ORDER BY r.run_id
FOR NO KEY UPDATE OF r;

-- name: finish_runs
-- A run ends when nothing of it can still be sent.
UPDATE deliver.run AS r SET state = 'finished', finished_at = %(now)s::timestamptz
WHERE r.run_id = ANY(%(run_ids)b::bigint[]) AND r.state = 'running'
    AND NOT EXISTS (
        SELECT FROM deliver.message AS m
        WHERE m.business_number_id = r.business_number_id AND m.run_id = r.run_id AND m.state IN ('planned', 'deferred'))
    AND NOT EXISTS (
        SELECT FROM deliver.message AS m
        WHERE m.business_number_id = r.business_number_id AND m.run_id = r.run_id AND m.state IN ('claimed', 'intent'));

-- name: next_due
-- Tells a sender that is to leave when nothing waits whether anything does.
SELECT greatest(min(send_from), '1970-01-01T00:00:00Z'::timestamptz) FROM deliver.message
WHERE business_number_id = %(business_number_id)s AND state IN ('planned', 'deferred')
HAVING min(send_from) IS NOT NULL;

-- name: read_stops
-- Read every 250 ms by every sending process; a rule that is paused or held rests like a stopped one.
SELECT scope, target FROM gate.stop WHERE resumed_at IS NULL
UNION ALL
SELECT 'rule', rule_name FROM rule.current_state WHERE state IN ('paused', 'held');

-- name: give_up_unknown
-- After the deadline a doubt stays a doubt: nothing is sent again, and nobody waits any more.
WITH old AS (
    SELECT message_id FROM deliver.message
    WHERE business_number_id = %(business_number_id)s AND state = 'unknown' AND changed_at <= %(before)s::timestamptz
    ORDER BY message_id FOR NO KEY UPDATE
)
UPDATE deliver.message AS m SET state = 'unresolved', changed_at = %(now)s::timestamptz
FROM old WHERE m.message_id = old.message_id;
