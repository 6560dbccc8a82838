-- What rules do at the moments of their messages, the steps that follow messages, and what stop conditions count.

-- Each action once for a message: written in the transaction that stores the moment and does the action.
CREATE TABLE deliver.action_taken (
    message_id bigint NOT NULL REFERENCES deliver.message (message_id),
    -- The place of the action among those of the rule, from 1.
    position smallint NOT NULL CHECK (position >= 1),
    run_id bigint NOT NULL REFERENCES deliver.run (run_id),
    contact_id bigint NOT NULL REFERENCES profile.contact (contact_id),
    moment text NOT NULL CHECK (moment IN ('accepted', 'delivered', 'clicked', 'replied')),
    what text NOT NULL CHECK (length(what) BETWEEN 1 AND 300),
    taken_at timestamptz NOT NULL,
    PRIMARY KEY (message_id, position)
);
CREATE INDEX action_taken_by_run ON deliver.action_taken (run_id);
CREATE INDEX action_taken_by_contact ON deliver.action_taken (contact_id, taken_at);
CREATE TRIGGER action_taken_is_append_only BEFORE UPDATE OR DELETE ON deliver.action_taken
    FOR EACH ROW EXECUTE FUNCTION public.forbid_change();

-- Which team owns the conversation with a person; the newest row says who does.
CREATE TABLE profile.conversation_owner (
    conversation_owner_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    contact_id bigint NOT NULL REFERENCES profile.contact (contact_id),
    team text NOT NULL CHECK (length(team) BETWEEN 1 AND 60),
    -- The rule that assigned it, and the message; whoever assigns by hand names none.
    rule_name text NOT NULL DEFAULT '',
    message_id bigint,
    assigned_by text NOT NULL,
    assigned_at timestamptz NOT NULL,
    UNIQUE (message_id, team)
);
CREATE INDEX conversation_owner_by_contact ON profile.conversation_owner (contact_id, conversation_owner_id);
CREATE TRIGGER conversation_owner_is_append_only BEFORE UPDATE OR DELETE ON profile.conversation_owner
    FOR EACH ROW EXECUTE FUNCTION public.forbid_change();

-- Where declared recipients are told; one without an address reads its notices in the report.
CREATE TABLE observe.recipient (
    name text PRIMARY KEY CHECK (length(name) BETWEEN 1 AND 60),
    webhook text NOT NULL DEFAULT '' CHECK (length(webhook) <= 2000),
    updated_at timestamptz NOT NULL
);

-- Notices that wait to be told, and what became of them. They name a contact by number and hold nothing else of people.
CREATE TABLE observe.notice (
    notice_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    recipient text NOT NULL,
    rule_name text NOT NULL,
    run_id bigint NOT NULL REFERENCES deliver.run (run_id),
    message_id bigint NOT NULL REFERENCES deliver.message (message_id),
    contact_id bigint NOT NULL REFERENCES profile.contact (contact_id),
    moment text NOT NULL CHECK (moment IN ('accepted', 'delivered', 'clicked', 'replied')),
    noticed_at timestamptz NOT NULL,
    -- kept: the recipient has no address; failed: given up after the last attempt.
    state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'told', 'kept', 'failed')),
    attempts smallint NOT NULL DEFAULT 0,
    next_attempt_at timestamptz NOT NULL,
    last_problem text NOT NULL DEFAULT '' CHECK (length(last_problem) <= 200),
    told_at timestamptz,
    UNIQUE (message_id, recipient, moment),
    CHECK ((state = 'told') = (told_at IS NOT NULL))
);
CREATE INDEX notice_waiting ON observe.notice (next_attempt_at) WHERE state = 'waiting';
CREATE INDEX notice_by_run ON observe.notice (run_id);
CREATE INDEX notice_told ON observe.notice (recipient, told_at) WHERE state = 'told';

-- A step of a rule after its first message: plan, run and permit say which, and to which run the people belong.
ALTER TABLE plan.plan
    ADD COLUMN step smallint NOT NULL DEFAULT 1 CHECK (step BETWEEN 1 AND 6),
    ADD COLUMN first_run_id bigint REFERENCES deliver.run (run_id),
    ADD CHECK ((step = 1) = (first_run_id IS NULL));
ALTER TABLE deliver.run
    ADD COLUMN step smallint NOT NULL DEFAULT 1 CHECK (step BETWEEN 1 AND 6),
    ADD COLUMN first_run_id bigint REFERENCES deliver.run (run_id),
    ADD CHECK ((step = 1) = (first_run_id IS NULL));
CREATE INDEX run_of_step ON deliver.run (first_run_id) WHERE first_run_id IS NOT NULL;
-- A limit of the rule itself counts how often a person enters it, not the steps that belong together.
ALTER TABLE gate.permit ADD COLUMN step smallint NOT NULL DEFAULT 1 CHECK (step BETWEEN 1 AND 6);

-- Each person's next step, written in the transaction that stores the acceptance of the step before.
CREATE TABLE deliver.follow_up (
    first_run_id bigint NOT NULL REFERENCES deliver.run (run_id),
    contact_id bigint NOT NULL REFERENCES profile.contact (contact_id),
    step smallint NOT NULL CHECK (step BETWEEN 2 AND 6),
    rule_version_id bigint NOT NULL REFERENCES rule.rule_version (rule_version_id),
    after_message_id bigint NOT NULL UNIQUE REFERENCES deliver.message (message_id),
    first_accepted_at timestamptz NOT NULL,
    due_at timestamptz NOT NULL,
    -- ended: nothing more is sent, `why` says what ended it; excluded: the plan left the person out.
    state text NOT NULL DEFAULT 'waiting' CHECK (state IN (
        'waiting', 'planned', 'launched', 'excluded', 'held_back', 'ended')),
    why text NOT NULL DEFAULT '' CHECK (length(why) <= 200),
    plan_id bigint REFERENCES plan.plan (plan_id),
    decided_at timestamptz,
    PRIMARY KEY (first_run_id, contact_id, step),
    CHECK ((state IN ('planned', 'launched', 'excluded', 'held_back')) <= (plan_id IS NOT NULL)),
    CHECK ((state = 'waiting') = (decided_at IS NULL))
);
CREATE INDEX follow_up_due ON deliver.follow_up (due_at) WHERE state = 'waiting';
CREATE INDEX follow_up_to_launch ON deliver.follow_up (plan_id) WHERE state = 'planned';
CREATE INDEX follow_up_by_contact ON deliver.follow_up (contact_id);

-- What a transaction added to the counts of a rule with stop conditions: appended, so that nobody waits for a row; what
-- is older than an hour is folded to a row a minute.
CREATE TABLE deliver.tally (
    tally_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    rule_version_id bigint NOT NULL REFERENCES rule.rule_version (rule_version_id),
    run_id bigint NOT NULL REFERENCES deliver.run (run_id),
    counted_at timestamptz NOT NULL,
    delivered integer NOT NULL DEFAULT 0 CHECK (delivered >= 0),
    failed integer NOT NULL DEFAULT 0 CHECK (failed >= 0),
    opted_out integer NOT NULL DEFAULT 0 CHECK (opted_out >= 0)
);
CREATE INDEX tally_by_version ON deliver.tally (rule_version_id, counted_at)
    INCLUDE (delivered, failed, opted_out);
CREATE INDEX tally_by_age ON deliver.tally (counted_at);

-- Follow-up steps are runs of their own in every report.
CREATE OR REPLACE VIEW observe.message_outcome AS
SELECT
    message.message_id,
    message.run_id,
    run.plan_id,
    run.rule_name,
    run.is_test,
    message.contact_id,
    message.template_id,
    message.business_number_id,
    message.state,
    message.reason,
    CASE WHEN message.state IN ('held', 'refused') THEN message.error_code ELSE 0 END AS error_code,
    message.state = 'accepted' AS is_accepted,
    message.delivered_at IS NOT NULL OR message.read_at IS NOT NULL AS is_delivered,
    message.read_at IS NOT NULL AS is_read,
    message.clicked_at IS NOT NULL AS is_clicked,
    message.replied_at IS NOT NULL AS is_replied,
    message.opted_out_at IS NOT NULL AS is_opted_out,
    message.failed_at IS NOT NULL AND message.delivered_at IS NULL AND message.read_at IS NULL AS is_failed,
    coalesce(message.failed_code, 0) AS failed_code,
    date_trunc('hour', coalesce(message.accepted_at, message.changed_at), 'UTC') AS hour,
    message.accepted_at,
    message.delivered_at,
    message.read_at,
    message.billed_category,
    message.variant,
    run.step
FROM deliver.message AS message
JOIN deliver.run AS run ON run.run_id = message.run_id;
