-- name: save_connection
-- A number that is connected once stays declared for tests until somebody connects it without that.
INSERT INTO account.connection (business_number_id, waba_id, app_id, is_test_number, changed_at)
VALUES (%(business_number_id)s, %(waba_id)s, %(app_id)s, %(is_test_number)s, %(now)s::timestamptz)
ON CONFLICT (business_number_id) DO UPDATE
SET waba_id = excluded.waba_id, app_id = excluded.app_id, changed_at = excluded.changed_at,
    is_test_number = account.connection.is_test_number OR excluded.is_test_number;

-- name: find_connection
-- What is known of one number.
SELECT business_number_id, waba_id, app_id, is_test_number, callback_url, subscribed_at, hello_run_id
FROM account.connection WHERE business_number_id = %(business_number_id)s;

-- name: list_connections
-- Every number that was connected.
SELECT business_number_id, waba_id, app_id, is_test_number, callback_url, subscribed_at, hello_run_id
FROM account.connection ORDER BY business_number_id;

-- name: set_subscribed
-- Webhooks of this number can come from now on; a repeated subscription does not make earlier ones uncounted.
UPDATE account.connection
SET subscribed_at = coalesce(subscribed_at, %(now)s::timestamptz), callback_url = %(callback_url)s,
    changed_at = %(now)s::timestamptz
WHERE business_number_id = %(business_number_id)s;

-- name: set_hello
-- The run of the hello, so that a resumed connection waits for it instead of sending another.
UPDATE account.connection SET hello_run_id = %(run_id)s, changed_at = %(now)s::timestamptz
WHERE business_number_id = %(business_number_id)s;

-- name: save_step
-- The newest end of each step.
INSERT INTO account.connection_step (business_number_id, step, outcome, what, checked_by, checked_at)
VALUES (%(business_number_id)s, %(step)s, %(outcome)s, %(what)s, %(actor)s, %(now)s::timestamptz)
ON CONFLICT (business_number_id, step) DO UPDATE
SET outcome = excluded.outcome, what = excluded.what, checked_by = excluded.checked_by, checked_at = excluded.checked_at;

-- name: has_webhook_since
-- Only signed bodies reach the inbox.
SELECT EXISTS (SELECT FROM collect.inbox WHERE source = 'webhook' AND received_at >= %(since)s::timestamptz);

-- name: find_hello
-- How the one message of a run stands.
SELECT contact_id, state, reason, error_code, sent_at IS NOT NULL AS is_sent, delivered_at IS NOT NULL AS is_delivered,
    read_at IS NOT NULL AS is_read, failed_code
FROM deliver.message WHERE run_id = %(run_id)s;

-- name: count_others
-- Messages of the number that wait for a sender and are none of the run's.
SELECT count(*) FROM deliver.message
WHERE business_number_id = %(business_number_id)s AND run_id <> %(run_id)s
    AND state IN ('planned', 'claimed', 'deferred', 'intent');

-- name: find_recipient
-- Whether somebody was declared as a recipient of tests, or has granted any consent that holds.
SELECT c.is_seed,
    EXISTS (
        SELECT FROM (
            SELECT DISTINCT ON (said.purpose) said.status
            FROM profile.consent AS said WHERE said.contact_id = c.contact_id
            ORDER BY said.purpose, said.effective_at DESC, said.consent_id DESC
        ) AS newest WHERE newest.status = 'granted') AS has_consent,
    c.country, c.language, c.zone
FROM profile.contact AS c WHERE c.contact_id = %(contact_id)s AND c.erased_at IS NULL;

-- name: find_portfolio
-- Which portfolio a number's limits are shared in.
SELECT portfolio_id FROM account.business_number WHERE business_number_id = %(business_number_id)s;
