-- name: count_starts_by_place
-- When how many planned messages may start, apart for each country, zone and own quiet hours, which say when what is left over goes on.
SELECT member.send_from, member.send_until, member.batch, contact.country, contact.zone, contact.quiet_hours, count(*)
FROM plan.member AS member
JOIN profile.contact AS contact USING (contact_id)
WHERE member.plan_id = %(plan_id)s AND member.reason_number = 0
GROUP BY member.send_from, member.send_until, member.batch, contact.country, contact.zone, contact.quiet_hours
ORDER BY member.send_from, member.batch, member.send_until, contact.country, contact.zone, contact.quiet_hours
LIMIT %(count_max)s::integer;
