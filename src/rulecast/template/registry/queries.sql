-- name: save_registration
-- The copy of a template as an account lists it; a template registered anew has another id.
INSERT INTO template.registration
    (waba_id, meta_id, template_id, status, category, quality, correct_category, rejected_reason, components, is_same,
     ttl_seconds, read_at)
VALUES
    (%(waba_id)s, %(meta_id)s, %(template_id)s, %(status)s, %(category)s, %(quality)s, %(correct_category)s,
     %(rejected_reason)s, %(components)s::jsonb, %(is_same)s, %(ttl_seconds)s, %(read_at)s)
ON CONFLICT (waba_id, meta_id) DO UPDATE
SET template_id = excluded.template_id,
    status = excluded.status,
    category = excluded.category,
    quality = excluded.quality,
    correct_category = excluded.correct_category,
    rejected_reason = excluded.rejected_reason,
    components = excluded.components,
    is_same = excluded.is_same,
    ttl_seconds = excluded.ttl_seconds,
    read_at = excluded.read_at;

-- name: save_registration_state
-- What a copy became by what was asked of Meta; the next reading says what it is.
UPDATE template.registration SET status = %(status)s, is_same = %(is_same)s, components = %(components)s::jsonb,
    category = %(category)s, ttl_seconds = %(ttl_seconds)s, read_at = %(read_at)s
WHERE waba_id = %(waba_id)s AND meta_id = %(meta_id)s;

-- name: list_registrations
-- The copies of one template.
SELECT waba_id, meta_id, template_id, status, category, quality, correct_category, rejected_reason, is_same, components,
    ttl_seconds
FROM template.registration
WHERE template_id = %(template_id)s
ORDER BY waba_id, meta_id;

-- name: drop_registrations
-- What an account lists no more.
DELETE FROM template.registration AS gone
USING template.template AS one
WHERE gone.waba_id = %(waba_id)s AND gone.read_at < %(before)s AND one.template_id = gone.template_id
RETURNING one.name, one.language;

-- name: find_account_reading
-- Meta wants at most one reading a minute, and names a time to wait where it had enough.
SELECT waba_id, read_at, blocked_until, template_count FROM template.account_reading WHERE waba_id = %(waba_id)s;

-- name: list_account_readings
-- For whoever asks how fresh the templates are.
SELECT waba_id, read_at, blocked_until, template_count FROM template.account_reading ORDER BY waba_id;

-- name: save_account_reading
-- The last reading of an account.
INSERT INTO template.account_reading (waba_id, read_at, blocked_until, template_count)
VALUES (%(waba_id)s, %(read_at)s, %(blocked_until)s, %(template_count)s)
ON CONFLICT (waba_id) DO UPDATE
SET read_at = excluded.read_at, blocked_until = excluded.blocked_until, template_count = excluded.template_count;

-- name: forget_reading
-- Whoever reads regularly does so at once.
UPDATE template.account_reading SET read_at = NULL WHERE waba_id = %(waba_id)s;

-- name: append_change
-- Asked of Meta and granted.
INSERT INTO template.change (waba_id, name, language, kind, was_status, asked_by, changed_at)
VALUES (%(waba_id)s, %(name)s, %(language)s, %(kind)s, %(was_status)s, %(asked_by)s, %(changed_at)s);

-- name: list_changes
-- A deletion of the name in every language has no language of its own.
SELECT kind, was_status, changed_at FROM template.change
WHERE waba_id = %(waba_id)s AND name = %(name)s AND language IN (%(language)s, '') AND changed_at > %(since)s
ORDER BY change_id;

-- name: find_pause_start
-- Meta lets nobody end a pause in its first five minutes.
SELECT paused_at FROM template.template WHERE template_id = %(template_id)s;
