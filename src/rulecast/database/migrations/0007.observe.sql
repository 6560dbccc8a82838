-- Who did what: rows are appended in the transaction they record.

CREATE TABLE observe.audit (
    audit_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL,
    actor text NOT NULL,
    action text NOT NULL,
    subject text NOT NULL,
    details jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(details) = 'object'),
    content_hash bytea NOT NULL CHECK (octet_length(content_hash) = 32)
);
CREATE TRIGGER audit_is_append_only BEFORE UPDATE OR DELETE ON observe.audit
    FOR EACH ROW EXECUTE FUNCTION public.forbid_change();
