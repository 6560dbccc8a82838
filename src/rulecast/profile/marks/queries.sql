-- name: set_marks
-- Sets what was chosen where it differs, and appends it to the change log.
WITH marked AS (
    UPDATE profile.contact
    SET objects_to_profiling = coalesce(%(objects_to_profiling)s::boolean, objects_to_profiling),
        is_restricted = coalesce(%(is_restricted)s::boolean, is_restricted)
    WHERE contact_id = ANY(%(contact_ids)b::bigint[])
        AND (
            objects_to_profiling IS DISTINCT FROM coalesce(%(objects_to_profiling)s::boolean, objects_to_profiling)
            OR is_restricted IS DISTINCT FROM coalesce(%(is_restricted)s::boolean, is_restricted)
        )
    RETURNING contact_id
)
INSERT INTO profile.change (contact_id, kind, payload, valid_from, recorded_at)
SELECT contact_id, 'flags', %(payload)s::jsonb, %(now)s::timestamptz, %(now)s::timestamptz FROM marked;
