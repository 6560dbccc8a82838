-- name: count_open_runs
-- Runs that still have something to send.
SELECT count(*) FROM deliver.run WHERE state = 'running';

-- name: count_unsettled
-- Messages whose outcome nobody knows yet, and answers to opt-outs that nobody has written yet.
SELECT (SELECT count(*) FROM deliver.message WHERE state IN ('intent', 'claimed', 'unknown'))
    + (SELECT count(*) FROM deliver.opt_out_answer WHERE state = 'waiting');

-- name: count_contacts
-- Everybody the workspace knows.
SELECT count(*) FROM profile.contact;

-- name: find_planned_stranger
-- Somebody whom a plan reaches and whose phone the story may borrow: the lowest id of the plan.
SELECT member.contact_id, identity.sealed_value
FROM plan.member AS member
JOIN profile.identity AS identity
    ON identity.contact_id = member.contact_id AND identity.kind = 'phone' AND identity.valid_to IS NULL
WHERE member.plan_id = %(plan_id)s AND member.reason_number = 0
ORDER BY member.contact_id
LIMIT 1;

-- name: find_clickers
-- Customers who opened the link of a message, by their sealed customer numbers.
SELECT DISTINCT message.contact_id, identity.sealed_value
FROM deliver.message AS message
JOIN profile.identity AS identity
    ON identity.contact_id = message.contact_id AND identity.kind = 'external' AND identity.valid_to IS NULL
WHERE message.clicked_at IS NOT NULL
ORDER BY message.contact_id;
