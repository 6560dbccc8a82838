-- What Meta said of the accounts themselves: in which zone their days and months change.

CREATE TABLE account.waba (
    waba_id text PRIMARY KEY CHECK (length(waba_id) BETWEEN 1 AND 40),
    timezone_id text NOT NULL CHECK (length(timezone_id) <= 20),
    -- Empty where Meta's number stands for no zone we know.
    zone text NOT NULL DEFAULT '',
    told_at timestamptz NOT NULL
);
