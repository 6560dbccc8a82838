-- What became of every message, in one row each, for funnels by run, rule, template and hour.

-- Success events of a rule inside its window after acceptance; one event counts once per message.
CREATE TABLE observe.conversion (
    message_id bigint NOT NULL REFERENCES deliver.message (message_id),
    event_key bytea NOT NULL CHECK (octet_length(event_key) = 16),
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    -- What the event was worth, in minor units; 0 where the rule names no worth.
    worth_minor bigint NOT NULL DEFAULT 0,
    currency text NOT NULL CHECK (length(currency) = 3),
    PRIMARY KEY (message_id, event_key)
);

-- A later status implies the earlier ones: a phone that answers with `read` has received the message.
CREATE VIEW observe.message_outcome AS
SELECT
    message.message_id,
    message.run_id,
    run.plan_id,
    run.rule_name,
    run.is_test,
    message.contact_id,
    message.template_id,
    message.business_number_id,
    message.state,
    message.reason,
    CASE WHEN message.state IN ('held', 'refused') THEN message.error_code ELSE 0 END AS error_code,
    message.state = 'accepted' AS is_accepted,
    message.delivered_at IS NOT NULL OR message.read_at IS NOT NULL AS is_delivered,
    message.read_at IS NOT NULL AS is_read,
    message.clicked_at IS NOT NULL AS is_clicked,
    message.replied_at IS NOT NULL AS is_replied,
    message.opted_out_at IS NOT NULL AS is_opted_out,
    message.failed_at IS NOT NULL AND message.delivered_at IS NULL AND message.read_at IS NULL AS is_failed,
    coalesce(message.failed_code, 0) AS failed_code,
    date_trunc('hour', coalesce(message.accepted_at, message.changed_at), 'UTC') AS hour,
    message.accepted_at,
    message.delivered_at,
    message.read_at,
    message.billed_category
FROM deliver.message AS message
JOIN deliver.run AS run ON run.run_id = message.run_id;

CREATE INDEX message_by_run ON deliver.message (run_id, state);
