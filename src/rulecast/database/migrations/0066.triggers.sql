-- Triggers: what arrived and waits to be matched, what fired and waits to be decided, who is in which audience.

-- What the rules in force wait for; the name of an event, or an empty one for changes of people. Read by the
-- transaction that stores an event, so that a rule costs nothing where nobody waits for the event.
CREATE TABLE rule.watch (
    name text PRIMARY KEY CHECK (length(name) <= 64),
    is_trigger boolean NOT NULL,
    with_imports boolean NOT NULL,
    for_entering boolean NOT NULL
);

-- What was stored and is not matched yet. Written in the storing transaction and deleted in the one that matches: a row
-- cannot be skipped, however late its writer commits, and a long import of somebody else holds nothing up.
CREATE TABLE rule.arrival (
    arrival_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    contact_id bigint NOT NULL,
    -- Zero, with an empty name, for a change of the person.
    event_id bigint NOT NULL DEFAULT 0,
    name text NOT NULL DEFAULT '',
    occurred_at timestamptz NOT NULL,
    is_import boolean NOT NULL,
    arrived_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- How often matching it has failed: then it is tried alone, and after a few times set aside.
    failures smallint NOT NULL DEFAULT 0 CHECK (failures >= 0),
    CHECK ((event_id = 0) = (name = ''))
);
-- What happens now goes before what an import brings.
CREATE INDEX arrival_in_turn ON rule.arrival (failures, is_import, arrival_id);

CREATE FUNCTION rule.note_events() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO rule.arrival (contact_id, event_id, name, occurred_at, is_import)
    SELECT added.contact_id, added.event_id, added.name, added.occurred_at, added.source = 'import'
    FROM added
    JOIN rule.watch ON watch.name = added.name
    WHERE added.source <> 'import' OR watch.with_imports;
    INSERT INTO rule.arrival (contact_id, occurred_at, is_import)
    SELECT added.contact_id, max(added.occurred_at), true
    FROM added
    JOIN rule.watch ON watch.name = added.name
    WHERE added.source = 'import' AND NOT watch.with_imports AND watch.for_entering
    GROUP BY added.contact_id;
    RETURN NULL;
END
$$;
CREATE TRIGGER event_arrives AFTER INSERT ON collect.event
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION rule.note_events();

-- An import says so for its transaction: `SET LOCAL rulecast.importing = 'on'`.
CREATE FUNCTION rule.note_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO rule.arrival (contact_id, occurred_at, is_import)
    SELECT added.contact_id, max(added.valid_from), coalesce(current_setting('rulecast.importing', true), '') = 'on'
    FROM added
    WHERE added.kind NOT IN ('suppression', 'flags') AND EXISTS (SELECT FROM rule.watch WHERE watch.name = '')
    GROUP BY added.contact_id;
    RETURN NULL;
END
$$;
CREATE TRIGGER change_arrives AFTER INSERT ON profile.change
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION rule.note_changes();

-- A version that listens, since when, and against which catalogue and cluster: another one means listening anew.
CREATE TABLE rule.armed (
    rule_version_id bigint PRIMARY KEY REFERENCES rule.rule_version (rule_version_id),
    kind text NOT NULL CHECK (kind IN ('event', 'entering')),
    since timestamptz NOT NULL,
    signature bytea NOT NULL CHECK (octet_length(signature) = 16),
    -- Transactions from this one on see what the version waits for.
    watch_xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    is_complete boolean NOT NULL DEFAULT false,
    armed_at timestamptz NOT NULL
);

-- One firing of a version for one person: by an event, or (event 0) by entering the audience.
CREATE TABLE rule.trigger_candidate (
    candidate_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    rule_version_id bigint NOT NULL REFERENCES rule.rule_version (rule_version_id),
    rule_name text NOT NULL,
    contact_id bigint NOT NULL,
    event_id bigint NOT NULL DEFAULT 0,
    occurred_at timestamptz NOT NULL,
    fired_at timestamptz NOT NULL,
    -- After its delay; and when its decision window closes.
    due_at timestamptz NOT NULL,
    decide_at timestamptz NOT NULL CHECK (decide_at >= due_at),
    -- Fired by what a message of a rule brought about, or by coming back into the audience.
    is_effect boolean NOT NULL DEFAULT false,
    -- held: many entered at once and a person decides; held_back: the plan may not be launched without a person.
    state text NOT NULL DEFAULT 'waiting' CHECK (state IN (
        'waiting', 'planned', 'launched', 'excluded', 'no_match', 'held', 'held_back', 'dropped')),
    why text NOT NULL DEFAULT '' CHECK (length(why) <= 200),
    plan_id bigint REFERENCES plan.plan (plan_id),
    decided_at timestamptz,
    CHECK ((state IN ('planned', 'launched', 'excluded', 'held_back')) <= (plan_id IS NOT NULL)),
    CHECK ((state IN ('waiting', 'held')) <= (plan_id IS NULL))
);
-- One event fires a version once, whatever is repeated after a crash.
CREATE UNIQUE INDEX candidate_fires_once ON rule.trigger_candidate (rule_version_id, event_id) WHERE event_id <> 0;
CREATE INDEX candidate_to_decide ON rule.trigger_candidate (decide_at) WHERE state = 'waiting';
CREATE INDEX candidate_waiting ON rule.trigger_candidate (contact_id) WHERE state = 'waiting';
CREATE INDEX candidate_to_launch ON rule.trigger_candidate (plan_id) WHERE state = 'planned';
CREATE INDEX candidate_held ON rule.trigger_candidate (rule_version_id) WHERE state = 'held';
CREATE INDEX candidate_effect ON rule.trigger_candidate (contact_id, rule_name, fired_at) WHERE is_effect;
CREATE INDEX candidate_by_age ON rule.trigger_candidate (fired_at);

-- Who is in the audience of an entering version, 512 people a row: a bit each, and for conditions that time changes
-- four bytes each with the next instant to look again. A hundred rules over a million people are 13 MB of bits.
CREATE TABLE rule.audience_block (
    rule_version_id bigint NOT NULL REFERENCES rule.rule_version (rule_version_id),
    block_number bigint NOT NULL CHECK (block_number >= 0),
    -- False until the silent baseline has seen these people.
    is_baselined boolean NOT NULL DEFAULT false,
    members bytea NOT NULL CHECK (octet_length(members) = 64),
    -- Whole seconds since 1970 as unsigned little-endian integers, 0 for never; empty while all are 0.
    due bytea NOT NULL DEFAULT ''::bytea CHECK (octet_length(due) IN (0, 2048)),
    next_due timestamptz NOT NULL,
    PRIMARY KEY (rule_version_id, block_number)
);
CREATE INDEX audience_block_due ON rule.audience_block (next_due);

-- What the nightly comparison of membership with a full evaluation found.
CREATE TABLE rule.audience_check (
    audience_check_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    rule_version_id bigint NOT NULL REFERENCES rule.rule_version (rule_version_id),
    rule_name text NOT NULL,
    checked_at timestamptz NOT NULL,
    people integer NOT NULL CHECK (people >= 0),
    -- In the audience and not known as members; known as members and not in the audience.
    missing integer NOT NULL CHECK (missing >= 0),
    surplus integer NOT NULL CHECK (surplus >= 0)
);
CREATE INDEX audience_check_by_time ON rule.audience_check (checked_at);
