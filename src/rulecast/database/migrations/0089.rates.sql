-- Rate cards that were imported, and what Meta billed where that is not what was estimated.

CREATE TABLE account.rate (
    market text NOT NULL CHECK (length(market) BETWEEN 1 AND 60),
    category text NOT NULL CHECK (
        category IN ('marketing', 'utility', 'authentication', 'service', 'authentication_international')),
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    effective_from date NOT NULL,
    -- The messages of a month from which the price holds, counted from 0; only charged ones count.
    tier_from bigint NOT NULL DEFAULT 0 CHECK (tier_from >= 0),
    -- Ten-thousandths of a minor unit.
    price_e4 bigint NOT NULL CHECK (price_e4 >= 0),
    source text NOT NULL CHECK (length(source) BETWEEN 1 AND 300),
    imported_at timestamptz NOT NULL,
    imported_by text NOT NULL,
    PRIMARY KEY (market, category, currency, effective_from, tier_from)
);

-- Empty while nothing was billed, or what was billed is what was estimated.
ALTER TABLE gate.permit ADD COLUMN billed_e4 bigint CHECK (billed_e4 >= 0);

-- How far a new template has come: Meta judges the first messages of a template, so they go out in growing batches.
CREATE TABLE gate.ramp (
    template_id bigint PRIMARY KEY REFERENCES template.template (template_id) ON DELETE CASCADE,
    -- The batch it is in, from 0, when that began, and how many of it were let through.
    batch smallint NOT NULL CHECK (batch >= 0),
    began_at timestamptz NOT NULL,
    granted integer NOT NULL CHECK (granted >= 0)
);
