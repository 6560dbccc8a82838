-- name: insert_contact_keys
-- Keys of new contacts; a contact that has one keeps it, an erased one gets none. Says which are new.
INSERT INTO contact_key (contact_id, wrapped_key, key_version)
SELECT fresh.contact_id, fresh.wrapped_key, %(key_version)s::integer
FROM unnest(%(contact_ids)b::bigint[], %(wrapped_keys)b::bytea[]) AS fresh (contact_id, wrapped_key)
WHERE NOT EXISTS (SELECT 1 FROM erased_contact AS gone WHERE gone.contact_id = fresh.contact_id)
ORDER BY fresh.contact_id
ON CONFLICT (contact_id) DO NOTHING
RETURNING contact_id;

-- name: find_contact_keys
-- The wrapped keys of a batch of contacts; erased and unknown ones are missing.
SELECT contact_id, wrapped_key
FROM contact_key
WHERE contact_id = ANY (%(contact_ids)b::bigint[]);

-- name: lock_keys_for_erasure
-- Waits for keys being created and holds back new ones: without it, a creation whose snapshot is older
-- than the erasure could bring a key back. Erasures are rare and short.
LOCK TABLE contact_key IN SHARE ROW EXCLUSIVE MODE;

-- name: insert_erased_contact
-- From now on no key is made for this contact.
INSERT INTO erased_contact (contact_id)
VALUES (%(contact_id)s::bigint)
ON CONFLICT (contact_id) DO NOTHING;

-- name: delete_contact_key
-- The erasure itself.
DELETE FROM contact_key
WHERE contact_id = %(contact_id)s::bigint;

-- name: insert_day_key
-- The key of a day; the first of two processes wins, a destroyed day stays destroyed.
INSERT INTO day_key (day, wrapped_key)
VALUES (%(day)s::date, %(wrapped_key)s::bytea)
ON CONFLICT (day) DO NOTHING;

-- name: find_day_key
-- The wrapped key of a day; NULL where destroyed.
SELECT wrapped_key
FROM day_key
WHERE day = %(day)s::date;

-- name: destroy_day_keys_before
-- Destroys the oldest kept keys of earlier days, so many and no more.
UPDATE day_key
SET wrapped_key = NULL, destroyed_at = clock_timestamp()
WHERE wrapped_key IS NOT NULL
    AND day IN (
        SELECT old.day FROM day_key AS old
        WHERE old.day < %(day)s::date AND old.wrapped_key IS NOT NULL
        ORDER BY old.day LIMIT %(days_max)s::integer
        FOR UPDATE
    );

-- name: find_fingerprint
-- Which root key and workspace these keys were wrapped under.
SELECT fingerprint, workspace
FROM root_key_fingerprint;

-- name: insert_fingerprint
-- The first start decides; a second process in the same instant must then agree.
INSERT INTO root_key_fingerprint (fingerprint, workspace)
VALUES (%(fingerprint)s::bytea, %(workspace)s::text)
ON CONFLICT (only_row) DO NOTHING;
