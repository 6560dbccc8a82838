-- name: list_templates
-- Every template in every language.
SELECT template_id, name, language, category, status, components, links
FROM template.template
ORDER BY name, language;

-- name: find_templates
-- The templates a run sends.
SELECT template_id, name, language, category, status, components, links
FROM template.template
WHERE template_id = ANY(%(template_ids)b::bigint[]);

-- name: save_template
-- Declared in the workspace file; content that differs is another content, the id stays.
INSERT INTO template.template
    (name, language, category, status, components, components_hash, links, updated_at)
VALUES
    (%(name)s, %(language)s, %(category)s, %(status)s, %(components)s::jsonb, %(components_hash)s,
     %(links)s::jsonb, %(updated_at)s)
ON CONFLICT (name, language) DO UPDATE
SET category = excluded.category,
    status = excluded.status,
    components = excluded.components,
    components_hash = excluded.components_hash,
    links = excluded.links,
    updated_at = excluded.updated_at;

-- name: set_template_status
-- What Meta answered about a template.
UPDATE template.template
SET status = %(status)s, category = %(category)s, updated_at = %(updated_at)s
WHERE name = %(name)s AND language = %(language)s;

-- name: list_template_hashes
-- What templates say, where their buttons lead and what they count as, in one hash each.
SELECT name, language, sha256(components_hash || convert_to(category || links::text, 'UTF8'))
FROM template.template
WHERE name = ANY(%(names)b::text[])
ORDER BY name, language;
