-- When the message was written that an answer quotes: a reaction opens a window too, and cannot be quoted.

ALTER TABLE conversation.window ADD COLUMN last_wamid_at timestamptz;
