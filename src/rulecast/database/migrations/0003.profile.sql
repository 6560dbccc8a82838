-- Who people are: contacts, identities, attributes, tags, consent ledger, suppression, and the guard row the
-- send path locks.

CREATE SEQUENCE profile.contact_id_sequence;
CREATE TABLE profile.contact (
    contact_id bigint PRIMARY KEY DEFAULT nextval('profile.contact_id_sequence'),
    first_seen_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    source text NOT NULL CHECK (source IN ('import', 'inbound', 'track', 'agent')),
    -- Values a rule may read, by catalogue name, already typed and normalised; personal ones are sealed apart.
    attributes jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(attributes) = 'object'),
    sealed_attributes bytea,
    country text NOT NULL GENERATED ALWAYS AS (coalesce(attributes ->> 'country', 'ZZ')) STORED,
    language text NOT NULL GENERATED ALWAYS AS (coalesce(attributes ->> 'language', 'und')) STORED,
    zone text NOT NULL GENERATED ALWAYS AS (coalesce(attributes ->> 'zone', '')) STORED,
    is_reachable boolean NOT NULL DEFAULT false,
    is_restricted boolean NOT NULL DEFAULT false,
    objects_to_profiling boolean NOT NULL DEFAULT false,
    is_seed boolean NOT NULL DEFAULT false,
    merged_into bigint REFERENCES profile.contact (contact_id),
    erased_at timestamptz
);

CREATE TABLE profile.sending_guard (
    contact_id bigint PRIMARY KEY REFERENCES profile.contact (contact_id)
);

CREATE TABLE profile.identity (
    contact_id bigint NOT NULL REFERENCES profile.contact (contact_id),
    kind text NOT NULL CHECK (kind IN ('phone', 'bsuid', 'external')),
    -- The portfolio for a BSUID, empty otherwise.
    scope text NOT NULL DEFAULT '',
    lookup bytea NOT NULL CHECK (octet_length(lookup) = 16),
    suppression_index bytea NOT NULL CHECK (octet_length(suppression_index) = 16),
    sealed_value bytea NOT NULL,
    valid_from timestamptz NOT NULL,
    valid_to timestamptz,
    CHECK (valid_to IS NULL OR valid_to >= valid_from),
    PRIMARY KEY (contact_id, kind, scope, lookup, valid_from)
);
CREATE UNIQUE INDEX identity_is_one_person ON profile.identity (kind, scope, lookup) WHERE valid_to IS NULL;
CREATE INDEX identity_by_suppression ON profile.identity (suppression_index);

CREATE TABLE profile.tag (
    contact_id bigint NOT NULL REFERENCES profile.contact (contact_id),
    tag text NOT NULL CHECK (length(tag) BETWEEN 1 AND 64),
    added_at timestamptz NOT NULL,
    PRIMARY KEY (contact_id, tag)
);

-- The change log: everything the mart must know about people, with valid and recorded time.
CREATE TABLE profile.change (
    change_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    contact_id bigint NOT NULL,
    kind text NOT NULL CHECK (kind IN (
        'contact', 'attributes', 'tag_added', 'tag_removed', 'consent', 'suppression', 'flags', 'merge', 'erase')),
    payload jsonb NOT NULL CHECK (jsonb_typeof(payload) = 'object'),
    valid_from timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL
);
CREATE INDEX change_by_xid ON profile.change (xid);
CREATE INDEX change_by_contact ON profile.change (contact_id, valid_from);
CREATE TRIGGER change_is_append_only BEFORE UPDATE OR DELETE ON profile.change
    FOR EACH ROW EXECUTE FUNCTION public.forbid_change();

CREATE TABLE profile.consent (
    consent_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    contact_id bigint NOT NULL REFERENCES profile.contact (contact_id),
    purpose text NOT NULL CHECK (purpose IN ('marketing', 'service', 'transactional')),
    status text NOT NULL CHECK (status IN ('granted', 'denied', 'withdrawn')),
    -- When the person said it; empty only where an import did not tell, which makes a grant unproven.
    occurred_at timestamptz,
    method text NOT NULL DEFAULT '' CHECK (length(method) <= 100),
    wording_version text NOT NULL DEFAULT '' CHECK (length(wording_version) <= 100),
    sealed_evidence bytea,
    is_proven boolean NOT NULL GENERATED ALWAYS AS (
        occurred_at IS NOT NULL AND method <> '' AND wording_version <> '') STORED,
    -- Order of the ledger: what was said, or learned where nobody knows when it was said.
    effective_at timestamptz NOT NULL,
    source text NOT NULL CHECK (source IN ('import', 'webhook', 'agent', 'track')),
    import_id bigint,
    recorded_at timestamptz NOT NULL,
    CHECK (occurred_at IS NULL OR effective_at = occurred_at)
);
CREATE INDEX consent_by_contact ON profile.consent (contact_id, purpose, effective_at DESC);
CREATE UNIQUE INDEX consent_is_said_once ON profile.consent
    (contact_id, purpose, status, effective_at, method, wording_version);
CREATE TRIGGER consent_is_append_only BEFORE UPDATE OR DELETE ON profile.consent
    FOR EACH ROW EXECUTE FUNCTION public.forbid_change();

-- The newest word by event time decides; a tie is a stop.
CREATE VIEW profile.current_consent AS
SELECT DISTINCT ON (contact_id, purpose)
    contact_id, purpose, consent_id, status, is_proven, effective_at, method, wording_version
FROM profile.consent
ORDER BY contact_id, purpose, effective_at DESC, (status = 'granted'), is_proven DESC, consent_id DESC;

CREATE TABLE profile.suppression (
    suppression_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    suppression_index bytea NOT NULL CHECK (octet_length(suppression_index) = 16),
    -- Empty for somebody who is no contact yet.
    contact_id bigint REFERENCES profile.contact (contact_id),
    scope text NOT NULL CHECK (scope IN ('marketing', 'all')),
    action text NOT NULL CHECK (action IN ('stop', 'resume')),
    cause text NOT NULL CHECK (cause IN (
        'stop_word', 'stop_button', 'user_preferences', 'error_131050', 'import', 'agent', 'api', 'erasure', 'journal')),
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX suppression_is_said_once ON profile.suppression
    (suppression_index, scope, action, cause, occurred_at);
CREATE INDEX suppression_by_contact ON profile.suppression (contact_id);
CREATE TRIGGER suppression_is_append_only BEFORE UPDATE OR DELETE ON profile.suppression
    FOR EACH ROW EXECUTE FUNCTION public.forbid_change();

-- Who is stopped now, by keyed hash of the identity; the newest by event time, a tie is a stop.
CREATE VIEW profile.current_suppression AS
SELECT suppression_index, scope, cause, occurred_at
FROM (
    SELECT DISTINCT ON (suppression_index, scope) suppression_index, scope, action, cause, occurred_at
    FROM profile.suppression
    ORDER BY suppression_index, scope, occurred_at DESC, (action = 'resume'), suppression_id DESC
) AS newest
WHERE action = 'stop';
