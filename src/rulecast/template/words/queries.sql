-- name: put_word
-- The newest word by Meta's own time; of two at one instant the graver, so that neither order nor repeats matter.
INSERT INTO template.word AS kept (meta_id, name, language, topic, event, said_at, details, recorded_at)
VALUES (%(meta_id)s, %(name)s, %(language)s, %(topic)s, %(event)s, %(said_at)s::timestamptz, %(details)s::jsonb,
    %(now)s::timestamptz)
ON CONFLICT (meta_id, name, language, topic) DO UPDATE
SET event = excluded.event, said_at = excluded.said_at, details = excluded.details, recorded_at = excluded.recorded_at
WHERE kept.said_at < excluded.said_at
    OR (kept.said_at = excluded.said_at
        AND (coalesce(array_position(%(gravity)b::text[], excluded.event), 0), excluded.event COLLATE "C")
            > (coalesce(array_position(%(gravity)b::text[], kept.event), 0), kept.event COLLATE "C"));

-- name: is_outdated
-- Words that name the template by name alone are about the same one.
SELECT EXISTS (
    SELECT FROM template.word
    WHERE name = %(name)s AND language = %(language)s AND topic = %(topic)s AND said_at > %(said_at)s::timestamptz);
