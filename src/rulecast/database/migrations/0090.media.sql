-- Files of messages: fetched once, kept sealed on the disk, their hashes here; and which form each person gets.

CREATE TABLE template.medium_content (
    medium_content_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL CHECK (name ~ '^[a-z_][a-z0-9_]{0,59}$'),
    kind text NOT NULL CHECK (kind IN ('image', 'video', 'gif', 'document')),
    -- SHA-256 of the file as it came.
    source_hash bytea NOT NULL CHECK (octet_length(source_hash) = 32),
    fetched_at timestamptz NOT NULL,
    fetched_by text NOT NULL CHECK (length(fetched_by) BETWEEN 1 AND 200)
);
CREATE INDEX medium_content_by_name ON template.medium_content (name, medium_content_id DESC);
CREATE TRIGGER medium_content_is_append_only BEFORE UPDATE OR DELETE ON template.medium_content
    FOR EACH ROW EXECUTE FUNCTION public.forbid_change();

CREATE TABLE template.rendition (
    medium_content_id bigint NOT NULL REFERENCES template.medium_content (medium_content_id),
    grade text NOT NULL CHECK (grade IN ('full', 'light', 'tiny')),
    content_hash bytea NOT NULL CHECK (octet_length(content_hash) = 32),
    mime_type text NOT NULL CHECK (length(mime_type) BETWEEN 3 AND 100),
    size_bytes integer NOT NULL CHECK (size_bytes > 0),
    -- Pixels; 0 where it is no image.
    width integer NOT NULL CHECK (width >= 0),
    height integer NOT NULL CHECK (height >= 0),
    PRIMARY KEY (medium_content_id, grade)
);
CREATE INDEX rendition_by_content ON template.rendition (content_hash);
CREATE TRIGGER rendition_is_append_only BEFORE UPDATE OR DELETE ON template.rendition
    FOR EACH ROW EXECUTE FUNCTION public.forbid_change();

-- Which form of its file a message shows: empty is the file in full, or no file at all where the template shows none;
-- `none` is the template without a file.
ALTER TABLE plan.work_audience ADD COLUMN media text NOT NULL DEFAULT '';
ALTER TABLE plan.work_combination
    ADD COLUMN media text NOT NULL DEFAULT '',
    DROP CONSTRAINT work_combination_pkey,
    ADD PRIMARY KEY (plan_id, country, language, zone, variant, media);
ALTER TABLE plan.work_candidate ADD COLUMN media text NOT NULL DEFAULT '';
ALTER TABLE plan.member ADD COLUMN media text NOT NULL DEFAULT ''
    CHECK (media IN ('', 'light', 'tiny', 'none'));
ALTER TABLE deliver.message ADD COLUMN media text NOT NULL DEFAULT ''
    CHECK (media IN ('', 'light', 'tiny', 'none'));

CREATE OR REPLACE VIEW plan.sendable AS
SELECT plan_id, contact_id, template_id, batch, send_from, send_until, variant, media
FROM plan.member
WHERE reason_number = 0;
