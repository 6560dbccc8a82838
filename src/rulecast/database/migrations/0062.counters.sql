-- Counters of behaviour: how often a person did something on a day, for those pairs of event and condition that rules in
-- force ask for. Kept in the transaction that stores the event, so that matching reads days and not events.

CREATE TABLE rule.counted_pair (
    pair_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    pair_hash bytea NOT NULL UNIQUE CHECK (octet_length(pair_hash) = 16),
    event_name text NOT NULL CHECK (length(event_name) BETWEEN 1 AND 64),
    -- The event, the condition on its properties and the property added up, as JSON.
    definition text NOT NULL,
    -- The first UTC day that is asked for; NULL is every day.
    first_day date,
    -- Events that this snapshot sees are counted by the filling, all others by the transaction that stores them.
    registered_in pg_snapshot NOT NULL,
    registered_at timestamptz NOT NULL,
    -- People up to this id are filled.
    filled_until bigint NOT NULL DEFAULT 0,
    is_filled boolean NOT NULL DEFAULT false
);

-- Changes with every change of the pairs, so that a storing process knows whether those it remembers still hold.
CREATE TABLE rule.counter_edition (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    edition uuid NOT NULL DEFAULT gen_random_uuid()
);
INSERT INTO rule.counter_edition DEFAULT VALUES;

-- No reference to the pair: its check would lock the pair's row in every transaction that stores an event.
CREATE TABLE rule.event_counter (
    contact_id bigint NOT NULL,
    pair_id integer NOT NULL,
    -- The UTC day on which the events happened, whenever they arrived.
    day date NOT NULL,
    times integer NOT NULL CHECK (times > 0),
    total numeric NOT NULL,
    first_at timestamptz NOT NULL,
    last_at timestamptz NOT NULL,
    CHECK (first_at <= last_at AND (times > 1 OR first_at = last_at)),
    PRIMARY KEY (contact_id, pair_id, day)
);

-- People whose counters are not to be believed until they are counted anew; their events are read instead. Whoever adds
-- a person who is here already locks the row, so that nobody counts anew before that transaction is over.
CREATE TABLE rule.counter_gap (
    contact_id bigint PRIMARY KEY
);

-- Whoever stores events without counting them leaves a gap, whoever changes or deletes them does too.
CREATE FUNCTION rule.note_uncounted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF coalesce(current_setting('rulecast.counting', true), '') <> 'on' THEN
        INSERT INTO rule.counter_gap (contact_id)
        SELECT DISTINCT added.contact_id
        FROM added
        WHERE EXISTS (SELECT FROM rule.counted_pair WHERE counted_pair.event_name = added.name)
        ORDER BY added.contact_id
        ON CONFLICT (contact_id) DO UPDATE SET contact_id = excluded.contact_id;
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER event_is_counted AFTER INSERT ON collect.event
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION rule.note_uncounted();

CREATE FUNCTION rule.note_deleted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO rule.counter_gap (contact_id)
    SELECT DISTINCT gone.contact_id
    FROM gone
    WHERE EXISTS (SELECT FROM rule.counted_pair WHERE counted_pair.event_name = gone.name)
    ORDER BY gone.contact_id
    ON CONFLICT (contact_id) DO UPDATE SET contact_id = excluded.contact_id;
    RETURN NULL;
END
$$;
CREATE TRIGGER event_is_gone AFTER DELETE ON collect.event
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION rule.note_deleted();

CREATE FUNCTION rule.note_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO rule.counter_gap (contact_id)
    SELECT moved.contact_id FROM was AS moved
    UNION
    SELECT moved.contact_id FROM now_is AS moved
    ORDER BY contact_id
    ON CONFLICT (contact_id) DO UPDATE SET contact_id = excluded.contact_id;
    RETURN NULL;
END
$$;
CREATE TRIGGER event_is_changed AFTER UPDATE ON collect.event
    REFERENCING OLD TABLE AS was NEW TABLE AS now_is FOR EACH STATEMENT EXECUTE FUNCTION rule.note_changed();

-- An erased person has no counters; two people who become one are counted anew, wherever their events go.
CREATE FUNCTION rule.forget_counters() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM rule.event_counter WHERE contact_id = NEW.contact_id;
    INSERT INTO rule.counter_gap (contact_id)
    SELECT one.contact_id
    FROM unnest(ARRAY[NEW.contact_id, NEW.merged_into]) AS one (contact_id)
    WHERE one.contact_id IS NOT NULL
    ORDER BY one.contact_id
    ON CONFLICT (contact_id) DO UPDATE SET contact_id = excluded.contact_id;
    RETURN NULL;
END
$$;
CREATE TRIGGER contact_leaves AFTER UPDATE OF erased_at, merged_into ON profile.contact
    FOR EACH ROW WHEN (
        OLD.erased_at IS DISTINCT FROM NEW.erased_at OR OLD.merged_into IS DISTINCT FROM NEW.merged_into
    ) EXECUTE FUNCTION rule.forget_counters();
