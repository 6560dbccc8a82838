-- Pace beyond one sender: what it learned from Meta survives it, and what a number receives counts with what it sends.
CREATE TABLE deliver.pace (
    business_number_id text PRIMARY KEY REFERENCES account.business_number ON DELETE CASCADE,
    factor real NOT NULL CHECK (factor > 0 AND factor <= 1),
    factor_at timestamptz NOT NULL,
    rests_until timestamptz
);

-- Of the running second alone, so that nothing of it has to survive a crash of the database.
CREATE UNLOGGED TABLE deliver.inbound (
    business_number_id text NOT NULL,
    messages integer NOT NULL CHECK (messages > 0),
    received_at timestamptz NOT NULL
);
CREATE INDEX inbound_by_time ON deliver.inbound (received_at);

-- The attempts of the last seconds are found at the end of the month's partition.
CREATE INDEX attempt_by_time ON deliver.attempt USING brin (intent_at) WITH (autosummarize = on);

-- A portfolio's people in 24 hours are handed out in chunks, each under one number, for seconds: whoever takes one locks
-- the portfolio, whoever uses one locks only that chunk. What was handed out and not used yet counts as used.
CREATE TABLE gate.people_chunk (
    chunk_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    portfolio_id text NOT NULL REFERENCES account.portfolio ON DELETE CASCADE,
    business_number_id text NOT NULL REFERENCES account.business_number ON DELETE CASCADE,
    is_marketing boolean NOT NULL,
    granted integer NOT NULL CHECK (granted > 0),
    used integer NOT NULL DEFAULT 0,
    expires_at timestamptz NOT NULL,
    CHECK (used >= 0 AND used <= granted)
);
CREATE INDEX people_chunk_by_portfolio ON gate.people_chunk (portfolio_id, business_number_id);

-- What somebody waits for goes before a campaign of the same number.
ALTER TABLE deliver.message ADD COLUMN goes_first boolean NOT NULL DEFAULT false;
CREATE INDEX message_to_do_first ON deliver.message (business_number_id, send_from, message_id)
WHERE state IN ('planned', 'deferred') AND goes_first;
