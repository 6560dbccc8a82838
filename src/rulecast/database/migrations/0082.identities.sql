-- Identities beside number, BSUID and customer id; changes of identity that Meta reports; people who may be one.

-- wa_id: the spelling WhatsApp itself uses for a number we dial otherwise, hashed like the number it is.
-- parent_bsuid: shared by linked portfolios. username: what a person is called in public; nobody is found by it.
ALTER TABLE profile.identity DROP CONSTRAINT identity_kind_check;
ALTER TABLE profile.identity ADD CONSTRAINT identity_kind_check CHECK (kind IN (
    'phone', 'wa_id', 'bsuid', 'parent_bsuid', 'username', 'external'));

-- A change is acted upon once. One whose old identity nobody has (yet) waits: the changes of one person can arrive in
-- the wrong order. What it says is sealed under the key of its day and lost with it after seven days.
CREATE TABLE profile.identity_change (
    change_key bytea PRIMARY KEY CHECK (octet_length(change_key) = 16),
    kind text NOT NULL CHECK (kind IN ('number', 'user_id', 'identity_hash')),
    contact_id bigint REFERENCES profile.contact (contact_id),
    old_lookups bytea[] NOT NULL,
    sealed_change bytea,
    key_day date NOT NULL,
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    CHECK ((contact_id IS NULL) = (sealed_change IS NOT NULL))
);
CREATE INDEX identity_change_waiting ON profile.identity_change USING gin (old_lookups) WHERE contact_id IS NULL;

-- Two contacts that one identity names. They are never joined silently; a stop of one stops both.
CREATE TABLE profile.identity_conflict (
    conflict_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    first_contact_id bigint NOT NULL REFERENCES profile.contact (contact_id),
    second_contact_id bigint NOT NULL REFERENCES profile.contact (contact_id),
    cause text NOT NULL CHECK (cause IN ('number', 'user_id', 'message', 'shared')),
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    resolved_at timestamptz,
    resolved_by text,
    CHECK (first_contact_id < second_contact_id),
    CHECK ((resolved_at IS NULL) = (resolved_by IS NULL))
);
CREATE UNIQUE INDEX identity_conflict_is_open_once
    ON profile.identity_conflict (first_contact_id, second_contact_id) WHERE resolved_at IS NULL;
CREATE INDEX identity_conflict_of_second ON profile.identity_conflict (second_contact_id) WHERE resolved_at IS NULL;

ALTER TABLE profile.suppression DROP CONSTRAINT suppression_cause_check;
ALTER TABLE profile.suppression ADD CONSTRAINT suppression_cause_check CHECK (cause IN (
    'stop_word', 'stop_button', 'user_preferences', 'error_131050', 'import', 'agent', 'api', 'erasure', 'journal',
    'identity_conflict'));
