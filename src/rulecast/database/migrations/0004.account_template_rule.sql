-- Numbers and their limits, what may be said, and the rules as kept.

CREATE TABLE account.portfolio (
    portfolio_id text PRIMARY KEY CHECK (length(portfolio_id) BETWEEN 1 AND 40),
    -- Distinct people in any rolling 24 hours; empty is unlimited.
    people_per_day_max integer CHECK (people_per_day_max > 0)
);

CREATE TABLE account.business_number (
    business_number_id text PRIMARY KEY CHECK (business_number_id ~ '^[0-9]{1,40}$'),
    portfolio_id text NOT NULL REFERENCES account.portfolio (portfolio_id),
    name text NOT NULL UNIQUE CHECK (name ~ '^[a-z][a-z0-9_]{0,62}$'),
    waba_id text NOT NULL CHECK (waba_id ~ '^[0-9]{1,40}$'),
    throughput_per_second integer NOT NULL DEFAULT 80 CHECK (throughput_per_second BETWEEN 1 AND 1000),
    state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'held')),
    hold_reason text NOT NULL DEFAULT ''
);

CREATE TABLE template.template (
    template_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL CHECK (name ~ '^[a-z0-9_]{1,512}$'),
    language text NOT NULL CHECK (length(language) BETWEEN 2 AND 10),
    category text NOT NULL CHECK (category IN ('marketing', 'utility', 'authentication')),
    status text NOT NULL CHECK (status IN ('approved', 'pending', 'rejected', 'paused', 'disabled')),
    components jsonb NOT NULL CHECK (jsonb_typeof(components) = 'array'),
    components_hash bytea NOT NULL CHECK (octet_length(components_hash) = 32),
    -- Named destinations of URL buttons: {"promo": "https://..."}; people see our signed redirect.
    links jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(links) = 'object'),
    updated_at timestamptz NOT NULL,
    UNIQUE (name, language)
);

CREATE TABLE rule.rule_version (
    rule_version_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    rule_name text NOT NULL CHECK (rule_name ~ '^[a-z][a-z0-9_]{0,62}$'),
    version integer NOT NULL CHECK (version > 0),
    text text NOT NULL CHECK (length(text) <= 65536),
    content_hash bytea NOT NULL CHECK (octet_length(content_hash) = 32),
    author text NOT NULL,
    created_at timestamptz NOT NULL,
    UNIQUE (rule_name, content_hash)
);
CREATE TRIGGER rule_version_is_append_only BEFORE UPDATE OR DELETE ON rule.rule_version
    FOR EACH ROW EXECUTE FUNCTION public.forbid_change();
