-- What the world told us: the append-only inbox, the events, the imports.

CREATE SEQUENCE collect.inbox_id_sequence CACHE 100;
CREATE TABLE collect.inbox (
    inbox_id bigint NOT NULL DEFAULT nextval('collect.inbox_id_sequence'),
    received_at timestamptz NOT NULL,
    source text NOT NULL CHECK (source IN ('webhook', 'link', 'track')),
    body_hash bytea NOT NULL CHECK (octet_length(body_hash) = 32),
    -- Sealed under the key of `key_day`; unreadable once that day key is destroyed (7 days).
    sealed_body bytea NOT NULL,
    key_day date NOT NULL,
    state text NOT NULL CHECK (state IN ('applied', 'quarantined')),
    problem text NOT NULL DEFAULT '' CHECK (length(problem) <= 500),
    PRIMARY KEY (received_at, inbox_id)
) PARTITION BY RANGE (received_at);
CREATE TABLE collect.inbox_default PARTITION OF collect.inbox DEFAULT;

CREATE SEQUENCE collect.import_id_sequence;
CREATE TABLE collect.import_batch (
    import_id bigint PRIMARY KEY DEFAULT nextval('collect.import_id_sequence'),
    kind text NOT NULL CHECK (kind IN ('contacts', 'events')),
    file_hash bytea NOT NULL CHECK (octet_length(file_hash) = 32),
    mapping_hash bytea NOT NULL CHECK (octet_length(mapping_hash) = 32),
    state text NOT NULL CHECK (state IN ('running', 'finished')),
    -- Rows of the file that are wholly stored or rejected; a restarted import goes on after this one.
    rows_done bigint NOT NULL DEFAULT 0 CHECK (rows_done >= 0),
    rows_stored bigint NOT NULL DEFAULT 0 CHECK (rows_stored >= 0),
    rows_unchanged bigint NOT NULL DEFAULT 0 CHECK (rows_unchanged >= 0),
    rows_rejected bigint NOT NULL DEFAULT 0 CHECK (rows_rejected >= 0),
    fires_triggers boolean NOT NULL DEFAULT false,
    imported_by text NOT NULL DEFAULT '',
    started_at timestamptz NOT NULL,
    finished_at timestamptz,
    CHECK ((state = 'finished') = (finished_at IS NOT NULL)),
    UNIQUE (kind, file_hash, mapping_hash)
);

CREATE SEQUENCE collect.event_id_sequence CACHE 1000;
CREATE TABLE collect.event (
    event_id bigint NOT NULL DEFAULT nextval('collect.event_id_sequence'),
    contact_id bigint NOT NULL,
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 64),
    -- Valid time: when it happened. Recorded time: when we learned it.
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    -- The mart reads by transaction id: rows below the oldest running transaction are complete.
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    source text NOT NULL CHECK (source IN ('import', 'webhook', 'link', 'track', 'rulecast')),
    -- Keyed hash of what makes the event the same event (source id, or its whole content): repeats do nothing.
    event_key bytea NOT NULL CHECK (octet_length(event_key) = 16),
    import_id bigint,
    properties jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(properties) = 'object'),
    PRIMARY KEY (occurred_at, event_id),
    UNIQUE (occurred_at, event_key)
) PARTITION BY RANGE (occurred_at);
CREATE TABLE collect.event_default PARTITION OF collect.event DEFAULT;
CREATE INDEX event_by_contact ON collect.event (contact_id, occurred_at);
CREATE INDEX event_by_xid ON collect.event (xid);

-- The words of an inbound message, apart from the event so that events stay free of free text.
CREATE TABLE collect.inbound_text (
    event_key bytea PRIMARY KEY CHECK (octet_length(event_key) = 16),
    contact_id bigint NOT NULL,
    occurred_at timestamptz NOT NULL,
    sealed_text bytea NOT NULL
);
CREATE INDEX inbound_text_by_contact ON collect.inbound_text (contact_id, occurred_at);
