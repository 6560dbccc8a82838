-- name: sum_messages
-- Whoever came by an advertisement and was answered within a day is free for three days from that answer.
SELECT contact.country, member.template_id, count(*) AS count, sum(member.price_e4)::bigint AS cost_e4,
    coalesce(sum(member.price_e4) FILTER (WHERE talk.contact_id IS NOT NULL), 0)::bigint AS free_e4
FROM plan.member AS member
JOIN profile.contact AS contact USING (contact_id)
LEFT JOIN conversation.window AS talk
    ON talk.contact_id = member.contact_id AND talk.business_number_id = %(business_number_id)s
    AND (talk.entry_free_until > member.send_from
        OR talk.entry_answered_at BETWEEN talk.referral_at AND talk.referral_at + interval '24 hours'
        AND talk.entry_answered_at + interval '72 hours' > member.send_from)
WHERE member.plan_id = %(plan_id)s AND member.reason_number = 0
GROUP BY contact.country, member.template_id
ORDER BY contact.country, member.template_id;

-- name: count_charged
-- What counts towards the volume of a month: charged messages of all numbers.
SELECT contact.country, permit.category, count(*)
FROM gate.permit AS permit
JOIN profile.contact AS contact USING (contact_id)
WHERE permit.granted_at >= %(since)s::timestamptz AND permit.released_at IS NULL
    AND permit.category IN ('utility', 'authentication') AND permit.billed_e4 IS DISTINCT FROM 0
GROUP BY contact.country, permit.category;

-- name: count_answered
-- What of the number's free answers of a month is used.
SELECT count(*) FROM gate.permit
WHERE business_number_id = %(business_number_id)s AND category = 'service'
    AND granted_at >= %(since)s::timestamptz AND released_at IS NULL;

-- name: sample_arrivals
-- The newest messages alone: what arrived a year ago says nothing about today.
SELECT count(*) FILTER (WHERE coalesce(newest.delivered_at, newest.read_at) IS NOT NULL), count(*)
FROM (
    SELECT message.business_number_id, message.accepted_at, message.delivered_at, message.read_at
    FROM deliver.message AS message ORDER BY message.message_id DESC LIMIT 20000
) AS newest
WHERE newest.business_number_id = %(business_number_id)s
    AND newest.accepted_at < %(before)s::timestamptz - interval '1 day';
