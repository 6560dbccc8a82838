-- Marketing through an edge of its own, and codes by which a person proves to hold a number.

-- Whether marketing templates of this number go through the Marketing Messages API.
ALTER TABLE account.business_number ADD COLUMN marketing_messages boolean NOT NULL DEFAULT false;
