-- name: count_rest
-- How many of a run wait or were dropped, by reason; what waits without one waits for its turn.
SELECT CASE WHEN m.state IN ('expired', 'cancelled') THEN 'dropped' ELSE 'waits' END AS fate, m.state, m.reason,
    count(*) AS people, greatest(min(m.send_from), '1970-01-01T00:00:00Z'::timestamptz) AS send_from,
    least(max(m.send_until), '9999-12-30T00:00:00Z'::timestamptz) AS send_until
FROM deliver.message AS m
WHERE m.run_id = %(run_id)s AND m.state IN ('planned', 'claimed', 'deferred', 'expired', 'cancelled')
GROUP BY fate, m.state, m.reason ORDER BY fate, m.state, m.reason;

-- name: list_rest
-- Who they are, by number: nothing else of a person is told.
SELECT m.contact_id, m.message_id, m.state, m.reason,
    greatest(m.send_from, '1970-01-01T00:00:00Z'::timestamptz) AS send_from,
    least(m.send_until, '9999-12-30T00:00:00Z'::timestamptz) AS send_until
FROM deliver.message AS m
WHERE m.run_id = %(run_id)s AND m.state IN ('planned', 'claimed', 'deferred', 'expired', 'cancelled')
ORDER BY m.state, m.reason, m.contact_id LIMIT %(count_max)s;
