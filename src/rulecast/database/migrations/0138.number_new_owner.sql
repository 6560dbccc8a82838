-- A known number that writes under an id its contact never had may have a new owner: the two stay apart until somebody
-- settles whether they are one.

ALTER TABLE profile.identity_conflict DROP CONSTRAINT identity_conflict_cause_check;
ALTER TABLE profile.identity_conflict ADD CONSTRAINT identity_conflict_cause_check CHECK (cause IN (
    'number', 'user_id', 'message', 'shared', 'new_owner'));
