-- Free-form replies: what a rule answers at a moment, or a person of the business types, inside the open window. A reply
-- is a message of a run of its own that follows the run of the message before it; no template is behind it.

-- A reply of a rule is step 100 and its place among the rule's actions; what a person types follows no run.
ALTER TABLE plan.plan DROP CONSTRAINT plan_check1;
ALTER TABLE plan.plan DROP CONSTRAINT plan_step_check;
ALTER TABLE plan.plan ADD CONSTRAINT plan_step_check CHECK (step BETWEEN 1 AND 6 OR step BETWEEN 100 AND 1100);
ALTER TABLE plan.plan ADD CONSTRAINT plan_follows_check CHECK ((step IN (1, 100)) = (first_run_id IS NULL));
ALTER TABLE deliver.run DROP CONSTRAINT run_check;
ALTER TABLE deliver.run DROP CONSTRAINT run_step_check;
ALTER TABLE deliver.run ADD CONSTRAINT run_step_check CHECK (step BETWEEN 1 AND 6 OR step BETWEEN 100 AND 1100);
ALTER TABLE deliver.run ADD CONSTRAINT run_follows_check CHECK ((step IN (1, 100)) = (first_run_id IS NULL));
-- One run keeps all answers of one reply to one run.
CREATE UNIQUE INDEX run_of_reply ON deliver.run (first_run_id, step) WHERE step > 100;

-- Replies asked for, noted in the transaction that marked the moment; a message has each of them once.
CREATE TABLE deliver.reply (
    after_message_id bigint NOT NULL REFERENCES deliver.message (message_id),
    position smallint NOT NULL CHECK (position BETWEEN 1 AND 1000),
    answered_run_id bigint NOT NULL REFERENCES deliver.run (run_id),
    contact_id bigint NOT NULL REFERENCES profile.contact (contact_id),
    asked_at timestamptz NOT NULL,
    state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'written', 'ended')),
    why text NOT NULL DEFAULT '' CHECK (length(why) <= 200),
    settled_at timestamptz,
    PRIMARY KEY (after_message_id, position),
    CHECK ((state = 'waiting') = (settled_at IS NULL))
);
CREATE INDEX reply_waiting ON deliver.reply (asked_at) WHERE state = 'waiting';

-- What a person of the business typed, until and after it is sent, sealed under the key of who gets it.
CREATE TABLE deliver.typed_reply (
    run_id bigint PRIMARY KEY REFERENCES deliver.run (run_id),
    contact_id bigint NOT NULL REFERENCES profile.contact (contact_id),
    sealed_text bytea NOT NULL,
    typed_by text NOT NULL CHECK (length(typed_by) BETWEEN 1 AND 200),
    typed_at timestamptz NOT NULL
);
CREATE INDEX typed_reply_by_contact ON deliver.typed_reply (contact_id, typed_at);

ALTER TABLE gate.permit DROP CONSTRAINT permit_step_check;
ALTER TABLE gate.permit ADD CONSTRAINT permit_step_check CHECK (step BETWEEN 1 AND 6 OR step BETWEEN 100 AND 1100);
