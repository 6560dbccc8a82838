-- name: find_doubt
-- The message, locked as every writer of messages does, with what it is for and until when its plan lets anything out.
SELECT m.state, m.contact_id, p.purpose,
    greatest(p.expires_at, (p.document ->> 'sends_until')::timestamptz) AS expires_at
FROM deliver.message AS m
JOIN deliver.run AS r ON r.run_id = m.run_id JOIN plan.plan AS p ON p.plan_id = r.plan_id
WHERE m.message_id = %(message_id)s FOR NO KEY UPDATE OF m;

-- name: find_request
-- The request that waits for a second person.
SELECT requested_by FROM deliver.resend WHERE message_id = %(message_id)s AND confirmed_at IS NULL FOR UPDATE;

-- name: insert_request
-- The first of two people.
INSERT INTO deliver.resend (message_id, because, requested_by, requested_at)
VALUES (%(message_id)s, %(because)s, %(by)s, %(now)s::timestamptz);

-- name: confirm_request
-- The second of two people.
UPDATE deliver.resend SET confirmed_by = %(by)s, confirmed_at = %(now)s::timestamptz
WHERE message_id = %(message_id)s AND confirmed_at IS NULL;

-- name: plan_again
-- From here on it is a planned message like any other: the gate decides about it anew. Its first attempt stays in doubt,
-- and the permit of it counts until another takes its place.
UPDATE deliver.message SET state = 'planned', reason = 'resend', error_code = 0, send_from = %(now)s::timestamptz,
    send_until = greatest(send_until, %(until)s::timestamptz), changed_at = %(now)s::timestamptz
WHERE message_id = %(message_id)s AND state = 'unresolved';

-- name: reopen_run
-- A run with something to send is not finished.
UPDATE deliver.run AS r SET state = 'running', finished_at = NULL
FROM deliver.message AS m
WHERE m.message_id = %(message_id)s AND r.run_id = m.run_id AND r.state = 'finished';

-- name: notify_again
-- Wakes idle senders at the commit.
NOTIFY send;

-- name: list_doubts
-- What nobody knows the fate of, the oldest first, with whoever asked for it to be sent once more.
SELECT m.message_id, m.contact_id, m.run_id, r.rule_name, p.purpose, m.state, m.reason, m.changed_at,
    coalesce(s.requested_by, '') AS requested_by
FROM deliver.message AS m
JOIN deliver.run AS r ON r.run_id = m.run_id JOIN plan.plan AS p ON p.plan_id = r.plan_id
LEFT JOIN deliver.resend AS s ON s.message_id = m.message_id AND s.confirmed_at IS NULL
WHERE m.state IN ('unknown', 'unresolved') AND (%(run_id)s::bigint = 0 OR m.run_id = %(run_id)s)
ORDER BY m.changed_at, m.message_id LIMIT %(count_max)s;
