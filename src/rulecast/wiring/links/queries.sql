-- name: find_links
-- The named destinations of the template as the run of an attempt sent it, with those that its rule leads elsewhere.
SELECT coalesce(k.links, t.links, '{}'::jsonb) || coalesce(p.document -> 'link_targets' -> m.variant, '{}'::jsonb)
FROM deliver.attempt AS a
JOIN deliver.message AS m USING (message_id)
LEFT JOIN template.template AS t USING (template_id)
JOIN deliver.run AS r ON r.run_id = m.run_id
JOIN plan.plan AS p ON p.plan_id = r.plan_id
LEFT JOIN deliver.run_link AS k ON k.run_id = m.run_id AND k.template_id = m.template_id
WHERE a.opaque_id = %(opaque_id)s
LIMIT 1;
