-- name: find_pace
-- How fast the sender before was allowed to be, and until when it rested.
SELECT factor::float8, factor_at, rests_until FROM deliver.pace WHERE business_number_id = %(business_number_id)s;

-- name: count_recent_starts
-- Requests that may have started a moment ago: whatever is not known to have ended before.
SELECT count(*) FROM deliver.attempt AS a
JOIN deliver.message AS m ON m.message_id = a.message_id
WHERE a.intent_at > %(intents_from)s::timestamptz AND m.business_number_id = %(business_number_id)s
    -- What a restored database supposes was no request of this moment.
    AND a.fence > 0 AND (a.finished_at IS NULL OR a.finished_at > %(ends_from)s::timestamptz);

-- name: find_recent_pairs
-- Whom the number wrote to within six seconds, or so often lately that an answer would be borrowed.
SELECT p.contact_id, array_agg(p.granted_at ORDER BY p.granted_at) FROM gate.permit AS p
WHERE p.business_number_id = %(business_number_id)s AND p.released_at IS NULL
    AND p.granted_at > %(repaid_from)s::timestamptz
GROUP BY p.contact_id
HAVING max(p.granted_at) > %(spaced_from)s::timestamptz OR count(*) > 1
ORDER BY max(p.granted_at) DESC LIMIT %(pairs_max)s;

-- name: keep_pace
-- Written with the answers that taught it. What was kept in time to come is of a clock that was put back: whoever writes
-- now has taken over what of its rest was left.
INSERT INTO deliver.pace AS kept (business_number_id, factor, factor_at, rests_until)
VALUES (%(business_number_id)s, %(factor)s, %(factor_at)s, %(rests_until)s)
ON CONFLICT (business_number_id) DO UPDATE
SET factor = excluded.factor, factor_at = excluded.factor_at,
    rests_until = CASE
        WHEN kept.factor_at > excluded.factor_at THEN excluded.rests_until
        ELSE greatest(kept.rests_until, excluded.rests_until)
    END;

-- name: note_inbound
-- One row a transaction and number, never a counter: receivers do not wait for each other.
INSERT INTO deliver.inbound (business_number_id, messages, received_at)
SELECT i.business_number_id, i.messages, %(now)s::timestamptz
FROM unnest(%(business_number_ids)b::text[], %(messages)b::integer[]) AS i (business_number_id, messages)
JOIN account.business_number AS n ON n.business_number_id = i.business_number_id;

-- name: read_inbound
-- Messages of the last second by number; read together with the stops. Where the clock was put back, those of the time
-- that comes again are no second's.
SELECT business_number_id, sum(messages)::integer FROM deliver.inbound
WHERE received_at > %(since)s::timestamptz AND received_at <= %(now)s::timestamptz GROUP BY business_number_id;

-- name: forget_inbound
-- Older counts say nothing about the running second.
DELETE FROM deliver.inbound WHERE received_at < %(before)s::timestamptz;
