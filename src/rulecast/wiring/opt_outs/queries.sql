-- name: note_confirmations
-- Once a stop: nothing where one was noted since the person's marketing was last resumed, or where it was resumed
-- since. The people are locked by their stop, so two webhooks of one person cannot both see nothing.
INSERT INTO deliver.opt_out_answer (contact_id, asked_at, kind, business_number_id, language)
SELECT DISTINCT ON (w.contact_id) w.contact_id, w.asked_at, 'confirmation', w.business_number_id, w.language
FROM unnest(
    %(contact_ids)b::bigint[], %(asked)b::timestamptz[], %(numbers)b::text[], %(languages)b::text[]
) AS w (contact_id, asked_at, business_number_id, language)
JOIN account.business_number AS n ON n.business_number_id = w.business_number_id
CROSS JOIN LATERAL (
    SELECT coalesce(max(s.occurred_at), '-infinity'::timestamptz) AS at FROM profile.suppression AS s
    WHERE s.contact_id = w.contact_id AND s.scope = 'marketing' AND s.action = 'resume'
) AS resumed
WHERE w.asked_at >= resumed.at AND NOT EXISTS (
    SELECT FROM deliver.opt_out_answer AS k
    WHERE k.contact_id = w.contact_id AND k.kind = 'confirmation' AND k.asked_at >= resumed.at)
ORDER BY w.contact_id, w.asked_at
ON CONFLICT DO NOTHING;

-- name: note_questions
-- Only of who stopped in words or by a button: the rest is lifted where it was made. Once a day at most.
INSERT INTO deliver.opt_out_answer (contact_id, asked_at, kind, business_number_id, language)
SELECT DISTINCT ON (w.contact_id) w.contact_id, w.asked_at, 'question', w.business_number_id, w.language
FROM unnest(
    %(contact_ids)b::bigint[], %(asked)b::timestamptz[], %(numbers)b::text[], %(languages)b::text[]
) AS w (contact_id, asked_at, business_number_id, language)
JOIN account.business_number AS n ON n.business_number_id = w.business_number_id
WHERE EXISTS (
    SELECT FROM (
        SELECT DISTINCT ON (s.suppression_index) s.action, s.cause
        FROM profile.suppression AS s
        WHERE s.scope = 'marketing' AND s.suppression_index IN (
            SELECT i.suppression_index FROM profile.identity AS i WHERE i.contact_id = w.contact_id)
        ORDER BY s.suppression_index, s.occurred_at DESC, (s.action = 'resume'), s.suppression_id DESC
    ) AS newest
    WHERE newest.action = 'stop' AND newest.cause IN ('stop_word', 'stop_button')
) AND NOT EXISTS (
    SELECT FROM deliver.opt_out_answer AS k
    WHERE k.contact_id = w.contact_id AND k.kind = 'question'
        AND k.asked_at BETWEEN w.asked_at - interval '1 day' AND w.asked_at + interval '1 day')
ORDER BY w.contact_id, w.asked_at
ON CONFLICT DO NOTHING;

-- name: list_waiting_answers
-- The oldest first.
SELECT a.contact_id, a.asked_at, a.kind, a.business_number_id, a.language AS words_language, c.language AS own_language
FROM deliver.opt_out_answer AS a
JOIN profile.contact AS c ON c.contact_id = a.contact_id
WHERE a.state = 'waiting'
ORDER BY a.asked_at, a.contact_id
LIMIT %(count)s;

-- name: find_answer_run
-- One run keeps the answers of a day that say the same from one number; a person has one message in a run.
SELECT run.run_id, run.plan_id
FROM deliver.run AS run
JOIN plan.plan AS plan ON plan.plan_id = run.plan_id
WHERE run.rule_name = %(rule_name)s AND run.business_number_id = %(number)s AND run.launched_at >= %(since)s::timestamptz
    AND plan.document -> 'reply' -> 'fixed' = %(fixed)s::text::jsonb
    AND NOT EXISTS (
        SELECT FROM deliver.message AS m WHERE m.run_id = run.run_id AND m.contact_id = ANY(%(contact_ids)b::bigint[]))
ORDER BY run.run_id DESC
LIMIT 1;

-- name: settle_answers
-- Once: what was settled stays so.
UPDATE deliver.opt_out_answer AS a
SET state = %(state)s, why = %(why)s, run_id = %(run_id)s, settled_at = %(now)s::timestamptz
FROM unnest(%(contact_ids)b::bigint[], %(asked)b::timestamptz[]) AS w (contact_id, asked_at)
WHERE a.contact_id = w.contact_id AND a.asked_at = w.asked_at AND a.kind = %(kind)s AND a.state = 'waiting';

-- name: list_reviews
-- With the words, where they are kept: they were not where nobody was known by the number then.
SELECT w.review_id, w.contact_id, w.said_at, w.cause,
    (SELECT t.sealed_text FROM collect.inbound_text AS t
     WHERE t.contact_id = w.contact_id AND t.occurred_at = w.said_at LIMIT 1) AS sealed_text
FROM profile.opt_out_to_review AS w
ORDER BY w.said_at, w.review_id
LIMIT %(count)s;

-- name: find_review
-- One likely opt-out, with what was decided on it.
SELECT s.suppression_id AS review_id, coalesce(s.contact_id, (
        SELECT i.contact_id FROM profile.identity AS i
        WHERE i.suppression_index = s.suppression_index AND i.valid_to IS NULL AND i.kind <> 'username'
        LIMIT 1)) AS contact_id, r.decision
FROM profile.suppression AS s
LEFT JOIN profile.opt_out_review AS r ON r.suppression_id = s.suppression_id
WHERE s.suppression_id = %(review_id)s AND s.level = 'likely' AND s.action = 'stop';

-- name: insert_review
-- Decided once, for every identity of the person the words were kept under.
INSERT INTO profile.opt_out_review (suppression_id, decision, because, decided_by, decided_at)
SELECT s.suppression_id, %(decision)s, %(because)s, %(by)s, %(now)s::timestamptz
FROM profile.suppression AS one
JOIN profile.suppression AS s ON s.occurred_at = one.occurred_at AND s.level = 'likely' AND s.action = 'stop'
    AND (s.suppression_id = one.suppression_id OR s.contact_id = one.contact_id)
WHERE one.suppression_id = %(review_id)s
ON CONFLICT DO NOTHING;

-- name: count_reviews
-- How many wait, and since when the oldest does.
SELECT count(*), min(recorded_at) FROM profile.opt_out_to_review;

-- name: count_decisions
-- How people decided so far: the share of lifted ones is how often the matcher was wrong where it said likely.
SELECT r.decision, count(*) FROM profile.opt_out_review AS r GROUP BY r.decision;
