-- name: lock_warm_up
-- The lanes of a number take turns while it is young.
SELECT budget, evaluated_at, frozen_until, outcome, because FROM gate.warm_up
WHERE business_number_id = %(business_number_id)s FOR NO KEY UPDATE;

-- name: find_warm_up
-- For plans, which lock nothing.
SELECT budget, evaluated_at, frozen_until, outcome, because FROM gate.warm_up
WHERE business_number_id = %(business_number_id)s;

-- name: begin_warm_up
-- A number that wrote to people before is past its warm-up.
INSERT INTO gate.warm_up (business_number_id, budget, evaluated_at, outcome, because)
SELECT %(business_number_id)s, %(budget)s, %(now)s::timestamptz, CASE WHEN old.is_old THEN 'ended' ELSE 'begun' END,
    CASE WHEN old.is_old THEN 'the number was in use before' ELSE '' END
FROM (
    SELECT EXISTS (
        SELECT FROM gate.permit AS p
        WHERE p.business_number_id = %(business_number_id)s AND p.granted_at < %(now)s::timestamptz - interval '1 day'
    ) AS is_old
) AS old
ON CONFLICT (business_number_id) DO NOTHING;

-- name: count_marketed
-- Distinct people a number has written marketing to in a rolling day.
SELECT count(DISTINCT p.contact_id) FROM gate.permit AS p
WHERE p.business_number_id = %(business_number_id)s AND p.purpose = 'marketing' AND p.released_at IS NULL
    AND NOT p.is_test AND NOT p.is_in_window
    AND p.granted_at >= %(counted_from)s::timestamptz AND p.granted_at <= %(counted_until)s::timestamptz;

-- name: find_due
-- Young numbers whose last evaluation is a day old; locked, so that one process evaluates.
SELECT w.business_number_id, w.budget, w.evaluated_at, w.frozen_until, w.outcome, w.because, n.told_quality
FROM gate.warm_up AS w JOIN account.business_number AS n USING (business_number_id)
WHERE w.outcome <> 'ended' AND w.evaluated_at <= %(before)s::timestamptz
ORDER BY w.business_number_id FOR NO KEY UPDATE OF w SKIP LOCKED;

-- name: count_signals
-- What became of the marketing of a number between two instants; only what is old enough is asked for.
SELECT count(*) AS sent, count(m.failed_at) AS failed,
    count(*) FILTER (WHERE m.failed_code = 131049) AS withheld, count(m.opted_out_at) AS opted_out
FROM gate.permit AS p JOIN deliver.message AS m ON m.message_id = p.message_id
WHERE p.business_number_id = %(business_number_id)s AND p.purpose = 'marketing' AND p.released_at IS NULL
    AND NOT p.is_test AND p.granted_at > %(since)s::timestamptz AND p.granted_at <= %(until)s::timestamptz;

-- name: save_warm_up
-- The budget of the next day.
UPDATE gate.warm_up SET budget = %(budget)s, evaluated_at = %(evaluated_at)s, frozen_until = %(frozen_until)s,
    outcome = %(outcome)s, because = %(because)s
WHERE business_number_id = %(business_number_id)s;

-- name: read_policy
-- The workspace may want other steps than the usual ones, or none.
SELECT sending_policy::text FROM public.workspace;
