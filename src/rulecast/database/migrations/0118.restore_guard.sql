-- Which life of the database may be sent from: a copy or a restored backup is another life, and held until a person
-- decides. The same is remembered outside the database, where a restore does not reach it.

CREATE TABLE deliver.life (
    is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    -- System identifier of the cluster, timeline, object id of the database.
    life text NOT NULL CHECK (life ~ '^[0-9]+/[0-9A-F]{8}/[0-9]+$'),
    environment text NOT NULL,
    -- Counts while anybody sends: who remembers more beats than the database has seen a later one.
    beat bigint NOT NULL CHECK (beat >= 0),
    beaten_at timestamptz NOT NULL
);

CREATE TABLE deliver.restore (
    restore_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    causes text[] NOT NULL CHECK (cardinality(causes) > 0),
    life_before text NOT NULL,
    life text NOT NULL,
    because text NOT NULL CHECK (because <> ''),
    nothing_was_sent boolean NOT NULL,
    doubted bigint NOT NULL CHECK (doubted >= 0),
    stops_restored bigint NOT NULL CHECK (stops_restored >= 0),
    rules_held bigint NOT NULL CHECK (rules_held >= 0),
    decided_by text NOT NULL CHECK (decided_by <> ''),
    decided_at timestamptz NOT NULL
);
