-- name: save_rule_version
-- Appended once per content; the same content again is the same version.
INSERT INTO rule.rule_version (rule_name, version, text, content_hash, author, created_at)
VALUES (%(rule_name)s, %(version)s, %(text)s, %(content_hash)s, %(author)s, %(created_at)s)
ON CONFLICT (rule_name, content_hash) DO NOTHING;

-- name: find_rule_version_by_hash
-- The version with this content.
SELECT rule_version_id, rule_name, version, text, content_hash, author, created_at
FROM rule.rule_version
WHERE rule_name = %(rule_name)s AND content_hash = %(content_hash)s;

-- name: find_rule_version
-- The version a plan or a run refers to.
SELECT rule_version_id, rule_name, version, text, content_hash, author, created_at
FROM rule.rule_version
WHERE rule_version_id = %(rule_version_id)s;

-- name: list_rule_versions
-- The newest version of each rule.
SELECT DISTINCT ON (rule_name) rule_version_id, rule_name, version, text, content_hash, author, created_at
FROM rule.rule_version
ORDER BY rule_name, rule_version_id DESC;
