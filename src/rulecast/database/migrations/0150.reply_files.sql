-- Files of replies. A rule's reply may show every kind that WhatsApp takes, so sounds and stickers can be declared too;
-- what a person of the business sends once to one person stands under no name, and is forgotten after its day.
ALTER TABLE template.medium_content DROP CONSTRAINT medium_content_kind_check;
ALTER TABLE template.medium_content ADD CONSTRAINT medium_content_kind_check
    CHECK (kind IN ('image', 'video', 'gif', 'document', 'audio', 'sticker'));

CREATE TABLE template.loose_file (
    content_hash bytea PRIMARY KEY CHECK (octet_length(content_hash) = 32),
    mime_type text NOT NULL CHECK (length(mime_type) BETWEEN 3 AND 100),
    size_bytes integer NOT NULL CHECK (size_bytes > 0),
    kept_at timestamptz NOT NULL
);
CREATE INDEX loose_file_by_age ON template.loose_file (kept_at);
