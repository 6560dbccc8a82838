-- name: insert_bodies
-- Appends raw bodies. Repeats are kept too: what they would do again is prevented where it is done.
INSERT INTO collect.inbox (received_at, source, body_hash, sealed_body, key_day, state, problem)
SELECT b.received_at, 'webhook', b.body_hash, b.sealed_body, b.key_day, b.state, b.problem
FROM unnest(
    %(received)b::timestamptz[], %(hashes)b::bytea[], %(sealed)b::bytea[], %(days)b::text[]::date[], %(states)b::text[],
    %(problems)b::text[]
) AS b (received_at, body_hash, sealed_body, key_day, state, problem);

-- name: insert_texts
-- The words of a message are kept once, however often Meta repeats it.
INSERT INTO collect.inbound_text (event_key, contact_id, occurred_at, sealed_text)
SELECT t.event_key, t.contact_id, t.occurred_at, t.sealed_text
FROM unnest(
    %(keys)b::bytea[], %(contact_ids)b::bigint[], %(occurred)b::timestamptz[], %(sealed)b::bytea[]
) AS t (event_key, contact_id, occurred_at, sealed_text)
ON CONFLICT (event_key) DO NOTHING;

-- name: find_quarantined
-- For the operator: when and why, never what.
SELECT received_at, problem FROM collect.inbox
WHERE state = 'quarantined' AND received_at >= %(since)s::timestamptz
ORDER BY received_at DESC
LIMIT 1000;

-- name: find_outcomes
-- What became of bodies that came again just now, by their hashes: the newest row of each.
SELECT DISTINCT ON (body_hash) body_hash, state, problem FROM collect.inbox
WHERE received_at >= %(since)s::timestamptz AND body_hash = ANY(%(hashes)b::bytea[])
ORDER BY body_hash, received_at DESC, state DESC;
