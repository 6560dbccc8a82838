-- Pools of codes, each code given to one person of one rule, and every permit that carries one.
CREATE TABLE gate.coupon_pool (
    pool_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE CHECK (name ~ '^[a-z][a-z0-9_]{0,59}$'),
    -- So many codes are kept back; a rule waits where it would have to touch them.
    low_stock integer NOT NULL DEFAULT 0 CHECK (low_stock BETWEEN 0 AND 1000000),
    -- A code is given only while it holds for so long.
    valid_hours_min integer NOT NULL DEFAULT 24 CHECK (valid_hours_min BETWEEN 0 AND 8784),
    created_at timestamptz NOT NULL,
    retired_at timestamptz,
    -- Since when its rules wait for codes.
    low_since timestamptz
);

CREATE TABLE gate.coupon (
    coupon_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    pool_id bigint NOT NULL REFERENCES gate.coupon_pool,
    -- A keyed hash: a code stands in one pool only, so that a redemption names one person.
    code_index bytea NOT NULL UNIQUE CHECK (octet_length(code_index) = 16),
    sealed_code bytea NOT NULL CHECK (octet_length(sealed_code) <= 200),
    expires_at timestamptz NOT NULL DEFAULT 'infinity',
    imported_at timestamptz NOT NULL,
    contact_id bigint REFERENCES profile.contact,
    rule_name text CHECK (length(rule_name) <= 60),
    reserved_at timestamptz,
    redeemed_at timestamptz,
    redeemed_by bigint REFERENCES profile.contact,
    -- Codes whose seal is broken.
    set_aside_at timestamptz,
    CHECK ((contact_id IS NULL) = (rule_name IS NULL) AND (contact_id IS NULL) = (reserved_at IS NULL)),
    CHECK (redeemed_by IS NULL OR redeemed_at IS NOT NULL),
    -- One code a person and rule.
    CONSTRAINT coupon_is_one_a_person_and_rule UNIQUE (contact_id, rule_name)
);
CREATE INDEX coupon_is_free ON gate.coupon (pool_id, expires_at, coupon_id)
    WHERE contact_id IS NULL AND redeemed_at IS NULL AND set_aside_at IS NULL;
CREATE INDEX coupon_by_pool ON gate.coupon (pool_id);

CREATE TABLE gate.coupon_use (
    permit_id bigint PRIMARY KEY REFERENCES gate.permit,
    coupon_id bigint NOT NULL REFERENCES gate.coupon,
    contact_id bigint NOT NULL,
    message_id bigint NOT NULL,
    used_at timestamptz NOT NULL,
    -- With the permit: surely not sent.
    released_at timestamptz,
    -- Since when another person may have the code.
    freed_at timestamptz CHECK (freed_at IS NULL OR released_at IS NOT NULL)
);
CREATE INDEX coupon_use_by_coupon ON gate.coupon_use (coupon_id);
CREATE INDEX coupon_use_waits ON gate.coupon_use (released_at) WHERE released_at IS NOT NULL AND freed_at IS NULL;
