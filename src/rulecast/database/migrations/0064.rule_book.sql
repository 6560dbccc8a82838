-- The life of a rule: the state of each version with its history, standing approvals, runs by schedule.

-- What a rule says now: the version its author saved last, which may be an older text taken up again.
CREATE TABLE rule.head (
    rule_name text PRIMARY KEY,
    rule_version_id bigint NOT NULL REFERENCES rule.rule_version (rule_version_id)
);
INSERT INTO rule.head (rule_name, rule_version_id)
SELECT rule_name, max(rule_version_id) FROM rule.rule_version GROUP BY rule_name;

-- Every step of every version: who did it, when, and why.
CREATE TABLE rule.rule_state (
    rule_state_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    rule_version_id bigint NOT NULL REFERENCES rule.rule_version (rule_version_id),
    act text NOT NULL CHECK (act IN (
        'save', 'approve', 'activate', 'pause', 'resume', 'hold', 'archive', 'replace')),
    from_state text NOT NULL CHECK (from_state IN ('draft', 'approved', 'active', 'paused', 'held', 'archived')),
    state text NOT NULL CHECK (state IN ('draft', 'approved', 'active', 'paused', 'held', 'archived')),
    -- Why a rule is held, as a code.
    reason text NOT NULL DEFAULT '' CHECK (reason ~ '^[a-z_]{0,40}$'),
    why text NOT NULL DEFAULT '' CHECK (length(why) <= 500),
    actor text NOT NULL CHECK (length(actor) BETWEEN 1 AND 100),
    at timestamptz NOT NULL,
    CHECK ((act = 'hold') = (reason <> ''))
);
CREATE INDEX rule_state_by_version ON rule.rule_state (rule_version_id, rule_state_id);
-- Both are asked at every send; few rules rest or are archived in some days.
CREATE INDEX rule_state_archived ON rule.rule_state (at) WHERE state = 'archived';
CREATE TRIGGER rule_state_is_append_only BEFORE UPDATE OR DELETE ON rule.rule_state
    FOR EACH ROW EXECUTE FUNCTION public.forbid_change();

-- The newest step of each version that ever left the draft; a version without a row is a draft.
CREATE TABLE rule.current_state (
    rule_version_id bigint PRIMARY KEY REFERENCES rule.rule_version (rule_version_id),
    rule_name text NOT NULL,
    state text NOT NULL CHECK (state IN ('draft', 'approved', 'active', 'paused', 'held', 'archived')),
    -- Where a held version came from and goes back to.
    held_from text NOT NULL DEFAULT '' CHECK ((state = 'held') = (held_from <> '')),
    reason text NOT NULL DEFAULT '',
    why text NOT NULL DEFAULT '',
    since timestamptz NOT NULL,
    -- When it was activated; a pause does not change it.
    activated_at timestamptz,
    CHECK (state <> 'active' OR activated_at IS NOT NULL)
);
CREATE INDEX current_state_by_rule ON rule.current_state (rule_name);
CREATE INDEX current_state_at_rest ON rule.current_state (rule_name) WHERE state IN ('paused', 'held');
-- One version of a rule is in force: active, resting, or held on its way.
CREATE UNIQUE INDEX one_version_in_force ON rule.current_state (rule_name)
    WHERE state IN ('active', 'paused') OR state = 'held' AND held_from IN ('active', 'paused');

-- What somebody signed for a rule that runs by itself, and how far it may go.
CREATE TABLE rule.standing_approval (
    standing_approval_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    rule_version_id bigint NOT NULL REFERENCES rule.rule_version (rule_version_id),
    rule_hash bytea NOT NULL CHECK (octet_length(rule_hash) = 32),
    -- Name and language of each template to a hash of what it says, hexadecimal.
    template_hashes jsonb NOT NULL CHECK (jsonb_typeof(template_hashes) = 'object'),
    purpose text NOT NULL,
    people_per_run integer NOT NULL CHECK (people_per_run > 0),
    people_per_day integer NOT NULL CHECK (people_per_day >= people_per_run),
    -- Minor units of the billing currency.
    cost_per_run bigint NOT NULL CHECK (cost_per_run >= 0),
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    sensitive_fields text[] NOT NULL DEFAULT '{}',
    valid_until timestamptz NOT NULL,
    approved_by text NOT NULL CHECK (length(approved_by) BETWEEN 1 AND 100),
    approved_at timestamptz NOT NULL,
    signature bytea NOT NULL,
    CHECK (valid_until > approved_at AND valid_until <= approved_at + interval '90 days')
);
CREATE INDEX standing_approval_by_version ON rule.standing_approval (rule_version_id, standing_approval_id DESC);
CREATE TRIGGER standing_approval_is_append_only BEFORE UPDATE OR DELETE ON rule.standing_approval
    FOR EACH ROW EXECUTE FUNCTION public.forbid_change();

-- One run per local day and rule version, whoever is first and however often somebody looks.
CREATE TABLE rule.scheduled_run (
    rule_version_id bigint NOT NULL REFERENCES rule.rule_version (rule_version_id),
    run_day date NOT NULL,
    rule_name text NOT NULL,
    due_at timestamptz NOT NULL,
    taken_at timestamptz NOT NULL,
    plan_id bigint UNIQUE REFERENCES plan.plan (plan_id),
    -- open: being planned; launched; nobody: the plan was empty; held; missed: the window had closed.
    outcome text NOT NULL CHECK (outcome IN ('open', 'launched', 'nobody', 'held', 'missed', 'skipped')),
    detail text NOT NULL DEFAULT '' CHECK (length(detail) <= 500),
    PRIMARY KEY (rule_version_id, run_day)
);
CREATE INDEX scheduled_run_by_rule ON rule.scheduled_run (rule_name, run_day DESC);
-- Two versions of a rule do not both write to people on one day.
CREATE UNIQUE INDEX one_launch_per_day ON rule.scheduled_run (rule_name, run_day) WHERE outcome = 'launched';

-- What the runs of a rule under its standing approval used of a local day of the workspace.
CREATE TABLE rule.day_use (
    rule_name text NOT NULL,
    day date NOT NULL,
    runs integer NOT NULL CHECK (runs > 0),
    people bigint NOT NULL CHECK (people >= 0),
    cost_e4 bigint NOT NULL CHECK (cost_e4 >= 0),
    PRIMARY KEY (rule_name, day)
);
