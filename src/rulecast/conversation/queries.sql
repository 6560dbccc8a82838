-- name: open_windows
-- The newest message by its own time extends the window; a newer referral waits for an answer of its own.
INSERT INTO conversation.window AS kept
    (business_number_id, contact_id, last_inbound_at, referral_at, sealed_last_wamid, last_wamid_at)
SELECT w.number, w.contact_id, w.last_inbound_at, w.referral_at, w.sealed_last_wamid, w.last_wamid_at
FROM unnest(
    %(numbers)b::text[], %(contact_ids)b::bigint[], %(last_inbound)b::timestamptz[], %(referrals)b::timestamptz[],
    %(wamids)b::bytea[], %(wamids_at)b::timestamptz[]
) AS w (number, contact_id, last_inbound_at, referral_at, sealed_last_wamid, last_wamid_at)
ON CONFLICT (business_number_id, contact_id) DO UPDATE
SET last_inbound_at = greatest(kept.last_inbound_at, excluded.last_inbound_at),
    -- A reaction opens a window and cannot be quoted. A row of before has the time of its message alone.
    sealed_last_wamid = CASE
        WHEN kept.sealed_last_wamid IS NULL
            OR coalesce(kept.last_wamid_at, kept.last_inbound_at) < excluded.last_wamid_at
        THEN excluded.sealed_last_wamid ELSE kept.sealed_last_wamid END,
    last_wamid_at = CASE
        WHEN kept.sealed_last_wamid IS NULL THEN excluded.last_wamid_at
        ELSE greatest(coalesce(kept.last_wamid_at, kept.last_inbound_at), excluded.last_wamid_at) END,
    entry_answered_at = CASE
        WHEN kept.entry_answered_at >= greatest(kept.referral_at, excluded.referral_at) THEN kept.entry_answered_at END,
    -- What the older of two referrals made free stays free; its answer is kept, or a message of ours.
    entry_free_until = CASE
        WHEN kept.referral_at <> excluded.referral_at THEN greatest(kept.entry_free_until, (
            SELECT min(a.answered_at) + interval '72 hours'
            FROM (
                SELECT kept.entry_answered_at AS answered_at
                UNION ALL
                SELECT m.accepted_at FROM deliver.message AS m
                WHERE m.contact_id = kept.contact_id AND m.business_number_id = kept.business_number_id
                    AND m.accepted_at >= least(kept.referral_at, excluded.referral_at)
            ) AS a
            WHERE a.answered_at BETWEEN least(kept.referral_at, excluded.referral_at)
                AND least(kept.referral_at, excluded.referral_at) + interval '24 hours'))
        ELSE kept.entry_free_until END,
    referral_at = greatest(kept.referral_at, excluded.referral_at);

-- name: answer_entry_points
-- An answer counts for the referral before it; it may be told before the message that bore the referral.
INSERT INTO conversation.window AS kept (business_number_id, contact_id, entry_answered_at)
SELECT a.number, a.contact_id, a.answered_at
FROM unnest(%(numbers)b::text[], %(contact_ids)b::bigint[], %(answered)b::timestamptz[])
    AS a (number, contact_id, answered_at)
ON CONFLICT (business_number_id, contact_id) DO UPDATE
SET entry_answered_at = least(kept.entry_answered_at, excluded.entry_answered_at)
WHERE kept.referral_at IS NULL OR excluded.entry_answered_at >= kept.referral_at;

-- name: find_windows
-- Windows as they stand; an accepted message of ours is an answer whether or not Meta has told so.
SELECT w.business_number_id, w.contact_id, w.last_inbound_at, w.referral_at, w.entry_free_until,
    w.sealed_last_wamid,
    least(w.entry_answered_at, (
        SELECT min(m.accepted_at) FROM deliver.message AS m
        WHERE m.contact_id = w.contact_id AND m.business_number_id = w.business_number_id
            AND m.accepted_at >= w.referral_at)) AS entry_answered_at
FROM unnest(%(numbers)b::text[], %(contact_ids)b::bigint[]) AS asked (number, contact_id)
JOIN conversation.window AS w ON w.business_number_id = asked.number AND w.contact_id = asked.contact_id;

-- name: insert_details
-- The details of one message are kept once.
INSERT INTO conversation.detail (event_key, contact_id, kind, occurred_at, sealed_detail)
SELECT d.event_key, d.contact_id, d.kind, d.occurred_at, d.sealed_detail
FROM unnest(
    %(keys)b::bytea[], %(contact_ids)b::bigint[], %(kinds)b::text[], %(occurred)b::timestamptz[], %(sealed)b::bytea[]
) AS d (event_key, contact_id, kind, occurred_at, sealed_detail)
ON CONFLICT DO NOTHING;

-- name: insert_revocations
-- Kept, because the message itself may arrive later.
INSERT INTO conversation.revocation (event_key, revoked_at)
SELECT r.event_key, r.revoked_at FROM unnest(%(keys)b::bytea[], %(revoked)b::timestamptz[]) AS r (event_key, revoked_at)
ON CONFLICT DO NOTHING;

-- name: delete_revoked
-- What a person took back is not kept; return which of these events it is.
WITH taken AS (
    SELECT event_key FROM conversation.revocation WHERE event_key = ANY(%(keys)b::bytea[])
), details AS (
    DELETE FROM conversation.detail AS d USING taken AS t WHERE d.event_key = t.event_key
), words AS (
    DELETE FROM collect.inbound_text AS w USING taken AS t WHERE w.event_key = t.event_key
)
SELECT event_key FROM taken;

-- name: forget_wamids
-- A message that was taken back is neither quoted nor marked as read; a newer one that came meanwhile stays.
UPDATE conversation.window AS w SET sealed_last_wamid = NULL, last_wamid_at = NULL
FROM unnest(%(numbers)b::text[], %(contact_ids)b::bigint[], %(sealed)b::bytea[]) AS f (number, contact_id, sealed)
WHERE w.business_number_id = f.number AND w.contact_id = f.contact_id AND w.sealed_last_wamid = f.sealed;
