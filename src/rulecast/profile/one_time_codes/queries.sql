-- name: lock_person
-- Two requests about one person take turns; tells where the person lives and what they read.
SELECT country, language, zone FROM profile.contact WHERE contact_id = %(contact_id)s FOR NO KEY UPDATE;

-- name: count_asked
-- How often a person was sent a code within a day, for whatever purpose.
SELECT count(*)::integer AS count, max(asked_at) AS last_at FROM profile.one_time_code
WHERE contact_id = %(contact_id)s AND asked_at > %(now)s::timestamptz - interval '24 hours';

-- name: replace_code
-- A new code ends the one before it.
UPDATE profile.one_time_code SET state = 'replaced', nonce = NULL, ended_at = %(now)s::timestamptz
WHERE contact_id = %(contact_id)s AND purpose = %(purpose)s AND state = 'live';

-- name: insert_code
-- The nonce from which the code is derived; the code is nowhere.
INSERT INTO profile.one_time_code (contact_id, purpose, run_id, nonce, state, asked_by, asked_at, expires_at)
VALUES (%(contact_id)s, %(purpose)s, %(run_id)s, %(nonce)s, 'live', %(asked_by)s, %(asked_at)s::timestamptz,
    %(expires_at)s::timestamptz);

-- name: live_nonces
-- What the sender derives the codes of these runs from; a message whose code has expired is not sent any more.
SELECT run_id, contact_id, nonce FROM profile.one_time_code
WHERE run_id = ANY(%(run_ids)b::bigint[]) AND state = 'live';

-- name: find_live_code
-- Locked, so that two tries at once are two tries.
SELECT one_time_code_id, contact_id, nonce, tries::integer AS tries, expires_at FROM profile.one_time_code
WHERE contact_id = %(contact_id)s AND purpose = %(purpose)s AND state = 'live'
FOR UPDATE;

-- name: settle_try
-- An expired code was not tried.
UPDATE profile.one_time_code
SET tries = tries + CASE WHEN %(state)s = 'expired' THEN 0 ELSE 1 END,
    state = %(state)s,
    nonce = CASE WHEN %(state)s = 'live' THEN nonce END,
    ended_at = CASE WHEN %(state)s = 'live' THEN NULL ELSE %(now)s::timestamptz END
WHERE one_time_code_id = %(one_time_code_id)s;
