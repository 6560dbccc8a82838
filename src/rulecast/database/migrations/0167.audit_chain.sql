-- The chain over the audit: each link vouches for a row and for every link before it. Rows are written unlinked, so
-- that nobody waits for anybody; one process at a time links what is committed.
CREATE TABLE observe.audit_link (
    position bigint PRIMARY KEY CHECK (position > 0),
    audit_id bigint NOT NULL UNIQUE REFERENCES observe.audit (audit_id),
    link bytea NOT NULL CHECK (octet_length(link) = 32),
    linked_at timestamptz NOT NULL
);
CREATE TRIGGER audit_link_is_append_only BEFORE UPDATE OR DELETE ON observe.audit_link
    FOR EACH ROW EXECUTE FUNCTION public.forbid_change();
INSERT INTO public.fitting_migration (migration_id) VALUES ('0167.audit_chain');
