-- Messages of a template need files that were uploaded after this instant: what was there before, Meta could not take
-- along (131053). Where fresh files failed as well it lies in the year 9999: a person decides.

ALTER TABLE template.template ADD COLUMN files_since timestamptz;
