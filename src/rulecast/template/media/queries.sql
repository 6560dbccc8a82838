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
SELECT mime_type
FROM (
    SELECT mime_type, medium_content_id FROM template.rendition WHERE content_hash = %(content_hash)s
    UNION ALL
    SELECT mime_type, 0 FROM template.loose_file WHERE content_hash = %(content_hash)s
) AS kept
ORDER BY medium_content_id DESC LIMIT 1;

-- name: keep_loose_file
-- Sent again, it counts as new.
INSERT INTO template.loose_file AS kept (content_hash, mime_type, size_bytes, kept_at)
VALUES (%(content_hash)s, %(mime_type)s, %(size_bytes)s, %(kept_at)s::timestamptz)
ON CONFLICT (content_hash) DO UPDATE SET kept_at = greatest(kept.kept_at, excluded.kept_at);

-- name: forget_loose_files
-- What was sent again meanwhile stays. Declared files stay themselves, whoever sent the same content once by hand.
DELETE FROM template.loose_file AS loose
WHERE kept_at < %(before)s::timestamptz AND content_hash IN (
    SELECT old.content_hash FROM template.loose_file AS old WHERE old.kept_at < %(before)s::timestamptz
    ORDER BY old.kept_at LIMIT %(count)s FOR UPDATE SKIP LOCKED
)
RETURNING content_hash, EXISTS (SELECT FROM template.rendition AS r WHERE r.content_hash = loose.content_hash);
