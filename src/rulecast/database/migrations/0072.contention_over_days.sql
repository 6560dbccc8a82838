-- Rivals of later days: what batches or a portfolio's limit put off competes on its own day; entries know their evaluation.

-- When the person's decision day ends, where they are.
ALTER TABLE plan.work_combination ADD COLUMN day_ends_at timestamptz NOT NULL DEFAULT 'infinity';
ALTER TABLE plan.work_candidate ADD COLUMN day_ends_at timestamptz NOT NULL DEFAULT 'infinity';

-- When the evaluation began that fired this; many entries of one evaluation wait for a person, a steady stream does not.
ALTER TABLE rule.trigger_candidate ADD COLUMN evaluation_at timestamptz NOT NULL DEFAULT 'epoch';
