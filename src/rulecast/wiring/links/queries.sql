-- name: find_links
-- The named destinations of the template that an attempt sent.
SELECT t.links
FROM deliver.attempt AS a
JOIN deliver.message AS m USING (message_id)
JOIN template.template AS t USING (template_id)
WHERE a.opaque_id = %(opaque_id)s
LIMIT 1;
