-- An attempt is written twice: with its intent and with its result. Where its page has room for the second, none of
-- its indexes is touched again.
CREATE OR REPLACE FUNCTION public.ensure_month_partitions(parent regclass, from_day date, to_day date)
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
            BEGIN
                EXECUTE format(
                    'CREATE TABLE %I.%I PARTITION OF %s FOR VALUES FROM (%L) TO (%L)%s',
                    parent_schema, part_name, parent,
                    month_start::text || ' 00:00:00+00', (month_start + interval '1 month')::date::text || ' 00:00:00+00',
                    CASE WHEN parent = 'deliver.attempt'::regclass THEN ' WITH (fillfactor = 50)' ELSE '' END);
                made := made + 1;
            EXCEPTION WHEN duplicate_table THEN
                NULL;
            END;
        END IF;
        month_start := (month_start + interval '1 month')::date;
    END LOOP;
    RETURN made;
END
$$;

DO $$
DECLARE
    part regclass;
BEGIN
    FOR part IN SELECT i.inhrelid::regclass FROM pg_inherits AS i WHERE i.inhparent = 'deliver.attempt'::regclass LOOP
        EXECUTE format('ALTER TABLE %s SET (fillfactor = 50)', part);
    END LOOP;
END
$$;

-- Every change of a message's state wrote this index, and the unique one over run, person and step leads to the messages
-- of a run as well.
DROP INDEX deliver.message_by_run;

INSERT INTO public.fitting_migration (migration_id) VALUES ('0174.sending_rate');
