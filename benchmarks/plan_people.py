"""People for the plan benchmark, written set by set: every exclusion that concerns one person occurs."""

from datetime import UTC, datetime

from rulecast.database import Connection

START = datetime(2026, 11, 17, 18, 55, tzinfo=UTC)
RULE_NAME = "bench"

# `share` draws one of a hundred for a person and a purpose, the same for a seed.
STATEMENTS = (
    "SET LOCAL session_replication_role = replica",
    """
    CREATE FUNCTION pg_temp.share(person bigint, draw integer) RETURNS integer LANGUAGE sql IMMUTABLE AS
    $$ SELECT (abs(hashint8extended(person, draw + current_setting('bench.seed')::integer) % 100))::integer $$
    """,
    """
    INSERT INTO profile.contact
        (contact_id, first_seen_at, recorded_at, source, attributes, is_reachable, is_restricted)
    SELECT i, at.began, at.began, 'import',
        jsonb_build_object(
            'city', (ARRAY['casablanca', 'rabat', 'lyon', 'tunis'])[1 + i % 4],
            'country', (ARRAY['ma', 'ma', 'fr', 'tn'])[1 + i % 4],
            'zone', (ARRAY['Africa/Casablanca', 'Africa/Casablanca', 'Europe/Paris', 'Africa/Tunis'])[1 + i % 4],
            'language', (ARRAY['fr', 'ar', 'en'])[1 + pg_temp.share(i, 1) % 3],
            'birth_date', CASE WHEN pg_temp.share(i, 2) < 3 THEN '2012-06-15' ELSE '1990-04-02' END),
        pg_temp.share(i, 3) >= 2, pg_temp.share(i, 4) < 1
    FROM generate_series(1, current_setting('bench.size')::bigint) AS given (i)
    CROSS JOIN (SELECT current_setting('bench.now')::timestamptz - interval '90 days') AS at (began)
    """,
    "INSERT INTO profile.sending_guard SELECT contact_id FROM profile.contact",
    """
    INSERT INTO profile.identity (contact_id, kind, lookup, suppression_index, sealed_value, valid_from)
    SELECT contact_id, 'phone', decode(md5('l' || contact_id), 'hex'), decode(md5('s' || contact_id), 'hex'), '\\x00',
        recorded_at
    FROM profile.contact
    """,
    """
    INSERT INTO profile.consent
        (contact_id, purpose, status, occurred_at, effective_at, method, wording_version, source, recorded_at)
    SELECT contact_id, 'marketing', said.status, said.at, said.at, 'form', said.wording, 'import', said.at
    FROM profile.contact CROSS JOIN LATERAL (
        SELECT 'granted' AS status, recorded_at AS at,
            CASE WHEN pg_temp.share(contact_id, 6) < 5 THEN '' ELSE 'v1' END AS wording
        WHERE pg_temp.share(contact_id, 5) >= 5
        UNION ALL
        SELECT CASE WHEN pg_temp.share(contact_id, 7) < 5 THEN 'withdrawn' ELSE 'granted' END,
            recorded_at + interval '30 days', 'v1'
        WHERE pg_temp.share(contact_id, 5) >= 5 AND pg_temp.share(contact_id, 7) < 15
    ) AS said
    """,
    """
    INSERT INTO profile.change (contact_id, kind, payload, valid_from, recorded_at)
    SELECT contact_id, 'contact', jsonb_build_object('is_reachable', is_reachable, 'source', source), first_seen_at,
        recorded_at
    FROM profile.contact
    UNION ALL
    SELECT contact_id, 'attributes', attributes, first_seen_at, recorded_at FROM profile.contact
    UNION ALL
    SELECT contact_id, 'consent', jsonb_build_object('purpose', purpose, 'status', status, 'proven', is_proven,
        'method', method, 'wording_version', wording_version), effective_at, recorded_at
    FROM profile.consent
    """,
    """
    INSERT INTO profile.suppression (suppression_index, contact_id, scope, action, cause, occurred_at, recorded_at)
    SELECT suppression_index, contact_id, said.scope, said.action, said.cause, said.at, said.at
    FROM profile.identity CROSS JOIN LATERAL (VALUES
        ('marketing', 'stop', 'stop_word', valid_from + interval '1 day', pg_temp.share(contact_id, 8) < 3),
        ('marketing', 'resume', 'api', valid_from + interval '2 days', pg_temp.share(contact_id, 8) < 1),
        ('all', 'stop', 'import', valid_from + interval '1 day', pg_temp.share(contact_id, 9) < 1)
    ) AS said (scope, action, cause, at, holds)
    WHERE said.holds
    """,
    # Two in the last day use up a cap; one of this rule in the last fortnight uses up its limit.
    """
    INSERT INTO gate.permit
        (message_id, contact_id, rule_name, rule_version_id, business_number_id, category, purpose, consent_id,
         granted_at)
    SELECT row_number() OVER (), contact_id, sent.rule_name, 1, '106540352242922', 'marketing', 'marketing', 1,
        current_setting('bench.now')::timestamptz - sent.ago
    FROM profile.contact CROSS JOIN LATERAL (VALUES
        ('other', interval '3 hours', pg_temp.share(contact_id, 10) < 6),
        ('other', interval '5 hours', pg_temp.share(contact_id, 10) < 3),
        ('bench', interval '5 days', pg_temp.share(contact_id, 11) < 3),
        ('bench', interval '20 days', pg_temp.share(contact_id, 12) < 20)
    ) AS sent (rule_name, ago, holds)
    WHERE sent.holds
    """,
)
ANALYZED = ("profile.contact", "profile.consent", "profile.suppression", "profile.identity", "gate.permit")


async def fill_people(connection: Connection, *, size: int, seed: int) -> None:
    """Write so many people with all that bears on a plan, in the caller's transaction."""
    for name, value in (("size", size), ("seed", seed), ("now", START.isoformat())):
        await connection.execute("SELECT set_config(%s, %s, true)", (f"bench.{name}", str(value)))
    for statement in STATEMENTS:
        await connection.execute(statement)
    for table in ANALYZED:
        await connection.execute(f"ANALYZE {table}".encode())
