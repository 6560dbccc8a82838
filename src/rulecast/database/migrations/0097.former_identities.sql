-- What is told late is looked for among the identities people had before.
CREATE INDEX identity_former ON profile.identity (lookup) WHERE valid_to IS NOT NULL;
