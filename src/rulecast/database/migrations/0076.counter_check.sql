-- What the nightly comparison of a sample of counters with the events found.
CREATE TABLE rule.counter_check (
    counter_check_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    checked_at timestamptz NOT NULL,
    people integer NOT NULL CHECK (people >= 0),
    different integer NOT NULL CHECK (different >= 0),
    -- Counters that were filled in or forgotten meanwhile.
    mended integer NOT NULL CHECK (mended >= 0),
    forgotten integer NOT NULL CHECK (forgotten >= 0)
);
CREATE INDEX counter_check_by_time ON rule.counter_check (checked_at);
