-- Decisions frozen before anyone is messaged, and who signed them.

CREATE TABLE plan.reason (
    reason_number smallint PRIMARY KEY,
    reason text NOT NULL UNIQUE
);

CREATE TABLE plan.plan (
    plan_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    rule_version_id bigint NOT NULL REFERENCES rule.rule_version (rule_version_id),
    rule_name text NOT NULL,
    purpose text NOT NULL,
    state text NOT NULL DEFAULT 'draft'
        CHECK (state IN ('draft', 'approved', 'launched', 'void')),
    -- The one instant at which conditions were evaluated, and the bitemporal frame where one was asked for.
    evaluated_at timestamptz NOT NULL,
    as_of timestamptz,
    known_at timestamptz,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    expires_at timestamptz NOT NULL CHECK (expires_at > created_at),
    tzdata_version text NOT NULL,
    business_number_id text NOT NULL REFERENCES account.business_number (business_number_id),
    -- Everything the plan shows, canonical JSON; the hash is over it and over every member's decision.
    document jsonb NOT NULL CHECK (jsonb_typeof(document) = 'object'),
    content_hash bytea NOT NULL CHECK (octet_length(content_hash) = 32),
    previous_plan_id bigint REFERENCES plan.plan (plan_id),
    is_test boolean NOT NULL DEFAULT false
);
CREATE INDEX plan_by_rule ON plan.plan (rule_name, plan_id DESC);

CREATE TABLE plan.member (
    plan_id bigint NOT NULL REFERENCES plan.plan (plan_id),
    contact_id bigint NOT NULL,
    -- 0 is planned; otherwise a row of plan.reason.
    reason_number smallint NOT NULL,
    template_id bigint NOT NULL DEFAULT 0,
    batch integer NOT NULL DEFAULT 0,
    send_from timestamptz NOT NULL DEFAULT '-infinity',
    send_until timestamptz NOT NULL DEFAULT 'infinity',
    -- Whom the person was lost to and by how much, where the reason is lost_to_rule.
    lost_to_plan_id bigint NOT NULL DEFAULT 0,
    margin integer NOT NULL DEFAULT 0,
    PRIMARY KEY (plan_id, contact_id)
);

CREATE TABLE plan.approval (
    plan_id bigint PRIMARY KEY REFERENCES plan.plan (plan_id),
    content_hash bytea NOT NULL CHECK (octet_length(content_hash) = 32),
    approved_by text NOT NULL,
    approved_at timestamptz NOT NULL,
    signature bytea NOT NULL
);
CREATE TRIGGER approval_is_append_only BEFORE UPDATE OR DELETE ON plan.approval
    FOR EACH ROW EXECUTE FUNCTION public.forbid_change();

-- One campaign per person and decision window; a higher band may take a reservation that has no permit yet.
CREATE TABLE plan.reservation (
    contact_id bigint NOT NULL REFERENCES profile.contact (contact_id),
    decision_day date NOT NULL,
    plan_id bigint NOT NULL REFERENCES plan.plan (plan_id),
    rule_name text NOT NULL,
    band smallint NOT NULL CHECK (band BETWEEN 0 AND 3),
    priority integer NOT NULL,
    has_permit boolean NOT NULL DEFAULT false,
    PRIMARY KEY (contact_id, decision_day)
);
