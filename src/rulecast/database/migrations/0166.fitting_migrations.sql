-- Migrations that the release before may ignore: it reads and writes beside them without breaking a promise. A
-- migration that is so says it itself, with its own name; of any other one an older release keeps away.
CREATE TABLE public.fitting_migration (
    migration_id text PRIMARY KEY CHECK (migration_id ~ '^[0-9]{4}\.[a-z][a-z0-9_]*$')
);
INSERT INTO public.fitting_migration (migration_id) VALUES ('0166.fitting_migrations');
