-- What Meta says about each template beside its status, and the copies of it that Meta's accounts keep.

ALTER TABLE template.template
    DROP CONSTRAINT IF EXISTS template_status_check,
    -- Meta's id in the account, as digits; empty before the registration.
    ADD COLUMN meta_id text NOT NULL DEFAULT '' CHECK (meta_id ~ '^[0-9]{0,32}$'),
    ADD COLUMN waba_id text NOT NULL DEFAULT '' CHECK (waba_id ~ '^[0-9]{0,32}$'),
    -- Empty where nobody declared it: the variables of the text say.
    ADD COLUMN parameter_format text NOT NULL DEFAULT '' CHECK (parameter_format IN ('', 'POSITIONAL', 'NAMED')),
    ADD COLUMN quality text NOT NULL DEFAULT 'unknown' CHECK (quality IN ('unknown', 'green', 'yellow', 'red')),
    -- What Meta says the template should count as, before the change and after it.
    ADD COLUMN correct_category text NOT NULL DEFAULT ''
        CHECK (correct_category IN ('', 'marketing', 'utility', 'authentication')),
    ADD COLUMN previous_category text NOT NULL DEFAULT ''
        CHECK (previous_category IN ('', 'marketing', 'utility', 'authentication')),
    ADD COLUMN rejected_reason text NOT NULL DEFAULT '' CHECK (length(rejected_reason) <= 200),
    ADD COLUMN paused_until timestamptz,
    ADD COLUMN pause_title text NOT NULL DEFAULT '' CHECK (length(pause_title) <= 60),
    ADD COLUMN paused_at timestamptz,
    ADD COLUMN ttl_seconds integer CHECK (ttl_seconds = -1 OR ttl_seconds BETWEEN 30 AND 2592000),
    -- Why rulecast does not send it although Meta would take it; empty where nothing stands in the way.
    ADD COLUMN obstacle text NOT NULL DEFAULT '' CHECK (length(obstacle) <= 1000),
    -- Found at Meta and declared by no workspace file.
    ADD COLUMN is_adopted boolean NOT NULL DEFAULT false,
    -- What the workspace file declared, so that a change by Meta is not taken for one of the file.
    ADD COLUMN declared_hash bytea CHECK (octet_length(declared_hash) = 32),
    ADD CONSTRAINT template_status_check CHECK (status IN (
        'approved', 'pending', 'rejected', 'paused', 'disabled', 'in_appeal', 'archived', 'pending_deletion',
        'deleted', 'limit_exceeded'));
UPDATE template.template SET declared_hash = components_hash;
CREATE INDEX template_by_meta_id ON template.template (meta_id) WHERE meta_id <> '';

-- The copy of a template in one account, as the last reading saw it. The template itself has the most cautious state
-- of its copies: a plan names a template, not an account.
CREATE TABLE template.registration (
    waba_id text NOT NULL CHECK (waba_id ~ '^[0-9]{1,32}$'),
    meta_id text NOT NULL CHECK (meta_id ~ '^[0-9]{1,32}$'),
    template_id bigint NOT NULL REFERENCES template.template (template_id) ON DELETE CASCADE,
    status text NOT NULL,
    category text NOT NULL,
    quality text NOT NULL,
    correct_category text NOT NULL DEFAULT '',
    rejected_reason text NOT NULL DEFAULT '',
    components jsonb NOT NULL CHECK (jsonb_typeof(components) = 'array'),
    is_same boolean NOT NULL,
    read_at timestamptz NOT NULL,
    PRIMARY KEY (waba_id, meta_id)
);
CREATE INDEX registration_by_template ON template.registration (template_id);

-- Changes asked of Meta: it allows one edit of an approved template in 24 hours and ten in 30 days, and keeps the name
-- of a deleted one for 30 days.
CREATE TABLE template.change (
    change_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    waba_id text NOT NULL,
    name text NOT NULL,
    language text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('created', 'edited', 'deleted', 'unpaused')),
    was_status text NOT NULL DEFAULT '',
    asked_by text NOT NULL DEFAULT '' CHECK (length(asked_by) <= 200),
    changed_at timestamptz NOT NULL
);
CREATE INDEX change_by_name ON template.change (waba_id, name, language, changed_at);
CREATE TRIGGER change_is_append_only BEFORE UPDATE OR DELETE ON template.change
    FOR EACH ROW EXECUTE FUNCTION public.forbid_change();

-- When an account was last asked for its templates, and until when Meta wants no further question.
CREATE TABLE template.account_reading (
    waba_id text PRIMARY KEY,
    read_at timestamptz,
    blocked_until timestamptz,
    template_count integer NOT NULL DEFAULT 0 CHECK (template_count >= 0)
);
