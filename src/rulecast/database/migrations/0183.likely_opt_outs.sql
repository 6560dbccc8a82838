-- Each likely opt-out is read on its own: lifting one decides on no other. Whose it is: what somebody said before they
-- were known is theirs once they are.
CREATE VIEW profile.likely_opt_out AS
SELECT s.suppression_id, s.suppression_index, p.contact_id, s.scope, s.cause, s.occurred_at, s.recorded_at
FROM profile.suppression AS s
CROSS JOIN LATERAL (
    SELECT coalesce(s.contact_id, (
        SELECT i.contact_id FROM profile.identity AS i
        WHERE i.suppression_index = s.suppression_index AND i.valid_to IS NULL AND i.kind <> 'username'
        LIMIT 1)) AS contact_id
) AS p
WHERE s.level = 'likely' AND s.action = 'stop';

-- One for each person and message, until somebody decides on it or the person lifts it. A stop repeated at the instant of
-- a resume that could not lift it is no message of its own.
CREATE OR REPLACE VIEW profile.opt_out_to_review AS
SELECT min(w.suppression_id) AS review_id, w.contact_id, w.occurred_at AS said_at, min(w.cause) AS cause,
    min(w.recorded_at) AS recorded_at
FROM profile.likely_opt_out AS w
WHERE w.contact_id IS NOT NULL
    AND NOT EXISTS (
        SELECT FROM profile.opt_out_review AS r
        JOIN profile.likely_opt_out AS d ON d.suppression_id = r.suppression_id
        WHERE d.occurred_at = w.occurred_at
            AND (d.suppression_index = w.suppression_index OR d.contact_id = w.contact_id))
    AND NOT EXISTS (
        SELECT FROM profile.suppression AS l
        WHERE l.suppression_index = w.suppression_index AND l.scope = w.scope AND l.action = 'resume'
            AND l.cause = 'stop_button' AND w.cause <> 'identity_conflict' AND l.occurred_at > w.occurred_at)
    AND NOT EXISTS (
        SELECT FROM profile.suppression AS l
        JOIN profile.likely_opt_out AS e ON e.contact_id = w.contact_id AND e.scope = w.scope AND e.cause = w.cause
            AND e.occurred_at < w.occurred_at
        WHERE l.occurred_at = w.occurred_at AND l.scope = w.scope AND l.action = 'resume'
            AND (l.cause <> 'stop_button' OR w.cause = 'identity_conflict')
            AND (l.suppression_index = w.suppression_index OR l.contact_id = w.contact_id))
GROUP BY w.contact_id, w.occurred_at;

INSERT INTO public.fitting_migration (migration_id) VALUES ('0183.likely_opt_outs');
