-- What is said between a business number and a person: windows that messages of the person open, and details of
-- messages that are no free text, sealed.

CREATE SCHEMA conversation;

CREATE TABLE conversation.window (
    business_number_id text NOT NULL CHECK (length(business_number_id) BETWEEN 1 AND 40),
    contact_id bigint NOT NULL REFERENCES profile.contact (contact_id),
    -- By the webhook's own time, never by arrival.
    last_inbound_at timestamptz,
    -- The newest message that came from an advertisement or a page, and the first answer to it Meta told us of.
    referral_at timestamptz,
    entry_answered_at timestamptz,
    -- The id of the newest message, for marking it as read and for quoting it.
    sealed_last_wamid bytea,
    PRIMARY KEY (business_number_id, contact_id)
);
CREATE INDEX window_by_contact ON conversation.window (contact_id);

-- Order lines, places, media ids, answers of flows, where an advertisement led from: sealed under the person's key,
-- beside the event of the same key.
CREATE TABLE conversation.detail (
    event_key bytea NOT NULL CHECK (octet_length(event_key) = 16),
    contact_id bigint NOT NULL REFERENCES profile.contact (contact_id),
    kind text NOT NULL CHECK (kind IN (
        'media', 'order', 'location', 'contacts', 'flow_reply', 'referral', 'product', 'quoted', 'echo')),
    occurred_at timestamptz NOT NULL,
    sealed_detail bytea NOT NULL,
    PRIMARY KEY (event_key, kind)
);
CREATE INDEX detail_by_contact ON conversation.detail (contact_id, occurred_at);

-- Messages people took back: their words are deleted, also where they arrive later.
CREATE TABLE conversation.revocation (
    event_key bytea PRIMARY KEY CHECK (octet_length(event_key) = 16),
    revoked_at timestamptz NOT NULL
);
