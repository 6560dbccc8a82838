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

-- name: set_tzdata_version
-- Written with the offsets it names, in one transaction.
UPDATE public.workspace SET tzdata_version = %(tzdata_version)s;

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

-- name: list_template_signatures
-- What rules may send: languages and components of templates Meta has approved at some time.
SELECT name, language, category, components
FROM template.template
WHERE status IN ('approved', 'paused')
ORDER BY name, language;

-- name: list_number_names
-- The names rules use for business numbers.
SELECT name FROM account.business_number ORDER BY name;

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
