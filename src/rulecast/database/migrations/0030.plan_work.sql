-- Planning works on whole audiences with set operations; these tables hold one planning at a time (advisory lock)
-- and are emptied at the start of the next. Unlogged: what is lost in a crash is planned again.

CREATE UNLOGGED TABLE plan.work_audience (
    plan_id bigint NOT NULL,
    contact_id bigint NOT NULL,
    in_holdout boolean NOT NULL,
    -- Keyed hash of rule and person: the order in which a budget or a limit is given out.
    order_key bigint NOT NULL
);

-- One row per distinct country, language and zone of an audience: what does not differ inside it is decided once.
CREATE UNLOGGED TABLE plan.work_combination (
    plan_id bigint NOT NULL,
    country text NOT NULL,
    language text NOT NULL,
    zone text NOT NULL,
    template_id bigint NOT NULL,
    template_reason smallint NOT NULL,
    hours_reason smallint NOT NULL,
    send_from timestamptz NOT NULL,
    send_until timestamptz NOT NULL,
    decision_day date NOT NULL,
    price_e4 bigint NOT NULL,
    latest_birth_date text NOT NULL,
    PRIMARY KEY (plan_id, country, language, zone)
);

CREATE UNLOGGED TABLE plan.work_missing (
    plan_id bigint NOT NULL,
    contact_id bigint NOT NULL,
    PRIMARY KEY (plan_id, contact_id)
);

CREATE UNLOGGED TABLE plan.work_candidate (
    plan_id bigint NOT NULL,
    contact_id bigint NOT NULL,
    order_key bigint NOT NULL,
    in_holdout boolean NOT NULL,
    -- Reason before contention (consent to parameters) and after it (holdout to hours); 0 is none.
    early_reason smallint NOT NULL,
    late_reason smallint NOT NULL,
    template_id bigint NOT NULL,
    country text NOT NULL,
    send_from timestamptz NOT NULL,
    send_until timestamptz NOT NULL,
    decision_day date NOT NULL,
    price_e4 bigint NOT NULL,
    lost_to_plan_id bigint NOT NULL DEFAULT 0,
    margin integer NOT NULL DEFAULT 0
);

-- Who wants a person on a day: the plans made together, approved plans, and reservations of launched ones.
CREATE UNLOGGED TABLE plan.work_claim (
    plan_id bigint NOT NULL,
    contact_id bigint NOT NULL,
    decision_day date NOT NULL,
    rule_name text NOT NULL,
    -- Band times 1000 plus priority, 10^9 for a person already reached; the higher wins, then the smaller hash.
    strength integer NOT NULL,
    tiebreak bigint NOT NULL
);

ALTER TABLE plan.member
    -- Drawn before any filter, so that the comparison is fair whoever else was excluded.
    ADD COLUMN in_holdout boolean NOT NULL DEFAULT false,
    ADD COLUMN price_e4 bigint NOT NULL DEFAULT 0,
    ADD COLUMN decision_day date NOT NULL DEFAULT '-infinity';
CREATE INDEX member_by_contact ON plan.member (contact_id);

-- What delivery needs of a plan, and nothing else.
CREATE VIEW plan.sendable AS
SELECT plan_id, contact_id, template_id, batch, send_from, send_until
FROM plan.member
WHERE reason_number = 0;
