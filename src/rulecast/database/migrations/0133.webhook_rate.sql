-- What storing webhooks costs: who stores events learns in one round trip what is counted, and sealed bodies, which
-- nothing can compress, are not tried.
CREATE FUNCTION rule.share_counting(counting_key bigint) RETURNS uuid
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(counting_key), set_config('rulecast.counting', 'on', true);
    -- A statement of its own, which sees what was committed while the lock was waited for.
    RETURN (SELECT counter_edition.edition FROM rule.counter_edition);
END
$$;

ALTER TABLE collect.inbox ALTER COLUMN sealed_body SET STORAGE EXTERNAL;
