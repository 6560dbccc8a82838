-- Tiers of Meta's messaging limit that were imported beside the shipped ones: people in a rolling 24 hours.

CREATE TABLE account.limit_tier (
    tier text NOT NULL CHECK (tier ~ '^[A-Z][A-Z0-9_]{0,39}$'),
    -- Empty is without limit.
    people integer CHECK (people >= 0),
    effective_from date NOT NULL,
    source text NOT NULL CHECK (length(source) BETWEEN 1 AND 300),
    imported_at timestamptz NOT NULL,
    imported_by text NOT NULL,
    PRIMARY KEY (tier, effective_from)
);
