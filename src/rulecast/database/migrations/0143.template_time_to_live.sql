-- How long Meta tries to deliver the messages of a copy, as it listed it; empty where it says nothing.
ALTER TABLE template.registration
    ADD COLUMN ttl_seconds integer CHECK (ttl_seconds = -1 OR ttl_seconds BETWEEN 30 AND 2592000);
