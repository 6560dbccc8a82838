-- Files that were uploaded for messages: one upload a number and content, good for thirty days.

CREATE TABLE deliver.media_upload (
    business_number_id text NOT NULL REFERENCES account.business_number (business_number_id),
    -- SHA-256 of the file.
    content_hash bytea NOT NULL CHECK (octet_length(content_hash) = 32),
    media_id text NOT NULL CHECK (length(media_id) BETWEEN 1 AND 64),
    mime_type text NOT NULL CHECK (length(mime_type) BETWEEN 3 AND 100),
    size_bytes integer NOT NULL CHECK (size_bytes > 0),
    uploaded_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL CHECK (expires_at > uploaded_at),
    -- What nobody has asked for lately is not uploaded again.
    last_asked_at timestamptz NOT NULL,
    PRIMARY KEY (business_number_id, content_hash)
);
CREATE INDEX media_upload_by_expiry ON deliver.media_upload (expires_at);
