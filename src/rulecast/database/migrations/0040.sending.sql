-- Budgets as locked rows, and the statuses that wait for their message.

-- What a run may cost and what its live permits have cost so far: minor units times 10^4 of the billing currency.
CREATE TABLE gate.budget (
    run_id bigint PRIMARY KEY REFERENCES deliver.run (run_id),
    limit_e4 bigint NOT NULL CHECK (limit_e4 >= 0),
    spent_e4 bigint NOT NULL DEFAULT 0 CHECK (spent_e4 BETWEEN 0 AND limit_e4)
);

-- Statuses whose message is not known yet; few, and looked at again while they are young.
CREATE INDEX status_is_parked ON deliver.status (recorded_at) WHERE message_id IS NULL;
