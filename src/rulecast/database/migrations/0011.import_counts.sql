-- What an import did, beside how far it came: rows that spoke of a person the same file had named before, where they
-- contradicted each other, people it made, and consents by whether they can be proven.

ALTER TABLE collect.import_batch
    ADD COLUMN rows_repeated bigint NOT NULL DEFAULT 0 CHECK (rows_repeated >= 0),
    ADD COLUMN rows_conflicting bigint NOT NULL DEFAULT 0 CHECK (rows_conflicting >= 0),
    ADD COLUMN people_created bigint NOT NULL DEFAULT 0 CHECK (people_created >= 0),
    ADD COLUMN consents_proven bigint NOT NULL DEFAULT 0 CHECK (consents_proven >= 0),
    ADD COLUMN consents_unproven bigint NOT NULL DEFAULT 0 CHECK (consents_unproven >= 0),
    ADD COLUMN consents_refusing bigint NOT NULL DEFAULT 0 CHECK (consents_refusing >= 0);
