-- What was found out about people: the current value of each label, and its history in the change log.

CREATE TABLE profile.label (
    contact_id bigint NOT NULL REFERENCES profile.contact (contact_id),
    -- `name=value` is one word where rules are evaluated.
    label text NOT NULL CHECK (length(label) BETWEEN 1 AND 64) CHECK (position('=' IN label) = 0),
    -- Empty for a label that has no values; NULL for one that was taken away.
    value text CHECK (length(value) <= 64),
    valid_from timestamptz NOT NULL,
    PRIMARY KEY (contact_id, label)
);

ALTER TABLE profile.change DROP CONSTRAINT change_kind_check;
ALTER TABLE profile.change ADD CONSTRAINT change_kind_check CHECK (kind IN (
    'contact', 'attributes', 'tag_added', 'tag_removed', 'label', 'consent', 'suppression', 'flags', 'merge', 'erase'));
