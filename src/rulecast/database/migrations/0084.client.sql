-- Marketing through an edge of its own, and codes by which a person proves to hold a number.

-- Whether marketing templates of this number go through the Marketing Messages API.
ALTER TABLE account.business_number ADD COLUMN marketing_messages boolean NOT NULL DEFAULT false;

-- A code a person is sent to prove that a number is theirs, before an access, an export or a change of the number. The
-- code itself is nowhere: it is derived from the nonce under a key outside this database, and the nonce goes when the
-- code ends.
CREATE TABLE profile.one_time_code (
    one_time_code_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    contact_id bigint NOT NULL REFERENCES profile.contact (contact_id),
    purpose text NOT NULL CHECK (purpose IN ('access', 'export', 'number_change')),
    run_id bigint NOT NULL UNIQUE REFERENCES deliver.run (run_id),
    nonce bytea CHECK (octet_length(nonce) = 16),
    state text NOT NULL CHECK (state IN ('live', 'used', 'failed', 'expired', 'replaced')),
    tries smallint NOT NULL DEFAULT 0 CHECK (tries BETWEEN 0 AND 5),
    asked_by text NOT NULL CHECK (length(asked_by) <= 200),
    asked_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL CHECK (expires_at > asked_at),
    ended_at timestamptz,
    CHECK ((state = 'live') = (nonce IS NOT NULL)),
    CHECK ((state = 'live') = (ended_at IS NULL))
);
CREATE UNIQUE INDEX one_time_code_is_one ON profile.one_time_code (contact_id, purpose) WHERE state = 'live';
CREATE INDEX one_time_code_by_contact ON profile.one_time_code (contact_id, asked_at);
