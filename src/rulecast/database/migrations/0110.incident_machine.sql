-- The incident machine: what each signal makes rest, who has it in hand, what was done, and who was told.

ALTER TABLE gate.incident DROP CONSTRAINT incident_scope_check;
ALTER TABLE gate.incident
    ADD CONSTRAINT incident_scope_check
        CHECK (scope IN ('waba', 'number', 'portfolio', 'country', 'template', 'rule', 'workspace')),
    -- What is in force because of it; it rises when nobody answers or the signal comes again.
    ADD COLUMN response text NOT NULL DEFAULT 'note' CHECK (response IN (
        'note', 'slow', 'hold_marketing', 'hold_utility', 'hold_business', 'hold_country', 'hold_template', 'hold_rule',
        'hold_number', 'stop_all')),
    ADD COLUMN level smallint NOT NULL DEFAULT 0 CHECK (level BETWEEN 0 AND 20),
    ADD COLUMN raised_at timestamptz,
    ADD COLUMN repeat_count integer NOT NULL DEFAULT 0 CHECK (repeat_count >= 0),
    ADD COLUMN seen_at timestamptz,
    ADD COLUMN owner text CHECK (length(owner) BETWEEN 1 AND 200),
    ADD COLUMN is_drill boolean NOT NULL DEFAULT false;
UPDATE gate.incident SET raised_at = opened_at, seen_at = opened_at;
ALTER TABLE gate.incident
    ALTER COLUMN raised_at SET NOT NULL,
    ALTER COLUMN seen_at SET NOT NULL;
DROP INDEX gate.incident_is_open_once;
CREATE UNIQUE INDEX incident_is_open_once ON gate.incident (cause, scope, scope_id, is_drill) WHERE closed_at IS NULL;
CREATE INDEX incident_by_place ON gate.incident (scope, scope_id, cause, closed_at);

-- Everything that was done about an incident, in order; never changed.
CREATE TABLE gate.incident_entry (
    entry_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    incident_id bigint NOT NULL REFERENCES gate.incident,
    kind text NOT NULL CHECK (kind IN ('note', 'step', 'owner', 'repeated', 'raised', 'resumed', 'forced')),
    -- Which of its steps was done, from 1.
    step smallint CHECK (step BETWEEN 1 AND 50),
    by_whom text NOT NULL CHECK (length(by_whom) BETWEEN 1 AND 200),
    at timestamptz NOT NULL,
    what text NOT NULL DEFAULT '' CHECK (length(what) <= 500),
    CHECK ((kind = 'step') = (step IS NOT NULL))
);
CREATE INDEX incident_entry_by_incident ON gate.incident_entry (incident_id, entry_id);
CREATE UNIQUE INDEX incident_step_is_done_once ON gate.incident_entry (incident_id, step) WHERE kind = 'step';

-- A number that sends less for a while; its share rises again by itself.
CREATE TABLE gate.slowdown (
    business_number_id text PRIMARY KEY REFERENCES account.business_number,
    share double precision NOT NULL CHECK (share > 0 AND share <= 1),
    slowed_at timestamptz NOT NULL
);

-- Who has to be told of an incident: written with it, sent afterwards, each once.
CREATE TABLE gate.alert (
    alert_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    incident_id bigint NOT NULL REFERENCES gate.incident,
    occasion text NOT NULL CHECK (occasion IN ('opened', 'raised', 'resumed')),
    level smallint NOT NULL,
    channel text NOT NULL CHECK (channel IN ('webhook', 'email')),
    state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'told', 'failed', 'kept')),
    attempts smallint NOT NULL DEFAULT 0,
    made_at timestamptz NOT NULL,
    next_attempt_at timestamptz NOT NULL,
    told_at timestamptz,
    last_problem text NOT NULL DEFAULT '' CHECK (length(last_problem) <= 200),
    CHECK ((state = 'told') = (told_at IS NOT NULL)),
    UNIQUE (incident_id, occasion, level, channel)
);
CREATE INDEX alert_waits ON gate.alert (next_attempt_at) WHERE state = 'waiting';

-- A broken promise that was found while sending: each once, with the incident that stopped everything because of it.
CREATE TABLE gate.breach (
    invariant text NOT NULL CHECK (invariant ~ '^[a-z_]{1,40}$'),
    breach_key text NOT NULL CHECK (length(breach_key) BETWEEN 1 AND 80),
    incident_id bigint NOT NULL REFERENCES gate.incident,
    found_at timestamptz NOT NULL,
    PRIMARY KEY (invariant, breach_key)
);

-- People who cannot or do not want to be reached, among the failures.
ALTER TABLE deliver.tally ADD COLUMN blocked integer NOT NULL DEFAULT 0 CHECK (blocked >= 0);

-- What is usual: what became of the messages of a rule from a number, a row a day.
CREATE TABLE deliver.rate_history (
    day date NOT NULL,
    rule_name text NOT NULL,
    business_number_id text NOT NULL,
    delivered bigint NOT NULL CHECK (delivered >= 0),
    failed bigint NOT NULL CHECK (failed >= 0),
    opted_out bigint NOT NULL CHECK (opted_out >= 0),
    blocked bigint NOT NULL CHECK (blocked >= 0),
    PRIMARY KEY (day, rule_name, business_number_id)
);
