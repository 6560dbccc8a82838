-- name: read_life
-- Who this database is now: cluster, timeline, database. A standby has no current position and answers with an error.
SELECT (SELECT system_identifier::text FROM pg_control_system()) || '/'
    || left(pg_walfile_name(pg_current_wal_flush_lsn()), 8) || '/'
    || (SELECT oid::text FROM pg_database WHERE datname = current_database());

-- name: read_standing
-- Which life of it was sent from last; no row where nobody ever sent.
SELECT life, environment, beat, beaten_at FROM deliver.life;

-- name: begin_life
-- The first sending this database ever sees.
INSERT INTO deliver.life (life, environment, beat, beaten_at)
VALUES (%(life)s, %(environment)s, 0, clock_timestamp()) ON CONFLICT DO NOTHING;

-- name: beat
-- One more; none where the row belongs to another life than the one that was looked at. A process that is frozen before
-- its commit must not keep every other sender from beating: the server ends a transaction nobody continues.
UPDATE deliver.life SET beat = beat + 1, beaten_at = clock_timestamp(),
    environment = CASE WHEN environment = '' THEN %(environment)s::text ELSE environment END
WHERE life = %(life)s RETURNING beat, set_config('idle_in_transaction_session_timeout', %(idle_ms)s::text, true);

-- name: accept_life
-- From now on this is the life that is sent from, ahead of everything any home can remember of the one before.
INSERT INTO deliver.life (life, environment, beat, beaten_at)
VALUES (%(life)s, %(environment)s, %(beat)s, clock_timestamp())
ON CONFLICT (is_only) DO UPDATE SET life = EXCLUDED.life, environment = EXCLUDED.environment,
    beat = greatest(deliver.life.beat, EXCLUDED.beat), beaten_at = EXCLUDED.beaten_at
RETURNING beat;

-- name: insert_restore
-- What was decided about it.
INSERT INTO deliver.restore
    (causes, life_before, life, because, nothing_was_sent, doubted, ended, codes_doubted, stops_restored, rules_held,
    decided_by, decided_at)
VALUES (%(causes)s::text[], %(life_before)s, %(life)s, %(because)s, %(nothing_was_sent)s, %(doubted)s, %(ended)s,
    %(codes_doubted)s, %(stops_restored)s, %(rules_held)s, %(decided_by)s, %(now)s::timestamptz);

-- name: count_gap
-- What may have been sent since the state this database was restored to: whatever was due by now.
SELECT count(*) FROM deliver.message
WHERE state IN ('planned', 'deferred', 'claimed', 'intent') AND send_from <= %(now)s::timestamptz;

-- name: end_steps
-- Next steps that were due by now, or planned: they may have been taken. Those of later are still to come.
WITH gap AS (
    SELECT first_run_id, contact_id, step FROM deliver.follow_up
    WHERE state = 'planned' OR (state = 'waiting' AND due_at <= %(now)s::timestamptz)
    ORDER BY first_run_id, contact_id, step LIMIT %(count_max)s FOR NO KEY UPDATE
), ended AS (
    UPDATE deliver.follow_up AS f SET state = 'ended', why = 'restored', decided_at = %(now)s::timestamptz
    FROM gap AS g
    WHERE f.first_run_id = g.first_run_id AND f.contact_id = g.contact_id AND f.step = g.step
    RETURNING f.contact_id
)
SELECT count(*) FROM ended;

-- name: end_replies
-- A reply is written within a second of what it answers.
WITH gap AS (
    SELECT after_message_id, position FROM deliver.reply WHERE state = 'waiting'
    ORDER BY after_message_id, position LIMIT %(count_max)s FOR NO KEY UPDATE
), ended AS (
    UPDATE deliver.reply AS r SET state = 'ended', why = 'restored', settled_at = %(now)s::timestamptz
    FROM gap AS g WHERE r.after_message_id = g.after_message_id AND r.position = g.position
    RETURNING r.contact_id
)
SELECT count(*) FROM ended;

-- name: end_answers
-- So is an answer to somebody who asked for silence; the silence itself holds.
WITH gap AS (
    SELECT contact_id, asked_at, kind FROM deliver.opt_out_answer WHERE state = 'waiting'
    ORDER BY contact_id, asked_at, kind LIMIT %(count_max)s FOR NO KEY UPDATE
), ended AS (
    UPDATE deliver.opt_out_answer AS a SET state = 'ended', why = 'restored', settled_at = %(now)s::timestamptz
    FROM gap AS g WHERE a.contact_id = g.contact_id AND a.asked_at = g.asked_at AND a.kind = g.kind
    RETURNING a.contact_id
)
SELECT count(*) FROM ended;

-- name: doubt_gap
-- Nobody can know which of these left: they are in doubt, for ever or until a status tells, and their permits are
-- spent, so that caps and budgets count them. Each that has no attempt in doubt gets one, under the fence of no sender:
-- what may have been asked of Meta is an attempt, and gives way and comes back like any other. Whoever may not be sent
-- marketing any more gets no permit, and needs none: nothing more goes out to them, and a permit despite a stop or
-- without consent is what stops everything.
WITH gap AS (
    SELECT message_id, state FROM deliver.message
    WHERE state IN ('planned', 'deferred', 'claimed', 'intent') AND send_from <= %(now)s::timestamptz
    ORDER BY message_id LIMIT %(count_max)s FOR NO KEY UPDATE
), doubted AS (
    UPDATE deliver.message AS m SET state = 'unknown', reason = 'restored', changed_at = %(now)s::timestamptz,
        attempts = CASE WHEN g.state = 'intent' THEN m.attempts ELSE m.attempts + 1 END
    FROM gap AS g WHERE m.message_id = g.message_id
    RETURNING m.message_id, m.contact_id, m.run_id, m.template_id, m.business_number_id, m.step
), attempts AS (
    UPDATE deliver.attempt AS a SET state = 'unknown', finished_at = %(now)s::timestamptz
    FROM doubted AS d WHERE a.message_id = d.message_id AND a.state = 'intent'
), spent AS (
    INSERT INTO gate.permit
        (message_id, contact_id, rule_name, rule_version_id, business_number_id, category, purpose, consent_id, is_test,
         granted_at, step, price_e4, budget_month)
    SELECT d.message_id, d.contact_id, r.rule_name, p.rule_version_id, d.business_number_id, t.category, p.purpose,
        c.consent_id, r.is_test, %(now)s::timestamptz, d.step, coalesce(b.price_e4, 0),
        CASE WHEN p.document ->> 'budget_per' = 'month' AND p.document ->> 'budget_e4' IS NOT NULL THEN (
            SELECT n.month FROM unnest(%(business_number_ids)b::text[], %(months)b::date[]) AS n (number, month)
            WHERE n.number = d.business_number_id) END
    FROM doubted AS d
    JOIN deliver.run AS r ON r.run_id = d.run_id
    JOIN plan.plan AS p ON p.plan_id = r.plan_id
    JOIN template.template AS t ON t.template_id = d.template_id
    LEFT JOIN plan.member AS b ON b.plan_id = r.plan_id AND b.contact_id = d.contact_id
    LEFT JOIN profile.current_consent AS c ON c.contact_id = d.contact_id AND c.purpose = p.purpose
    WHERE (p.purpose <> 'marketing' OR (c.status = 'granted' AND c.is_proven))
        AND NOT EXISTS (
            SELECT FROM profile.suppression AS s
            WHERE s.contact_id = d.contact_id AND s.action = 'stop' AND NOT EXISTS (
                SELECT FROM profile.suppression AS later
                WHERE later.suppression_index = s.suppression_index AND later.scope = s.scope
                    AND later.action = 'resume' AND later.occurred_at > s.occurred_at))
        AND NOT EXISTS (SELECT FROM gate.permit AS o WHERE o.message_id = d.message_id AND o.released_at IS NULL)
    RETURNING permit_id, message_id, contact_id, rule_name, price_e4, budget_month
), supposed AS (
    INSERT INTO deliver.attempt
        (intent_at, message_id, contact_id, permit_id, opaque_id, fence, state, sealed_request, finished_at)
    SELECT %(now)s::timestamptz, s.message_id, s.contact_id, s.permit_id, uuid_send(gen_random_uuid()), 0, 'unknown',
        '', %(now)s::timestamptz
    FROM spent AS s
), costs AS (
    -- Later steps are paid by the run they follow.
    SELECT s.price_e4, s.rule_name, s.budget_month, coalesce(r.first_run_id, r.run_id) AS run_id,
        (p.document ->> 'budget_e4')::bigint AS limit_e4
    FROM spent AS s JOIN doubted AS d ON d.message_id = s.message_id JOIN deliver.run AS r ON r.run_id = d.run_id
    JOIN plan.plan AS p ON p.plan_id = r.plan_id
    WHERE p.document ->> 'budget_e4' IS NOT NULL
), months AS (
    -- As far as the limit goes: what lies beyond is money already spent, and nothing more is sent.
    INSERT INTO gate.month_budget AS b (rule_name, month, limit_e4, spent_e4)
    SELECT rule_name, budget_month, max(limit_e4), least(max(limit_e4), sum(price_e4))::bigint
    FROM costs WHERE budget_month IS NOT NULL GROUP BY rule_name, budget_month ORDER BY 1, 2
    ON CONFLICT (rule_name, month) DO UPDATE SET spent_e4 = least(b.limit_e4, b.spent_e4 + excluded.spent_e4)
), runs AS (
    INSERT INTO gate.budget AS b (run_id, limit_e4, spent_e4)
    SELECT run_id, max(limit_e4), least(max(limit_e4), sum(price_e4))::bigint
    FROM costs WHERE budget_month IS NULL GROUP BY run_id ORDER BY 1
    ON CONFLICT (run_id) DO UPDATE SET spent_e4 = least(b.limit_e4, b.spent_e4 + excluded.spent_e4)
)
SELECT count(*) FROM doubted;
