-- What Meta says about accounts and numbers, what must rest because of it, and who has to look at it.

-- One thing that went wrong with an account: opened by rulecast, closed by a person or by Meta's own word.
CREATE TABLE gate.incident (
    incident_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    cause text NOT NULL CHECK (cause ~ '^[A-Za-z0-9_.:-]{1,80}$'),
    scope text NOT NULL CHECK (scope IN ('waba', 'number', 'portfolio', 'country', 'template')),
    scope_id text NOT NULL CHECK (length(scope_id) <= 600),
    opened_at timestamptz NOT NULL,
    closed_at timestamptz,
    closed_by text,
    because text NOT NULL DEFAULT '' CHECK (length(because) <= 500),
    -- What a person does before resuming, in order.
    steps text[] NOT NULL DEFAULT '{}',
    facts jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(facts) = 'object'),
    CHECK ((closed_at IS NULL) = (closed_by IS NULL))
);
CREATE UNIQUE INDEX incident_is_open_once ON gate.incident (cause, scope, scope_id) WHERE closed_at IS NULL;

-- The newest word about one cause; the older of two words changes nothing, in whatever order they arrive. The incident
-- of a hold is the one of its cause and place.
CREATE TABLE account.hold (
    scope text NOT NULL CHECK (scope IN ('waba', 'number', 'portfolio', 'country')),
    scope_id text NOT NULL CHECK (length(scope_id) BETWEEN 1 AND 40),
    cause text NOT NULL CHECK (cause ~ '^[A-Za-z0-9_.:-]{1,80}$'),
    kind text NOT NULL CHECK (kind IN ('all', 'marketing', 'utility', 'business_initiated', 'customer_initiated')),
    is_in_force boolean NOT NULL,
    since timestamptz NOT NULL,
    -- Empty: until Meta or a person says otherwise.
    until timestamptz,
    lifted_at timestamptz,
    lifted_by text,
    because text NOT NULL DEFAULT '' CHECK (length(because) <= 500),
    CHECK ((lifted_at IS NULL) = (lifted_by IS NULL)),
    PRIMARY KEY (scope, scope_id, cause)
);
CREATE INDEX hold_in_force ON account.hold (scope, scope_id) WHERE is_in_force;

-- Every word about accounts, once; without anything about a person.
CREATE TABLE account.fact (
    fact_key bytea PRIMARY KEY CHECK (octet_length(fact_key) = 16),
    field text NOT NULL CHECK (length(field) <= 64),
    event text NOT NULL CHECK (length(event) <= 64),
    scope text NOT NULL CHECK (scope IN ('waba', 'number')),
    scope_id text NOT NULL CHECK (length(scope_id) <= 40),
    occurred_at timestamptz NOT NULL,
    until timestamptz,
    details jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(details) = 'object'),
    recorded_at timestamptz NOT NULL
);
CREATE INDEX fact_by_time ON account.fact (occurred_at);

-- What Meta last told; the declared value is a ceiling, the smaller of both holds. `told` with no number is unlimited.
ALTER TABLE account.portfolio
    ADD COLUMN told_people_per_day_max integer CHECK (told_people_per_day_max >= 0),
    ADD COLUMN people_told_at timestamptz;
ALTER TABLE account.business_number
    ADD COLUMN told_throughput_per_second integer CHECK (told_throughput_per_second > 0),
    ADD COLUMN throughput_told_at timestamptz,
    ADD COLUMN told_quality text NOT NULL DEFAULT '' CHECK (length(told_quality) <= 40),
    ADD COLUMN quality_told_at timestamptz,
    ADD COLUMN display_phone_number text NOT NULL DEFAULT '' CHECK (display_phone_number ~ '^[0-9]{0,20}$');

-- A sign-up of WhatsApp that the workspace vouches for: under which wording people agree to what.
CREATE TABLE account.signup (
    signup_id text PRIMARY KEY CHECK (length(signup_id) BETWEEN 1 AND 100),
    purpose text NOT NULL CHECK (purpose IN ('marketing', 'service', 'transactional')),
    wording_version text NOT NULL CHECK (length(wording_version) BETWEEN 1 AND 100)
);

-- The newest word about one side of a template, in Meta's time.
CREATE TABLE template.word (
    name text NOT NULL CHECK (length(name) <= 512),
    language text NOT NULL CHECK (length(language) <= 20),
    meta_id text NOT NULL CHECK (meta_id ~ '^[0-9]{0,32}$'),
    topic text NOT NULL CHECK (topic IN ('status', 'quality', 'category', 'components', 'billed')),
    event text NOT NULL CHECK (length(event) <= 64),
    said_at timestamptz NOT NULL,
    details jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(details) = 'object'),
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (meta_id, name, language, topic)
);

-- Parts of webhooks nothing acts upon, by field name; names that are not Meta's count as one.
CREATE TABLE collect.unread_field (
    field text PRIMARY KEY CHECK (length(field) BETWEEN 1 AND 64),
    seen_count bigint NOT NULL CHECK (seen_count > 0),
    first_at timestamptz NOT NULL,
    last_at timestamptz NOT NULL
);
