-- How many people in a rolling day a young number may write marketing to, why, and since when.
CREATE TABLE gate.warm_up (
    business_number_id text PRIMARY KEY REFERENCES account.business_number ON DELETE CASCADE,
    budget integer NOT NULL CHECK (budget > 0),
    evaluated_at timestamptz NOT NULL,
    frozen_until timestamptz,
    outcome text NOT NULL CHECK (outcome IN ('begun', 'grown', 'kept', 'halved', 'ended')),
    because text NOT NULL CHECK (length(because) <= 200)
);
