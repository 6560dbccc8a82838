-- Text attributes are stored case-folded ("ma"); countries are compared with ISO 3166 codes, which are upper case.

ALTER TABLE profile.contact DROP COLUMN country;
ALTER TABLE profile.contact ADD COLUMN country text NOT NULL
    GENERATED ALWAYS AS (upper(coalesce(attributes ->> 'country', 'ZZ'))) STORED;
