-- name: find_workspace
-- The one row that says what this database is.
SELECT workspace_id, name, mode, billing_currency, root_key_fingerprint, tzdata_version, created_at
FROM public.workspace;

-- name: create_workspace
-- First start; a second process in the same instant finds the row.
INSERT INTO public.workspace (workspace_id, name, mode, billing_currency, root_key_fingerprint, created_at)
VALUES (%(workspace_id)s, %(name)s, %(mode)s, %(billing_currency)s, %(root_key_fingerprint)s, %(created_at)s)
ON CONFLICT DO NOTHING;

-- name: delete_zone_offsets
-- Another tzdata version replaces the whole table.
DELETE FROM public.zone_offset;

-- name: copy_zone_offsets
-- Some ten thousand rows, once per tzdata version.
COPY public.zone_offset (zone, from_utc, minutes) FROM STDIN (FORMAT BINARY);

-- name: find_zone_table
-- The tzdata version of the offsets that are loaded.
SELECT tzdata_version FROM public.zone_table;

-- name: set_zone_table
-- Written with the offsets it names, in one transaction.
INSERT INTO public.zone_table (tzdata_version) VALUES (%(tzdata_version)s)
ON CONFLICT (is_only) DO UPDATE SET tzdata_version = excluded.tzdata_version;

-- name: set_tzdata_version
-- The workspace says which rules of time it was last opened with.
UPDATE public.workspace SET tzdata_version = %(tzdata_version)s WHERE tzdata_version <> %(tzdata_version)s;

-- name: fill_reasons
-- The numbers under which plans store reasons, for people who read SQL; numbers never change their meaning.
INSERT INTO plan.reason (reason_number, reason)
SELECT given.reason_number, given.reason
FROM unnest(%(numbers)b::smallint[], %(reasons)b::text[]) AS given (reason_number, reason)
ON CONFLICT (reason_number) DO NOTHING;

-- name: find_catalogue
-- The workspace's own attributes and events.
SELECT catalogue FROM public.workspace;

-- name: save_catalogue
-- Extended by imports, under the row lock of the workspace.
UPDATE public.workspace SET catalogue = %(catalogue)s::jsonb;

-- name: put_question
-- A question waits for the engine.
INSERT INTO jobs.engine_question (kind, arguments, asked_by)
VALUES (%(kind)s, %(arguments)s::jsonb, %(asked_by)s)
RETURNING question_id;

-- name: notify_question
-- Wakes the engine when the question is committed.
SELECT pg_notify('engine_question', %(payload)s::text);

-- name: take_question
-- The oldest open question; only the holder of the engine's lock asks for it.
UPDATE jobs.engine_question AS question
SET state = 'taken', taken_at = clock_timestamp()
WHERE question.question_id = (
    SELECT min(waiting.question_id) FROM jobs.engine_question AS waiting WHERE waiting.state = 'asked'
)
RETURNING question.question_id, question.kind, question.arguments;

-- name: answer_question
-- The asker may have gone; then this changes nothing.
UPDATE jobs.engine_question
SET state = %(state)s, answer = %(answer)s::jsonb, answered_at = clock_timestamp()
WHERE question_id = %(question_id)s;

-- name: notify_answer
-- Wakes whoever asked.
SELECT pg_notify('engine_answer', %(payload)s::text);

-- name: find_answer
-- Empty until the engine has answered.
SELECT state, answer FROM jobs.engine_question
WHERE question_id = %(question_id)s AND state IN ('answered', 'failed');

-- name: forget_question
-- The asker has its answer, or gave up.
DELETE FROM jobs.engine_question WHERE question_id = %(question_id)s;

-- name: reopen_questions
-- A dead engine's unfinished questions.
UPDATE jobs.engine_question SET state = 'asked', taken_at = NULL WHERE state = 'taken';

-- name: find_workspace_rules
-- What everything sent from here keeps to.
SELECT billing_currency, sending_policy FROM public.workspace;

-- name: save_workspace_rules
-- Declared in the workspace file.
UPDATE public.workspace
SET billing_currency = %(billing_currency)s, sending_policy = %(sending_policy)s::jsonb;

-- name: missing_partitions
-- Usually none, so that opening a workspace costs one look into the catalogue.
SELECT p.parent, m.month::date
FROM unnest(%(parents)b::text[]) WITH ORDINALITY AS p (parent, place)
CROSS JOIN generate_series(
    date_trunc('month', %(from_day)s::date::timestamp), %(to_day)s::date::timestamp, interval '1 month') AS m (month)
WHERE to_regclass(p.parent || '_' || to_char(m.month, 'YYYYMM')) IS NULL
ORDER BY p.place, m.month;

-- name: ensure_partition
-- One month of one table.
SELECT public.ensure_month_partitions(%(parent)s::text::regclass, %(month)s::date, %(month)s::date);

-- name: put_page_token
-- Only its hash is kept; it ends in real time, whatever the workspace's clock says.
INSERT INTO observe.page_token (token_hash, made_for, expires_at)
VALUES (%(token_hash)s, %(made_for)s, clock_timestamp() + %(lifetime)s::interval);

-- name: use_page_token
-- Works once: the second caller finds no row.
UPDATE observe.page_token
SET used_at = clock_timestamp()
WHERE token_hash = %(token_hash)s AND used_at IS NULL AND expires_at > clock_timestamp()
RETURNING made_for;

-- name: open_page_session
-- A session ends after twelve hours whatever happens.
INSERT INTO observe.page_session (session_hash, actor, ends_at)
VALUES (%(session_hash)s, %(actor)s, clock_timestamp() + %(lifetime)s::interval);

-- name: see_page_session
-- Alive while used at least every half hour.
UPDATE observe.page_session
SET seen_at = clock_timestamp()
WHERE session_hash = %(session_hash)s
    AND ends_at > clock_timestamp()
    AND seen_at > clock_timestamp() - %(idle)s::interval
RETURNING actor;

-- name: end_page_session
-- Signed out, or swept when it has ended by itself.
DELETE FROM observe.page_session
WHERE session_hash = %(session_hash)s OR ends_at < clock_timestamp();

-- name: sweep_page_tokens
-- Used and ended tokens are of no use to anybody.
DELETE FROM observe.page_token WHERE expires_at < clock_timestamp() - interval '1 day';

-- name: find_person
-- One person for the look-up; what is sealed stays sealed except the names.
SELECT contact_id, attributes, sealed_attributes, first_seen_at, is_reachable, is_restricted, objects_to_profiling,
    is_seed, merged_into, erased_at
FROM profile.contact
WHERE contact_id = %(contact_id)s;

-- name: list_person_identities
-- Current identities; the page shows them masked.
SELECT kind, sealed_value FROM profile.identity
WHERE contact_id = %(contact_id)s AND valid_to IS NULL
ORDER BY kind, valid_from;

-- name: list_person_tags
-- Tags by name.
SELECT tag FROM profile.tag WHERE contact_id = %(contact_id)s ORDER BY tag;

-- name: list_person_consents
-- What the person said, the newest first.
SELECT purpose, status, is_proven, effective_at, method, wording_version
FROM profile.consent
WHERE contact_id = %(contact_id)s
ORDER BY effective_at DESC, consent_id DESC
LIMIT 20;

-- name: list_person_stops
-- Stops in force for any identity of the person.
SELECT DISTINCT suppression.scope, suppression.cause, suppression.occurred_at
FROM profile.identity AS identity
JOIN profile.current_suppression AS suppression USING (suppression_index)
WHERE identity.contact_id = %(contact_id)s
ORDER BY suppression.occurred_at DESC;

-- name: list_person_messages
-- Messages of the person, the newest first, with the verdict that decided last.
SELECT message.message_id, message.run_id, run.rule_name,
    coalesce(template.name, CASE message.template_id WHEN 0 THEN 'reply' END) AS template_name, message.state, message.reason,
    message.changed_at, message.delivered_at, message.read_at, message.failed_code, run.is_test
FROM deliver.message AS message
JOIN deliver.run AS run ON run.run_id = message.run_id
LEFT JOIN template.template AS template ON template.template_id = message.template_id
WHERE message.contact_id = %(contact_id)s
ORDER BY run.launched_at DESC, message.message_id DESC
LIMIT 20;

-- name: list_person_verdicts
-- What the gate decided about the person, the newest first.
SELECT verdict.decided_at, verdict.message_id, verdict.outcome, verdict.reason, verdict.deferred_until
FROM gate.verdict AS verdict
WHERE verdict.contact_id = %(contact_id)s
ORDER BY verdict.decided_at DESC, verdict.verdict_id DESC
LIMIT 20;

-- name: list_person_plans
-- What the newest plans decided about the person.
SELECT plan.plan_id, plan.rule_name, plan.created_at, member.reason_number, winner.rule_name AS lost_to
FROM plan.member AS member
JOIN plan.plan AS plan ON plan.plan_id = member.plan_id
LEFT JOIN plan.plan AS winner ON winner.plan_id = member.lost_to_plan_id
WHERE member.contact_id = %(contact_id)s
ORDER BY plan.plan_id DESC
LIMIT 20;

-- name: count_run_messages
-- How far a run is: its state, all messages, and those that still wait for an end.
SELECT
    run.state,
    count(message.message_id),
    count(message.message_id) FILTER (WHERE message.state IN ('planned', 'claimed', 'intent', 'deferred'))
FROM deliver.run AS run
LEFT JOIN deliver.message AS message USING (run_id)
WHERE run.run_id = %(run_id)s
GROUP BY run.state;

-- name: describe_server
-- What kind of server this is.
SELECT current_setting('server_version_num')::integer, pg_is_in_recovery(), current_setting('server_version');

-- name: list_missing_partitions
-- Months of the near future without a partition of their own.
SELECT parent.name || '_' || to_char(month.start, 'YYYYMM') AS missing
FROM unnest(%(parents)b::text[]) AS parent (name)
CROSS JOIN generate_series(
    date_trunc('month', %(from_day)s::date), date_trunc('month', %(to_day)s::date), interval '1 month'
) AS month (start)
WHERE to_regclass(parent.name || '_' || to_char(month.start, 'YYYYMM')) IS NULL
ORDER BY 1;

-- name: list_number_standings
-- What Meta told of each number, and how many people its portfolio has written to outside their windows.
SELECT number.name, number.throughput_per_second, number.told_throughput_per_second, number.told_quality,
    number.portfolio_id, portfolio.people_per_day_max, portfolio.told_people_per_day_max,
    (SELECT count(DISTINCT permit.contact_id)
     FROM gate.permit AS permit JOIN account.business_number AS other USING (business_number_id)
     WHERE other.portfolio_id = number.portfolio_id AND permit.released_at IS NULL AND NOT permit.is_in_window
        AND permit.granted_at > %(since)s::timestamptz) AS people
FROM account.business_number AS number JOIN account.portfolio AS portfolio USING (portfolio_id)
ORDER BY number.name;

-- name: list_leases
-- Who sends from which number, in the database's own time.
SELECT number.name, lease.expires_at > clock_timestamp() AS is_alive
FROM account.business_number AS number
LEFT JOIN deliver.lease AS lease ON lease.business_number_id = number.business_number_id
WHERE number.state = 'active'
ORDER BY number.name;

-- name: find_answer_in_audit
-- The last answer a person gave to a question of the doctor.
SELECT details ->> 'answer', actor, at FROM observe.audit
WHERE action = %(action)s
ORDER BY audit_id DESC
LIMIT 1;

-- name: read_next_transaction
-- Every transaction that has committed by now has a lower number.
SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint;

-- name: find_receivers
-- To whom a message went that a status or an answer names; before our own answer only the attempt knows.
SELECT i.place, coalesce(m.contact_id, a.contact_id)
FROM unnest(%(wamid_indexes)b::bytea[], %(opaque_ids)b::bytea[])
    WITH ORDINALITY AS i (wamid_index, opaque_id, place)
LEFT JOIN deliver.message AS m ON m.wamid_index = i.wamid_index
LEFT JOIN LATERAL (
    SELECT o.contact_id FROM deliver.attempt AS o
    WHERE m.message_id IS NULL AND o.opaque_id = i.opaque_id LIMIT 1
) AS a ON true
WHERE coalesce(m.contact_id, a.contact_id) IS NOT NULL;

-- name: say_importing
-- Whether what an import brings into an audience sets rules off; the table of arrivals notes it by this word.
SELECT set_config('rulecast.importing', CASE WHEN %(fires_triggers)s THEN 'loud' ELSE 'silent' END, true);

-- name: list_open_plans_of_templates
-- Plans that may still be launched, or whose run still sends; the document names the templates it was made with.
SELECT plan.plan_id, plan.rule_name, coalesce(run.state, plan.state)
FROM plan.plan AS plan
LEFT JOIN deliver.run AS run ON run.plan_id = plan.plan_id
WHERE plan.document -> 'template_hashes' ?| %(ids)b::text[]
    AND (plan.state IN ('draft', 'approved') AND plan.expires_at > %(now)s::timestamptz OR run.state = 'running')
ORDER BY plan.plan_id;

-- name: list_recipients
-- Where recipients are told.
SELECT name, webhook FROM observe.recipient ORDER BY name;

-- name: save_recipient
-- As the workspace file declares it; notices that were kept for want of an address stay kept.
INSERT INTO observe.recipient (name, webhook, updated_at) VALUES (%(name)s, %(webhook)s, %(now)s::timestamptz)
ON CONFLICT (name) DO UPDATE SET webhook = excluded.webhook, updated_at = excluded.updated_at;

-- name: find_outgrowing
-- The newest migration of a newer release that does not say that this one may ignore it.
SELECT max(done.migration_id)
FROM public._yoyo_migration AS done
WHERE NOT done.migration_id = ANY(%(known)b::text[])
    AND NOT EXISTS (SELECT FROM public.fitting_migration AS fits WHERE fits.migration_id = done.migration_id);

-- name: describe_copy
-- What a copy of the database holds, and of which workspace it is.
SELECT (SELECT count(*) FROM profile.contact), (SELECT count(*) FROM deliver.message),
    (SELECT workspace_id FROM public.workspace);

-- name: sample_people
-- People of whom something is sealed that must open: the newest, and others by chance of their ids.
SELECT contact_id FROM profile.contact AS c
WHERE erased_at IS NULL AND EXISTS (SELECT FROM profile.identity AS i WHERE i.contact_id = c.contact_id)
ORDER BY c.contact_id = (SELECT max(contact_id) FROM profile.contact) DESC, md5(c.contact_id::text)
LIMIT %(count_max)s::integer;

-- name: read_server_health
-- How near transaction ids are to their end, what has been open for how long, and the table with most dead rows.
SELECT (SELECT max(age(datfrozenxid)) FROM pg_database)::bigint,
    (SELECT max(mxid_age(datminmxid)) FROM pg_database)::bigint,
    coalesce((
        SELECT max(extract(epoch FROM clock_timestamp() - xact_start)) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
    ), 0)::double precision,
    coalesce((
        SELECT max(extract(epoch FROM clock_timestamp() - prepared)) FROM pg_prepared_xacts
    ), 0)::double precision,
    coalesce(worst.name, ''), coalesce(worst.dead, 0)::bigint, coalesce(worst.live, 0)::bigint
FROM (SELECT) AS one
LEFT JOIN LATERAL (
    SELECT schemaname || '.' || relname AS name, n_dead_tup AS dead, n_live_tup AS live
    FROM pg_stat_user_tables ORDER BY n_dead_tup DESC LIMIT 1
) AS worst ON true;
