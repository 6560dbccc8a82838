-- name: find_workspace
-- The one row that says what this database is.
SELECT workspace_id, name, mode, billing_currency, root_key_fingerprint, tzdata_version, created_at
FROM public.workspace;

-- name: create_workspace
-- First start; a second process in the same instant finds the row.
INSERT INTO public.workspace (workspace_id, name, mode, billing_currency, root_key_fingerprint, created_at)
VALUES (%(workspace_id)s, %(name)s, %(mode)s, %(billing_currency)s, %(root_key_fingerprint)s, %(created_at)s)
ON CONFLICT DO NOTHING;

-- name: delete_zone_offsets
-- Another tzdata version replaces the whole table.
DELETE FROM public.zone_offset;

-- name: copy_zone_offsets
-- Some ten thousand rows, once per tzdata version.
COPY public.zone_offset (zone, from_utc, minutes) FROM STDIN (FORMAT BINARY);

-- name: set_tzdata_version
-- Written with the offsets it names, in one transaction.
UPDATE public.workspace SET tzdata_version = %(tzdata_version)s;

-- name: fill_reasons
-- The numbers under which plans store reasons, for people who read SQL; numbers never change their meaning.
INSERT INTO plan.reason (reason_number, reason)
SELECT given.reason_number, given.reason
FROM unnest(%(numbers)b::smallint[], %(reasons)b::text[]) AS given (reason_number, reason)
ON CONFLICT (reason_number) DO NOTHING;

-- name: find_catalogue
-- The workspace's own attributes and events.
SELECT catalogue FROM public.workspace;

-- name: save_catalogue
-- Extended by imports, under the row lock of the workspace.
UPDATE public.workspace SET catalogue = %(catalogue)s::jsonb;

-- name: list_template_signatures
-- What rules may send: languages and components of templates Meta has approved at some time.
SELECT name, language, category, components
FROM template.template
WHERE status IN ('approved', 'paused')
ORDER BY name, language;

-- name: list_number_names
-- The names rules use for business numbers.
SELECT name FROM account.business_number ORDER BY name;
