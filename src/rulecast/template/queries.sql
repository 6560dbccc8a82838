-- name: list_templates
-- Every template in every language.
SELECT template_id, name, language, category, status, components, links, parameter_format, meta_id, waba_id, quality,
    correct_category, previous_category, rejected_reason, paused_until, pause_title, ttl_seconds, obstacle, is_adopted
FROM template.template
ORDER BY name, language;

-- name: find_templates
-- The templates a run sends.
SELECT template_id, name, language, category, status, components, links, parameter_format, meta_id, waba_id, quality,
    correct_category, previous_category, rejected_reason, paused_until, pause_title, ttl_seconds, obstacle, is_adopted
FROM template.template
WHERE template_id = ANY(%(template_ids)b::bigint[]);

-- name: save_template
-- Declared in the workspace file; content that differs is another content, the id stays.
INSERT INTO template.template
    (name, language, category, status, components, components_hash, links, parameter_format, ttl_seconds, obstacle,
     is_adopted, declared_hash, updated_at)
VALUES
    (%(name)s, %(language)s, %(category)s, %(status)s, %(components)s::jsonb, %(components_hash)s,
     %(links)s::jsonb, %(parameter_format)s, %(ttl_seconds)s, %(obstacle)s, %(is_adopted)s, %(declared_hash)s,
     %(updated_at)s)
ON CONFLICT (name, language) DO UPDATE
SET category = excluded.category,
    status = excluded.status,
    components = excluded.components,
    components_hash = excluded.components_hash,
    links = excluded.links,
    parameter_format = excluded.parameter_format,
    ttl_seconds = excluded.ttl_seconds,
    obstacle = excluded.obstacle,
    is_adopted = excluded.is_adopted,
    declared_hash = excluded.declared_hash,
    updated_at = excluded.updated_at
RETURNING template_id;

-- name: lock_template
-- A template by its id, held until the end of the transaction.
SELECT template_id, name, language, category, status, components, links, parameter_format, meta_id, waba_id, quality,
    correct_category, previous_category, rejected_reason, paused_until, pause_title, ttl_seconds, obstacle, is_adopted
FROM template.template
WHERE template_id = %(template_id)s
FOR NO KEY UPDATE;

-- name: lock_templates
-- Templates by name, held until the end of the transaction, always in the same order.
SELECT template_id, name, language, category, status, components, links, parameter_format, meta_id, waba_id, quality,
    correct_category, previous_category, rejected_reason, paused_until, pause_title, ttl_seconds, obstacle, is_adopted
FROM template.template
WHERE name = ANY(%(names)b::text[])
ORDER BY template_id
FOR NO KEY UPDATE;

-- name: find_template_of_fact
-- The template a webhook or an answer speaks of: by Meta's id, else by name and language.
SELECT template_id FROM template.template
WHERE (meta_id <> '' AND meta_id = %(meta_id)s) OR (name = %(name)s AND language = %(language)s)
    OR template_id IN (SELECT r.template_id FROM template.registration AS r WHERE r.meta_id = %(meta_id)s)
ORDER BY meta_id = %(meta_id)s DESC
LIMIT 1;

-- name: save_template_state
-- What Meta says about a template; the hash follows the category.
UPDATE template.template
SET status = %(status)s, category = %(category)s, components_hash = %(components_hash)s, meta_id = %(meta_id)s,
    waba_id = %(waba_id)s, quality = %(quality)s, correct_category = %(correct_category)s,
    previous_category = %(previous_category)s, rejected_reason = %(rejected_reason)s,
    paused_until = %(paused_until)s, pause_title = %(pause_title)s, obstacle = %(obstacle)s,
    paused_at = CASE WHEN %(status)s <> 'paused' THEN NULL WHEN status = 'paused' THEN paused_at ELSE %(updated_at)s END,
    updated_at = %(updated_at)s
WHERE template_id = %(template_id)s;

-- name: list_template_hashes
-- What templates say, where their buttons lead and what they count as, in one hash each.
SELECT name, language, sha256(components_hash || convert_to(category || links::text, 'UTF8'))
FROM template.template
WHERE name = ANY(%(names)b::text[])
ORDER BY name, language;

-- name: list_declared_hashes
-- What the workspace file declared; NULL for a template found at Meta.
SELECT name, language, declared_hash FROM template.template WHERE declared_hash IS NOT NULL;
