-- A second referral starts an entry point of its own once it is answered, and leaves what the first made free.

ALTER TABLE conversation.window ADD COLUMN entry_free_until timestamptz;
