-- Schemas (one per room), the workspace row, the clock of the world, and functions every room uses.

CREATE SCHEMA collect;
CREATE SCHEMA profile;
CREATE SCHEMA account;
CREATE SCHEMA template;
CREATE SCHEMA rule;
CREATE SCHEMA plan;
CREATE SCHEMA gate;
CREATE SCHEMA deliver;
CREATE SCHEMA observe;
CREATE SCHEMA jobs;

CREATE TABLE public.workspace (
    is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    workspace_id uuid NOT NULL,
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    mode text NOT NULL CHECK (mode IN ('simulated', 'live')),
    billing_currency text NOT NULL DEFAULT 'USD' CHECK (length(billing_currency) = 3),
    root_key_fingerprint bytea NOT NULL CHECK (octet_length(root_key_fingerprint) = 16),
    tzdata_version text NOT NULL DEFAULT '',
    catalogue jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(catalogue) = 'object'),
    sending_policy jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(sending_policy) = 'object'),
    created_at timestamptz NOT NULL
);

-- Local time comes only from this table, generated from the tzdata wheel: the zone functions of two
-- engines disagreed about Casablanca.
CREATE TABLE public.zone_offset (
    zone text NOT NULL,
    from_utc timestamptz NOT NULL,
    minutes smallint NOT NULL CHECK (minutes BETWEEN -1080 AND 1080),
    PRIMARY KEY (zone, from_utc)
);

CREATE FUNCTION public.forbid_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of %.% are appended, never changed', TG_TABLE_SCHEMA, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END
$$;

-- Creates the monthly partitions of a table from one month to another, both included; safe to repeat and
-- safe for two callers at once.
CREATE FUNCTION public.ensure_month_partitions(parent regclass, from_day date, to_day date)
RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    month_start date := date_trunc('month', from_day)::date;
    made integer := 0;
    parent_schema text;
    parent_name text;
    part_name text;
BEGIN
    SELECT n.nspname, c.relname INTO parent_schema, parent_name
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = parent;
    WHILE month_start <= to_day LOOP
        part_name := parent_name || '_' || to_char(month_start, 'YYYYMM');
        IF to_regclass(format('%I.%I', parent_schema, part_name)) IS NULL THEN
            PERFORM pg_advisory_xact_lock(hashtext('ensure_month_partitions'));
            IF to_regclass(format('%I.%I', parent_schema, part_name)) IS NULL THEN
                EXECUTE format(
                    'CREATE TABLE %I.%I PARTITION OF %s FOR VALUES FROM (%L) TO (%L)',
                    parent_schema, part_name, parent,
                    month_start::text || ' 00:00:00+00', (month_start + interval '1 month')::date::text || ' 00:00:00+00');
                made := made + 1;
            END IF;
        END IF;
        month_start := (month_start + interval '1 month')::date;
    END LOOP;
    RETURN made;
END
$$;
