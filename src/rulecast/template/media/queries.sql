-- name: append_medium
-- What was fetched under a name; older contents stay, plans that signed them refer to them.
INSERT INTO template.medium_content (name, kind, source_hash, fetched_at, fetched_by)
VALUES (%(name)s, %(kind)s, %(source_hash)s, %(fetched_at)s::timestamptz, %(fetched_by)s)
RETURNING medium_content_id;

-- name: append_rendition
-- One form of a content.
INSERT INTO template.rendition (medium_content_id, grade, content_hash, mime_type, size_bytes, width, height)
VALUES (%(medium_content_id)s, %(grade)s, %(content_hash)s, %(mime_type)s, %(size_bytes)s, %(width)s, %(height)s);

-- name: list_media
-- The newest content of each name with its renditions.
SELECT content.medium_content_id, content.name, content.kind, content.source_hash, content.fetched_at,
    content.fetched_by, rendition.grade, rendition.content_hash, rendition.mime_type, rendition.size_bytes,
    rendition.width, rendition.height
FROM (
    SELECT DISTINCT ON (name) * FROM template.medium_content
    WHERE %(names)b::text[] IS NULL OR name = ANY(%(names)b::text[])
    ORDER BY name, medium_content_id DESC
) AS content
JOIN template.rendition AS rendition USING (medium_content_id)
ORDER BY content.name, rendition.size_bytes DESC;

-- name: find_rendition_type
-- What a content is, for its upload.
SELECT mime_type FROM template.rendition WHERE content_hash = %(content_hash)s ORDER BY medium_content_id DESC LIMIT 1;
