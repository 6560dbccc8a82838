-- Rivals meet in decision windows, scores decide among equals, every loss is kept; budgets of a month.

-- Whether the first possible sends of two plans to one person fall into one decision window. A window of -1 seconds is
-- the person's day; otherwise the narrower of both windows counts.
CREATE FUNCTION plan.compete(
    own_day date, own_from timestamptz, own_seconds integer,
    other_day date, other_from timestamptz, other_seconds integer
) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
    WHEN own_seconds < 0 AND other_seconds < 0 THEN own_day = other_day
    ELSE abs(extract(epoch FROM own_from - other_from)) <= CASE
        WHEN own_seconds < 0 THEN other_seconds
        WHEN other_seconds < 0 THEN own_seconds
        ELSE least(own_seconds, other_seconds) END
END;

-- By how much a score won where both rules are equally strong; infinite where the loser has none.
CREATE FUNCTION plan.score_margin(winner_strength integer, winner_score float8, own_strength integer, own_score float8)
RETURNS float8 LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN winner_strength <> own_strength OR winner_score = own_score THEN 0 ELSE winner_score - own_score END;

-- A person who has no value for the score stands behind everybody who has one.
ALTER TABLE plan.work_candidate
    ADD COLUMN score float8 NOT NULL DEFAULT '-Infinity',
    ADD COLUMN score_margin float8 NOT NULL DEFAULT 0;
ALTER TABLE plan.work_claim
    ADD COLUMN send_from timestamptz NOT NULL DEFAULT 'epoch',
    ADD COLUMN window_seconds integer NOT NULL DEFAULT -1,
    ADD COLUMN score float8 NOT NULL DEFAULT '-Infinity';
ALTER TABLE plan.member
    ADD COLUMN score float8 NOT NULL DEFAULT '-Infinity',
    ADD COLUMN score_margin float8 NOT NULL DEFAULT 0;

-- A person can be reserved for several windows of one day.
ALTER TABLE plan.reservation
    DROP CONSTRAINT reservation_pkey,
    ADD COLUMN send_from timestamptz NOT NULL DEFAULT 'epoch',
    ADD COLUMN window_seconds integer NOT NULL DEFAULT -1 CHECK (window_seconds BETWEEN -1 AND 86400),
    ADD COLUMN score float8 NOT NULL DEFAULT '-Infinity',
    ADD PRIMARY KEY (contact_id, plan_id);
CREATE INDEX reservation_by_day ON plan.reservation (decision_day);

-- Whom a launched plan lost when it was launched, and whom it lost to a later launch.
CREATE TABLE plan.loss (
    plan_id bigint NOT NULL REFERENCES plan.plan (plan_id),
    contact_id bigint NOT NULL REFERENCES profile.contact (contact_id),
    lost_to_plan_id bigint NOT NULL REFERENCES plan.plan (plan_id),
    margin integer NOT NULL,
    score_margin float8 NOT NULL,
    lost_at timestamptz NOT NULL,
    PRIMARY KEY (plan_id, contact_id, lost_to_plan_id)
);
CREATE TRIGGER loss_is_append_only BEFORE UPDATE OR DELETE ON plan.loss
    FOR EACH ROW EXECUTE FUNCTION public.forbid_change();

-- What a rule may cost in a month of the workspace's zone, and what its live permits have cost so far: minor units
-- times 10^4 of the billing currency. A version with a smaller budget cannot make what was spent undone.
CREATE TABLE gate.month_budget (
    rule_name text NOT NULL,
    month date NOT NULL CHECK (extract(day FROM month) = 1),
    limit_e4 bigint NOT NULL CHECK (limit_e4 >= 0),
    spent_e4 bigint NOT NULL DEFAULT 0 CHECK (spent_e4 BETWEEN 0 AND limit_e4),
    PRIMARY KEY (rule_name, month)
);
-- The month whose budget a permit was charged to.
ALTER TABLE gate.permit ADD COLUMN budget_month date;
