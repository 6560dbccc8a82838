-- What became of the steps by which a business number was connected; nothing in it is about a person.

CREATE TABLE account.connection (
    business_number_id text PRIMARY KEY CHECK (length(business_number_id) BETWEEN 1 AND 40),
    waba_id text NOT NULL CHECK (length(waba_id) BETWEEN 1 AND 40),
    app_id text NOT NULL CHECK (length(app_id) BETWEEN 1 AND 40),
    -- Requests that Meta is expected to refuse are sent from a number declared for tests only.
    is_test_number boolean NOT NULL DEFAULT false,
    callback_url text NOT NULL DEFAULT '' CHECK (length(callback_url) <= 2000),
    -- A signed webhook counts as received when it came after the subscription.
    subscribed_at timestamptz,
    -- The message by which the number was tried.
    hello_run_id bigint REFERENCES deliver.run (run_id),
    changed_at timestamptz NOT NULL
);

CREATE TABLE account.connection_step (
    business_number_id text NOT NULL CHECK (length(business_number_id) BETWEEN 1 AND 40),
    step text NOT NULL CHECK (step ~ '^[a-z ]{1,40}$'),
    outcome text NOT NULL CHECK (outcome IN ('done', 'note', 'refused', 'waiting')),
    what text NOT NULL CHECK (length(what) <= 500),
    checked_by text NOT NULL,
    checked_at timestamptz NOT NULL,
    PRIMARY KEY (business_number_id, step)
);
