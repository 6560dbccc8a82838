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
-- With the words, where they are kept: they were not where nobody was known by the number then. Two messages of one
-- second are decided on together.
SELECT w.review_id, w.contact_id, w.said_at, w.cause,
    ARRAY(SELECT t.sealed_text FROM collect.inbound_text AS t
        WHERE t.contact_id = w.contact_id AND t.occurred_at = w.said_at) AS sealed_texts
FROM profile.opt_out_to_review AS w
ORDER BY w.said_at, w.review_id
LIMIT %(count)s;

-- name: find_review
-- One likely opt-out that waits.
SELECT w.review_id, w.contact_id, w.said_at FROM profile.opt_out_to_review AS w WHERE w.review_id = %(review_id)s;

-- name: find_beside
-- What else this person likely said: how many wait, whether one was confirmed that they did not lift since, and the last.
SELECT
    (SELECT count(*) FROM profile.opt_out_to_review AS w
     WHERE w.contact_id = %(contact_id)s AND w.said_at <> %(said_at)s) AS waiting,
    EXISTS (
        SELECT FROM profile.opt_out_review AS r
        JOIN profile.likely_opt_out AS k ON k.suppression_id = r.suppression_id
        WHERE k.contact_id = %(contact_id)s AND r.decision = 'kept' AND NOT EXISTS (
            SELECT FROM profile.suppression AS l
            WHERE l.suppression_index = k.suppression_index AND l.scope = k.scope AND l.action = 'resume'
                AND l.cause = 'stop_button' AND l.occurred_at > k.occurred_at)) AS is_one_kept,
    (SELECT max(o.occurred_at) FROM profile.likely_opt_out AS o WHERE o.contact_id = %(contact_id)s) AS last_said_at;

-- name: is_stopped
-- Whether offers are stopped through any identity the person has.
SELECT EXISTS (
    SELECT FROM profile.identity AS i
    JOIN profile.current_suppression AS s USING (suppression_index)
    WHERE i.contact_id = %(contact_id)s AND i.valid_to IS NULL AND s.scope = 'marketing');

-- name: insert_review
-- Decided once, for every identity of the person the words were kept under.
INSERT INTO profile.opt_out_review (suppression_id, decision, because, decided_by, decided_at)
SELECT s.suppression_id, %(decision)s, %(because)s, %(by)s, %(now)s::timestamptz
FROM profile.likely_opt_out AS s
WHERE s.contact_id = %(contact_id)s AND s.occurred_at = %(said_at)s
ON CONFLICT DO NOTHING;

-- name: count_reviews
-- How many wait, and since when the oldest does.
SELECT count(*), min(recorded_at) FROM profile.opt_out_to_review;

-- name: count_decisions
-- How people decided so far: the share of lifted ones is how often the matcher was wrong where it said likely.
SELECT r.decision, count(*) FROM profile.opt_out_review AS r GROUP BY r.decision;
