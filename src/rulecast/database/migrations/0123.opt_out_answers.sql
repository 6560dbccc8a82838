-- What a person who asks for silence is answered, once, inside the open window: which of the two they mean, offers only
-- or everything. And who asks for offers again is asked whether they mean it.

-- Noted in the transaction that stopped the person, so that it depends on nobody; written and sent afterwards.
CREATE TABLE deliver.opt_out_answer (
    contact_id bigint NOT NULL REFERENCES profile.contact (contact_id),
    asked_at timestamptz NOT NULL,
    kind text NOT NULL CHECK (kind IN ('confirmation', 'question')),
    business_number_id text NOT NULL REFERENCES account.business_number (business_number_id),
    -- Empty where the words do not tell it: then the person's own.
    language text NOT NULL CHECK (language = '' OR language ~ '^[a-z]{2,3}$'),
    state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'written', 'ended')),
    why text NOT NULL DEFAULT '' CHECK (length(why) <= 200),
    run_id bigint REFERENCES deliver.run (run_id),
    settled_at timestamptz,
    PRIMARY KEY (contact_id, kind, asked_at),
    CHECK ((state = 'waiting') = (settled_at IS NULL)),
    CHECK ((state = 'written') = (run_id IS NOT NULL))
);
CREATE INDEX opt_out_answer_waiting ON deliver.opt_out_answer (asked_at) WHERE state = 'waiting';

-- What a person of the business decided about words that were likely an opt-out.
CREATE TABLE profile.opt_out_review (
    suppression_id bigint PRIMARY KEY REFERENCES profile.suppression (suppression_id),
    decision text NOT NULL CHECK (decision IN ('kept', 'lifted')),
    because text NOT NULL CHECK (length(because) BETWEEN 1 AND 200),
    decided_by text NOT NULL CHECK (length(decided_by) BETWEEN 1 AND 200),
    decided_at timestamptz NOT NULL
);
CREATE TRIGGER opt_out_review_is_append_only BEFORE UPDATE OR DELETE ON profile.opt_out_review
    FOR EACH ROW EXECUTE FUNCTION public.forbid_change();
CREATE INDEX suppression_likely ON profile.suppression (occurred_at) WHERE level = 'likely' AND action = 'stop';

-- Likely opt-outs that nobody decided on and nothing lifted since, one for each person and message. What somebody said
-- before they were known is theirs once they are.
CREATE VIEW profile.opt_out_to_review AS
SELECT min(s.suppression_id) AS review_id, p.contact_id, s.occurred_at AS said_at, min(s.cause) AS cause,
    min(s.recorded_at) AS recorded_at
FROM profile.suppression AS s
CROSS JOIN LATERAL (
    SELECT coalesce(s.contact_id, (
        SELECT i.contact_id FROM profile.identity AS i
        WHERE i.suppression_index = s.suppression_index AND i.valid_to IS NULL AND i.kind <> 'username'
        LIMIT 1)) AS contact_id
) AS p
WHERE s.level = 'likely' AND s.action = 'stop' AND p.contact_id IS NOT NULL
    AND NOT EXISTS (
        SELECT FROM profile.opt_out_review AS r
        JOIN profile.suppression AS d ON d.suppression_id = r.suppression_id
        WHERE d.suppression_index = s.suppression_index AND d.occurred_at = s.occurred_at)
    AND NOT EXISTS (
        SELECT FROM profile.suppression AS l
        WHERE l.suppression_index = s.suppression_index AND l.scope = s.scope AND l.action = 'resume'
            AND l.occurred_at > s.occurred_at)
GROUP BY p.contact_id, s.occurred_at;
