-- Notices that are told in one call stay together, whatever joins them later: who is asked again gets the same call.
CREATE SEQUENCE observe.notice_call_number;
ALTER TABLE observe.notice
    ADD COLUMN call_number bigint CHECK (call_number > 0),
    -- The last attempt, taken or not: so many calls a minute and no more.
    ADD COLUMN called_at timestamptz;
CREATE INDEX notice_called ON observe.notice (called_at) WHERE called_at IS NOT NULL;
CREATE INDEX notice_call ON observe.notice (call_number) WHERE state = 'waiting' AND call_number IS NOT NULL;
