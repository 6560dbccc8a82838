-- Questions to the one process that holds the mart, and its answers.

CREATE TABLE jobs.engine_question (
    question_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL CHECK (length(kind) BETWEEN 1 AND 64),
    -- Rule texts, ids and instants; never personal data.
    arguments jsonb NOT NULL CHECK (jsonb_typeof(arguments) = 'object'),
    asked_by text NOT NULL,
    asked_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    state text NOT NULL DEFAULT 'asked' CHECK (state IN ('asked', 'taken', 'answered', 'failed')),
    taken_at timestamptz,
    answer jsonb,
    answered_at timestamptz,
    CHECK ((state IN ('answered', 'failed')) = (answer IS NOT NULL))
);
CREATE INDEX engine_question_open ON jobs.engine_question (question_id) WHERE state IN ('asked', 'taken');
