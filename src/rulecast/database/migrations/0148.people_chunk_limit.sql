-- A chunk of people is worth what the limit was when it was handed out. Where Meta lowers the limit it binds at once,
-- also whoever holds a chunk of the old one. A chunk that does not know its limit is used by nobody and expires.
ALTER TABLE gate.people_chunk ADD COLUMN people_max integer NOT NULL DEFAULT 2147483647 CHECK (people_max > 0);
