-- Permits and verdicts; runs, messages, attempts, statuses. No attempt without a permit, no permit without
-- consent, at most one live permit per message.

CREATE TABLE gate.stop (
    stop_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    scope text NOT NULL CHECK (scope IN ('all', 'rule', 'sender')),
    target text NOT NULL DEFAULT '' CHECK ((scope = 'all') = (target = '')),
    reason text NOT NULL DEFAULT '' CHECK (length(reason) <= 500),
    stopped_by text NOT NULL,
    stopped_at timestamptz NOT NULL,
    resumed_by text,
    resumed_at timestamptz,
    CHECK ((resumed_by IS NULL) = (resumed_at IS NULL))
);
CREATE INDEX stop_in_force ON gate.stop (scope, target) WHERE resumed_at IS NULL;

CREATE SEQUENCE deliver.run_id_sequence;
CREATE TABLE deliver.run (
    run_id bigint PRIMARY KEY DEFAULT nextval('deliver.run_id_sequence'),
    plan_id bigint NOT NULL UNIQUE REFERENCES plan.plan (plan_id),
    rule_name text NOT NULL,
    business_number_id text NOT NULL REFERENCES account.business_number (business_number_id),
    state text NOT NULL CHECK (state IN ('running', 'finished', 'cancelled')),
    is_test boolean NOT NULL DEFAULT false,
    launched_by text NOT NULL,
    launched_at timestamptz NOT NULL,
    finished_at timestamptz
);

CREATE SEQUENCE deliver.message_id_sequence CACHE 100;
CREATE TABLE deliver.message (
    message_id bigint PRIMARY KEY DEFAULT nextval('deliver.message_id_sequence'),
    run_id bigint NOT NULL REFERENCES deliver.run (run_id),
    contact_id bigint NOT NULL REFERENCES profile.contact (contact_id),
    step smallint NOT NULL DEFAULT 1,
    business_number_id text NOT NULL,
    template_id bigint NOT NULL,
    -- Drawn in deliver/README.md; a test holds the drawing, the enum and this list together.
    state text NOT NULL CHECK (state IN (
        'planned', 'claimed', 'intent', 'accepted', 'held', 'refused', 'unknown', 'unresolved',
        'cancelled', 'expired', 'deferred')),
    reason text NOT NULL DEFAULT '',
    error_code integer NOT NULL DEFAULT 0,
    batch integer NOT NULL DEFAULT 0,
    send_from timestamptz NOT NULL,
    send_until timestamptz NOT NULL,
    fence bigint NOT NULL DEFAULT 0,
    attempts smallint NOT NULL DEFAULT 0,
    changed_at timestamptz NOT NULL,
    wamid_index bytea CHECK (octet_length(wamid_index) = 16),
    sealed_wamid bytea,
    accepted_at timestamptz,
    sent_at timestamptz,
    delivered_at timestamptz,
    read_at timestamptz,
    failed_at timestamptz,
    failed_code integer,
    clicked_at timestamptz,
    replied_at timestamptz,
    opted_out_at timestamptz,
    billed_category text NOT NULL DEFAULT '',
    UNIQUE (run_id, contact_id, step),
    CHECK (state <> 'accepted' OR accepted_at IS NOT NULL)
);
CREATE UNIQUE INDEX message_by_wamid ON deliver.message (wamid_index) WHERE wamid_index IS NOT NULL;
CREATE INDEX message_to_do ON deliver.message (business_number_id, send_from, message_id)
    WHERE state IN ('planned', 'deferred');
CREATE INDEX message_in_doubt ON deliver.message (business_number_id) WHERE state IN ('intent', 'unknown', 'claimed');
CREATE INDEX message_by_contact ON deliver.message (contact_id);

CREATE SEQUENCE gate.permit_id_sequence CACHE 100;
CREATE TABLE gate.permit (
    permit_id bigint PRIMARY KEY DEFAULT nextval('gate.permit_id_sequence'),
    message_id bigint NOT NULL REFERENCES deliver.message (message_id),
    contact_id bigint NOT NULL REFERENCES profile.contact (contact_id),
    rule_name text NOT NULL,
    rule_version_id bigint NOT NULL REFERENCES rule.rule_version (rule_version_id),
    business_number_id text NOT NULL,
    category text NOT NULL,
    purpose text NOT NULL,
    consent_id bigint REFERENCES profile.consent (consent_id),
    is_test boolean NOT NULL DEFAULT false,
    -- The price the budget was charged with, in minor units times 10^4 of the billing currency.
    price_e4 bigint NOT NULL DEFAULT 0,
    granted_at timestamptz NOT NULL,
    -- Set only where Meta surely never accepted the message; the cap counts every other permit.
    released_at timestamptz,
    CHECK (purpose <> 'marketing' OR consent_id IS NOT NULL)
);
CREATE UNIQUE INDEX permit_is_one_per_message ON gate.permit (message_id) WHERE released_at IS NULL;
CREATE INDEX permit_by_contact ON gate.permit (contact_id, granted_at) WHERE released_at IS NULL;
CREATE INDEX permit_by_time ON gate.permit (granted_at) WHERE released_at IS NULL;

CREATE SEQUENCE gate.verdict_id_sequence CACHE 100;
CREATE TABLE gate.verdict (
    verdict_id bigint NOT NULL DEFAULT nextval('gate.verdict_id_sequence'),
    decided_at timestamptz NOT NULL,
    message_id bigint NOT NULL,
    contact_id bigint NOT NULL,
    outcome text NOT NULL CHECK (outcome IN ('allowed', 'denied', 'deferred')),
    reason text NOT NULL DEFAULT '',
    deferred_until timestamptz,
    facts jsonb NOT NULL,
    CHECK ((outcome = 'allowed') = (reason = '')),
    PRIMARY KEY (decided_at, verdict_id)
) PARTITION BY RANGE (decided_at);
CREATE TABLE gate.verdict_default PARTITION OF gate.verdict DEFAULT;
CREATE INDEX verdict_by_contact ON gate.verdict (contact_id, decided_at);

CREATE SEQUENCE deliver.attempt_id_sequence CACHE 100;
CREATE TABLE deliver.attempt (
    attempt_id bigint NOT NULL DEFAULT nextval('deliver.attempt_id_sequence'),
    intent_at timestamptz NOT NULL,
    message_id bigint NOT NULL,
    contact_id bigint NOT NULL,
    permit_id bigint NOT NULL REFERENCES gate.permit (permit_id),
    opaque_id bytea NOT NULL CHECK (octet_length(opaque_id) = 16),
    fence bigint NOT NULL,
    state text NOT NULL CHECK (state IN ('intent', 'accepted', 'held', 'refused', 'unknown', 'cancelled')),
    error_code integer NOT NULL DEFAULT 0,
    -- What was frozen at intent: address and parameters, sealed with the person's key.
    sealed_request bytea NOT NULL,
    finished_at timestamptz,
    PRIMARY KEY (intent_at, attempt_id)
) PARTITION BY RANGE (intent_at);
CREATE TABLE deliver.attempt_default PARTITION OF deliver.attempt DEFAULT;
CREATE INDEX attempt_by_opaque ON deliver.attempt (opaque_id);
CREATE INDEX attempt_by_message ON deliver.attempt (message_id);

CREATE SEQUENCE deliver.status_id_sequence CACHE 1000;
CREATE TABLE deliver.status (
    status_id bigint NOT NULL DEFAULT nextval('deliver.status_id_sequence'),
    occurred_at timestamptz NOT NULL,
    wamid_index bytea NOT NULL CHECK (octet_length(wamid_index) = 16),
    status text NOT NULL CHECK (status IN ('sent', 'delivered', 'read', 'played', 'failed')),
    error_code integer NOT NULL DEFAULT 0,
    opaque_id bytea,
    -- Empty while no message of ours is known under this wamid: another app on the account may have sent it.
    message_id bigint,
    pricing_type text NOT NULL DEFAULT '',
    pricing_category text NOT NULL DEFAULT '',
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (occurred_at, status_id),
    UNIQUE (occurred_at, wamid_index, status, error_code)
) PARTITION BY RANGE (occurred_at);
CREATE TABLE deliver.status_default PARTITION OF deliver.status DEFAULT;
CREATE INDEX status_by_wamid ON deliver.status (wamid_index);

-- One sender holds a number; the epoch fences off whoever held it before.
CREATE TABLE deliver.lease (
    business_number_id text PRIMARY KEY REFERENCES account.business_number (business_number_id),
    holder text NOT NULL,
    epoch bigint NOT NULL CHECK (epoch > 0),
    expires_at timestamptz NOT NULL
);
