-- A message of which nobody knows whether it left is sent once more only where two people want it.

CREATE TABLE deliver.resend (
    resend_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    message_id bigint NOT NULL REFERENCES deliver.message (message_id),
    because text NOT NULL CHECK (length(because) BETWEEN 1 AND 500),
    requested_by text NOT NULL,
    requested_at timestamptz NOT NULL,
    confirmed_by text,
    confirmed_at timestamptz,
    CHECK ((confirmed_by IS NULL) = (confirmed_at IS NULL)),
    CHECK (confirmed_by <> requested_by)
);
CREATE UNIQUE INDEX resend_is_one_open ON deliver.resend (message_id) WHERE confirmed_at IS NULL;
CREATE INDEX resend_by_message ON deliver.resend (message_id);
