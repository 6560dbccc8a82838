-- name: ask_upload
-- The upload of a content; that it was asked for keeps it alive.
UPDATE deliver.media_upload SET last_asked_at = greatest(last_asked_at, %(now)s::timestamptz)
WHERE business_number_id = %(business_number_id)s AND content_hash = %(content_hash)s
RETURNING business_number_id, content_hash, media_id, mime_type, size_bytes, uploaded_at, expires_at;

-- name: keep_upload
-- The newer of two uploads of one content is the one that holds longer. What is kept now was made after every failure
-- known now, whatever the clocks of the machines say.
INSERT INTO deliver.media_upload AS kept
    (business_number_id, content_hash, media_id, mime_type, size_bytes, uploaded_at, expires_at, last_asked_at)
SELECT %(business_number_id)s, %(content_hash)s, %(media_id)s, %(mime_type)s, %(size_bytes)s,
    d.uploaded_at, greatest(%(expires_at)s::timestamptz, d.uploaded_at + interval '1 day'), d.uploaded_at
FROM (
    SELECT greatest(%(uploaded_at)s::timestamptz, max(t.files_since) + interval '1 microsecond') AS uploaded_at
    FROM template.template AS t WHERE t.files_since < '9999-01-01 00:00+00'
) AS d
ON CONFLICT (business_number_id, content_hash) DO UPDATE
SET media_id = excluded.media_id, expires_at = excluded.expires_at,
    uploaded_at = greatest(excluded.uploaded_at, kept.doubted_at + interval '1 microsecond')
WHERE excluded.expires_at > kept.expires_at;

-- name: list_ageing
-- What nobody asked for since its upload is left to expire.
SELECT business_number_id, content_hash, media_id, mime_type, size_bytes, uploaded_at, expires_at
FROM deliver.media_upload
WHERE expires_at <= %(before)s::timestamptz AND last_asked_at > uploaded_at
ORDER BY expires_at;

-- name: find_upload
-- Whether what a process remembers still holds.
SELECT business_number_id, content_hash, media_id, mime_type, size_bytes, uploaded_at, expires_at
FROM deliver.media_upload
WHERE business_number_id = %(business_number_id)s AND content_hash = %(content_hash)s;

-- name: doubt_uploads
-- What Meta could not take along is used no more. A file is chosen before its message gets its permit.
UPDATE deliver.media_upload AS u SET expires_at = greatest(u.uploaded_at + interval '1 microsecond', d.before)
FROM (
    SELECT greatest(%(before)s::timestamptz, max(p.granted_at)) AS before
    FROM gate.permit AS p WHERE p.message_id = ANY(%(message_ids)b::bigint[])
) AS d
WHERE u.uploaded_at <= d.before AND u.expires_at > d.before;

-- name: renew_files
-- Only a message that was let through after the last failure was kept tells anything new; two seconds, because a permit
-- may bear a time of before its transaction saw that. Fresh files that fail within a day wait for a person.
UPDATE template.template AS t
SET files_since = CASE
        WHEN t.files_since > %(now)s::timestamptz - interval '24 hours' THEN timestamptz '9999-01-01 00:00+00'
        -- Clocks of several machines differ a little: surely later than what was chosen for the message.
        ELSE greatest(%(now)s::timestamptz, met.granted_at) END
FROM (
    SELECT m.template_id, max(coalesce((
        SELECT max(p.granted_at) FROM gate.permit AS p WHERE p.message_id = m.message_id), %(now)s::timestamptz
    )) AS granted_at
    FROM unnest(%(template_ids)b::bigint[], %(message_ids)b::bigint[]) AS m (template_id, message_id)
    GROUP BY m.template_id
) AS met
WHERE t.template_id = met.template_id
    AND (t.files_since IS NULL OR met.granted_at > t.files_since + interval '2 seconds')
RETURNING t.name || '/' || t.language;

-- name: doubt_own_uploads
-- The files that replies show themselves; no other upload is in doubt. Which of them failed again is news: an upload
-- that was made after the last doubt, within a day of it, by a message that was let through later than that.
WITH shown AS (
    SELECT m.business_number_id, decode(form.value ->> 'hash', 'hex') AS content_hash,
        coalesce(max(CASE WHEN r.step > 100 THEN r.rule_name END), '') AS rule_name,
        max(coalesce((
            SELECT max(p.granted_at) FROM gate.permit AS p WHERE p.message_id = m.message_id
        ), %(now)s::timestamptz)) AS granted_at
    FROM deliver.message AS m
    JOIN deliver.run AS r USING (run_id)
    JOIN plan.plan AS planned ON planned.plan_id = r.plan_id
    CROSS JOIN LATERAL jsonb_each(coalesce(planned.document -> 'reply_files', '{}'::jsonb)) AS file
    CROSS JOIN LATERAL jsonb_each(file.value -> 'renditions') AS form
    WHERE m.message_id = ANY(%(message_ids)b::bigint[])
    GROUP BY 1, 2
), doubtful AS (
    SELECT u.business_number_id, u.content_hash, s.rule_name, s.granted_at,
        coalesce(
            u.uploaded_at > u.doubted_at AND s.granted_at > u.doubted_at + interval '2 seconds'
            AND u.doubted_at > %(now)s::timestamptz - interval '24 hours', false
        ) AS has_failed_again
    FROM deliver.media_upload AS u JOIN shown AS s USING (business_number_id, content_hash)
    WHERE u.uploaded_at <= s.granted_at AND u.expires_at > s.granted_at
    ORDER BY u.business_number_id, u.content_hash
    FOR UPDATE OF u
), expired AS (
    UPDATE deliver.media_upload AS u
    SET expires_at = greatest(u.uploaded_at + interval '1 microsecond', d.granted_at),
        doubted_at = greatest(%(now)s::timestamptz, d.granted_at)
    FROM doubtful AS d
    WHERE u.business_number_id = d.business_number_id AND u.content_hash = d.content_hash
)
SELECT DISTINCT rule_name FROM doubtful WHERE has_failed_again AND rule_name <> '' ORDER BY rule_name;
