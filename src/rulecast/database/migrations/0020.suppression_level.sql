-- How sure the words of an opt-out were: exact ones are final, likely ones stop just the same and can be asked about.

ALTER TABLE profile.suppression
    ADD COLUMN level text NOT NULL DEFAULT 'exact' CHECK (level IN ('exact', 'likely'));
