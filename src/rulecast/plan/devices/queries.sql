-- name: list_devices
-- The distinct technical data of an audience, by arm; who has none gets the file in full.
SELECT DISTINCT audience.variant, coalesce(contact.attributes ->> 'network_type', ''),
    coalesce(contact.attributes ->> 'os_name', ''), coalesce(contact.attributes ->> 'os_version', '')
FROM plan.work_audience AS audience
JOIN profile.contact AS contact USING (contact_id)
WHERE audience.plan_id = %(plan_id)s AND contact.attributes ?| ARRAY['network_type', 'os_name'];

-- name: set_media
-- Which form of the file each device gets, as decided by the pure code; nothing is written for the file in full.
UPDATE plan.work_audience AS audience
SET media = chosen.media
FROM profile.contact AS contact
JOIN unnest(%(variants)b::text[], %(networks)b::text[], %(systems)b::text[], %(versions)b::text[], %(media)b::text[])
    AS chosen (variant, network_type, os_name, os_version, media)
    ON chosen.network_type = coalesce(contact.attributes ->> 'network_type', '')
    AND chosen.os_name = coalesce(contact.attributes ->> 'os_name', '')
    AND chosen.os_version = coalesce(contact.attributes ->> 'os_version', '')
WHERE audience.plan_id = %(plan_id)s AND contact.contact_id = audience.contact_id
    AND chosen.variant = audience.variant;

-- name: count_media
-- Planned messages by arm, template and form of the file.
SELECT variant, template_id, media, count(*)
FROM plan.member
WHERE plan_id = %(plan_id)s AND reason_number = 0
GROUP BY variant, template_id, media
ORDER BY variant, count(*) DESC, template_id, media;
