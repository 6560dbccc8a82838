-- A person's decisions are found plan by plan through the primary key; a second index on a million decisions a plan
-- cost more than all its readers saved.

DROP INDEX plan.member_by_contact;
