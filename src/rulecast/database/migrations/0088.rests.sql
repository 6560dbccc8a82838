-- What Meta's failures say about a person: who rests for a while, and who rests until they write.

CREATE TABLE gate.rest (
    contact_id bigint NOT NULL REFERENCES profile.contact (contact_id),
    -- The error code that asks for it.
    code integer NOT NULL,
    kind text NOT NULL CHECK (kind IN ('marketing', 'all')),
    -- When it failed, the oldest first; the newest ones are enough to know how long to rest.
    failed_at timestamptz[] NOT NULL CHECK (cardinality(failed_at) BETWEEN 1 AND 12),
    last_failed_at timestamptz NOT NULL,
    -- What rests until the person writes has an end that nobody lives to see.
    rests_until timestamptz NOT NULL,
    PRIMARY KEY (contact_id, code)
);

-- An answer inside the service window of a person takes nothing of the portfolio's people in 24 hours.
ALTER TABLE gate.permit ADD COLUMN is_in_window boolean NOT NULL DEFAULT false;
