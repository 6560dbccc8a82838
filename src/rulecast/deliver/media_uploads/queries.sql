-- name: ask_upload
-- The upload of a content; that it was asked for keeps it alive.
UPDATE deliver.media_upload SET last_asked_at = greatest(last_asked_at, %(now)s::timestamptz)
WHERE business_number_id = %(business_number_id)s AND content_hash = %(content_hash)s
RETURNING business_number_id, content_hash, media_id, mime_type, size_bytes, uploaded_at, expires_at;

-- name: keep_upload
-- The newer of two uploads of one content is the one that holds longer.
INSERT INTO deliver.media_upload AS kept
    (business_number_id, content_hash, media_id, mime_type, size_bytes, uploaded_at, expires_at, last_asked_at)
VALUES
    (%(business_number_id)s, %(content_hash)s, %(media_id)s, %(mime_type)s, %(size_bytes)s,
     %(uploaded_at)s::timestamptz, %(expires_at)s::timestamptz, %(uploaded_at)s::timestamptz)
ON CONFLICT (business_number_id, content_hash) DO UPDATE
SET media_id = excluded.media_id, uploaded_at = excluded.uploaded_at, expires_at = excluded.expires_at
WHERE excluded.expires_at > kept.expires_at;

-- name: list_ageing
-- What nobody asked for since its upload is left to expire.
SELECT business_number_id, content_hash, media_id, mime_type, size_bytes, uploaded_at, expires_at
FROM deliver.media_upload
WHERE expires_at <= %(before)s::timestamptz AND last_asked_at > uploaded_at
ORDER BY expires_at;

-- name: doubt_uploads
-- What Meta could not take along any more is uploaded anew before the next message; until that works, what is there holds.
UPDATE deliver.media_upload SET expires_at = %(until)s::timestamptz
WHERE business_number_id = ANY(%(business_number_ids)b::text[]) AND expires_at > %(until)s::timestamptz;
