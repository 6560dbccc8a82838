-- Who may see the page until sign-in exists: one-time tokens and the sessions they opened, as hashes only.
-- Times are the database's own: an access ends in real time, whatever clock the workspace runs on.

CREATE TABLE observe.page_token (
    token_hash bytea PRIMARY KEY CHECK (octet_length(token_hash) = 32),
    made_for text NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz
);

CREATE TABLE observe.page_session (
    session_hash bytea PRIMARY KEY CHECK (octet_length(session_hash) = 32),
    actor text NOT NULL,
    opened_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    seen_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    ends_at timestamptz NOT NULL
);
