-- The quiet hours a person named for themselves: `from-until` in their local time, either side empty, empty where
-- nothing was named. They add to the workspace's hours and never take from them.
ALTER TABLE profile.contact ADD COLUMN quiet_hours text NOT NULL GENERATED ALWAYS AS (
    CASE WHEN coalesce(attributes ->> 'quiet_from', '') = '' AND coalesce(attributes ->> 'quiet_until', '') = '' THEN ''
        ELSE coalesce(attributes ->> 'quiet_from', '') || '-' || coalesce(attributes ->> 'quiet_until', '') END
) STORED;

ALTER TABLE plan.work_combination
    ADD COLUMN quiet_hours text NOT NULL DEFAULT '',
    DROP CONSTRAINT work_combination_pkey,
    ADD PRIMARY KEY (plan_id, country, language, zone, quiet_hours, variant, media);
