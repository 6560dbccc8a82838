-- Arms of experiments: assigned before anything filters, kept for ever, named on every message.

-- Who of an audience belongs to which arm of a rule version, whether they are written to or not.
CREATE TABLE plan.assignment (
    -- Rule versions are kept for ever; a foreign key would be asked once for each of a million people.
    rule_version_id bigint NOT NULL,
    contact_id bigint NOT NULL,
    in_holdout boolean NOT NULL,
    variant text NOT NULL CHECK (NOT in_holdout OR variant = ''),
    assigned_at timestamptz NOT NULL,
    PRIMARY KEY (rule_version_id, contact_id)
);
CREATE TRIGGER assignment_is_append_only BEFORE UPDATE OR DELETE ON plan.assignment
    FOR EACH ROW EXECUTE FUNCTION public.forbid_change();

-- Empty for a rule without variants, and for who is held out.
ALTER TABLE plan.work_audience ADD COLUMN variant text NOT NULL DEFAULT '';
ALTER TABLE plan.work_combination
    ADD COLUMN variant text NOT NULL DEFAULT '',
    DROP CONSTRAINT work_combination_pkey,
    ADD PRIMARY KEY (plan_id, country, language, zone, variant);
ALTER TABLE plan.work_candidate ADD COLUMN variant text NOT NULL DEFAULT '';
ALTER TABLE plan.member ADD COLUMN variant text NOT NULL DEFAULT '';
ALTER TABLE deliver.message ADD COLUMN variant text NOT NULL DEFAULT '';

CREATE OR REPLACE VIEW plan.sendable AS
SELECT plan_id, contact_id, template_id, batch, send_from, send_until, variant
FROM plan.member
WHERE reason_number = 0;

CREATE OR REPLACE VIEW observe.message_outcome AS
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
    message.billed_category,
    message.variant
FROM deliver.message AS message
JOIN deliver.run AS run ON run.run_id = message.run_id;
