-- The keys database: wrapped keys only, useless without the root key. It is kept apart so that its
-- backups can be shorter than the main database's: a destroyed key must not come back from a backup.

CREATE TABLE contact_key (
    contact_id bigint PRIMARY KEY,
    wrapped_key bytea NOT NULL CHECK (octet_length(wrapped_key) BETWEEN 48 AND 128),
    key_version integer NOT NULL DEFAULT 1 CHECK (key_version BETWEEN 1 AND 255),
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

COMMENT ON TABLE contact_key IS 'One random key per contact, wrapped by the root key; erasure deletes the row.';

CREATE TABLE erased_contact (
    contact_id bigint PRIMARY KEY,
    erased_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

COMMENT ON TABLE erased_contact IS 'Contacts whose key was destroyed: no new key is made for them.';

CREATE TABLE day_key (
    day date PRIMARY KEY,
    wrapped_key bytea CHECK (octet_length(wrapped_key) BETWEEN 48 AND 128),
    destroyed_at timestamptz,
    CONSTRAINT day_key_is_kept_or_destroyed CHECK ((wrapped_key IS NULL) = (destroyed_at IS NOT NULL))
);

COMMENT ON TABLE day_key IS 'One key per day for raw webhooks and import files; destroyed after the stated days.';

CREATE TABLE root_key_fingerprint (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    fingerprint bytea NOT NULL CHECK (octet_length(fingerprint) = 16),
    workspace text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

COMMENT ON TABLE root_key_fingerprint IS 'Which root key and workspace name these keys were wrapped under.';
