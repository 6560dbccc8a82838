-- name: find_links
-- The named destinations of the template that an attempt sent, with those that its rule leads elsewhere.
SELECT t.links || coalesce(p.document -> 'link_targets' -> m.variant, '{}'::jsonb)
FROM deliver.attempt AS a
JOIN deliver.message AS m USING (message_id)
JOIN template.template AS t USING (template_id)
JOIN deliver.run AS r ON r.run_id = m.run_id
JOIN plan.plan AS p ON p.plan_id = r.plan_id
WHERE a.opaque_id = %(opaque_id)s
LIMIT 1;
