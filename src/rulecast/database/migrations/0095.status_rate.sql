-- What a status costs: one index instead of three finds a repeat and a wamid, and a message has room on its page for
-- the instants that statuses add, which then touch no index at all.
ALTER TABLE deliver.status
    DROP CONSTRAINT status_pkey,
    DROP CONSTRAINT status_occurred_at_wamid_index_status_error_code_key,
    ADD PRIMARY KEY (wamid_index, occurred_at, status, error_code),
    DROP COLUMN status_id;
DROP INDEX deliver.status_by_wamid;
ALTER TABLE deliver.message SET (fillfactor = 70);
DROP SEQUENCE deliver.status_id_sequence;
