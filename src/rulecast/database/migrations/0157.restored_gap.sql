-- What a restored database cannot know of the time in between: which codes were given, which steps were taken.
ALTER TABLE gate.coupon
    -- Since when nobody can know whether the code was given: set aside with it, until a person puts it back.
    ADD COLUMN doubted_at timestamptz CONSTRAINT coupon_in_doubt_is_aside CHECK (doubted_at IS NULL OR set_aside_at IS NOT NULL);

ALTER TABLE deliver.restore
    ADD COLUMN ended bigint NOT NULL DEFAULT 0 CHECK (ended >= 0),
    ADD COLUMN codes_doubted bigint NOT NULL DEFAULT 0 CHECK (codes_doubted >= 0);
