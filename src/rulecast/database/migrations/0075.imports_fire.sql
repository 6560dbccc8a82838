-- An import says itself whether it sets rules off; a rule says nothing of imports any more.
ALTER TABLE rule.watch DROP COLUMN with_imports;

-- Silent is what moves people into or out of an audience without setting anything off; `is_import` is only its turn.
ALTER TABLE rule.arrival ADD COLUMN is_silent boolean NOT NULL DEFAULT false;
UPDATE rule.arrival SET is_silent = true WHERE is_import AND event_id = 0;
ALTER TABLE rule.arrival ALTER COLUMN is_silent DROP DEFAULT,
    ADD CHECK (NOT is_silent OR is_import AND event_id = 0);

CREATE OR REPLACE FUNCTION rule.note_events() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    WITH arriving AS (
        SELECT added.*, watch.for_entering, added.source <> 'import' OR EXISTS (
            SELECT FROM collect.import_batch AS batch
            WHERE batch.import_id = added.import_id AND batch.fires_triggers) AS fires
        FROM added
        JOIN rule.watch ON watch.name = added.name
    ), loud AS (
        INSERT INTO rule.arrival (contact_id, event_id, name, occurred_at, is_import, is_silent)
        SELECT contact_id, event_id, name, occurred_at, source = 'import', false
        FROM arriving
        WHERE fires
    )
    INSERT INTO rule.arrival (contact_id, occurred_at, is_import, is_silent)
    SELECT contact_id, max(occurred_at), true, true
    FROM arriving
    WHERE NOT fires AND for_entering
    GROUP BY contact_id;
    RETURN NULL;
END
$$;

-- An import says so for its transaction: `rulecast.importing` is `silent`, or `loud` where it sets rules off.
CREATE OR REPLACE FUNCTION rule.note_changes() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    importing CONSTANT text := coalesce(current_setting('rulecast.importing', true), '');
BEGIN
    INSERT INTO rule.arrival (contact_id, occurred_at, is_import, is_silent)
    SELECT added.contact_id, max(added.valid_from), importing <> '', importing = 'silent'
    FROM added
    WHERE added.kind NOT IN ('suppression', 'flags') AND EXISTS (SELECT FROM rule.watch WHERE watch.name = '')
    GROUP BY added.contact_id;
    RETURN NULL;
END
$$;
