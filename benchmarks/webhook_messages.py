"""Messages for statuses to meet: one launched run, written straight into the database."""

from rulecast.database import Connection
from rulecast.database.rows import Jsonb
from rulecast.wiring.workspace import Workspace

PEOPLE = 200
# Bounds the parameters of one statement.
MESSAGES_PER_STATEMENT = 5_000
NUMBER_ID = "106540352242922"


def wamid_of(number: int) -> str:
    """Return the wamid of the benchmark's message of this number."""
    return f"wamid.HBgLMjEyNjEyMDAwMDAxFQIAERgSOUE5M0M5{number:012d}"


async def write_messages(workspace: Workspace, first: int, count: int) -> None:
    """Write so many accepted messages, the wamids of which are numbered from `first`."""
    async with workspace.database.transaction() as connection:
        run_id = await _write_run(connection, workspace, first)
    for start in range(0, count, MESSAGES_PER_STATEMENT):
        numbers = range(start, min(start + MESSAGES_PER_STATEMENT, count))
        indexes = [workspace.vault.lookup_index("wamid", wamid_of(first + number)) for number in numbers]
        async with workspace.database.transaction() as connection:
            await connection.execute(
                "INSERT INTO deliver.message (run_id, contact_id, step, business_number_id, template_id, state,"
                " send_from, send_until, changed_at, wamid_index, accepted_at)"
                " SELECT %(run)s, c.contact_id, (%(start)s + n.position) / %(people)s + 1, %(number)s, 1, 'accepted',"
                " %(now)s, %(now)s, %(now)s, n.wamid_index, %(now)s"
                " FROM unnest(%(indexes)b::bytea[]) WITH ORDINALITY AS n (wamid_index, position)"
                " JOIN (SELECT contact_id, row_number() OVER (ORDER BY contact_id) - 1 AS place"
                " FROM profile.contact) AS c ON c.place = (%(start)s + n.position) %% %(people)s",
                {
                    "run": run_id,
                    "start": start,
                    "people": PEOPLE,
                    "number": NUMBER_ID,
                    "now": workspace.clock.now(),
                    "indexes": indexes,
                },
            )


async def _write_run(connection: Connection, workspace: Workspace, first: int) -> int:
    """Write people, number, template, rule, plan and run, where they are not there yet."""
    now = workspace.clock.now()
    name = f"benchmark_{first}"
    await connection.execute(
        "INSERT INTO account.portfolio (portfolio_id) VALUES ('1') ON CONFLICT DO NOTHING"
    )
    await connection.execute(
        "INSERT INTO account.business_number (business_number_id, portfolio_id, name, waba_id)"
        " VALUES (%s, '1', 'benchmark', '2') ON CONFLICT DO NOTHING",
        (NUMBER_ID,),
    )
    await connection.execute(
        "INSERT INTO template.template (name, language, category, status, components, components_hash, updated_at)"
        " VALUES ('benchmark', 'en', 'marketing', 'approved', %s, %s, %s) ON CONFLICT DO NOTHING",
        (Jsonb([]), bytes(32), now),
    )
    await connection.execute(
        "INSERT INTO profile.contact (first_seen_at, recorded_at, source)"
        " SELECT %s, %s, 'import' FROM generate_series(1, %s - (SELECT count(*) FROM profile.contact))",
        (now, now, PEOPLE),
    )
    rows = await connection.execute(
        "WITH version AS (INSERT INTO rule.rule_version (rule_name, version, text, content_hash, author, created_at)"
        " VALUES (%(name)s, 1, '', %(hash)s, 'benchmark', %(now)s) RETURNING rule_version_id),"
        " plan AS (INSERT INTO plan.plan (rule_version_id, rule_name, purpose, state, evaluated_at, created_at,"
        " created_by, expires_at, tzdata_version, business_number_id, document, content_hash)"
        " SELECT rule_version_id, %(name)s, 'marketing', 'launched', %(now)s, %(now)s, 'benchmark',"
        " %(now)s + interval '72 hours', '', %(number)s, '{}', %(hash)s FROM version RETURNING plan_id)"
        " INSERT INTO deliver.run (plan_id, rule_name, business_number_id, state, launched_by, launched_at)"
        " SELECT plan_id, %(name)s, %(number)s, 'running', 'benchmark', %(now)s FROM plan RETURNING run_id",
        {"name": name, "hash": bytes(32), "now": now, "number": NUMBER_ID},
    )
    row = await rows.fetchone()
    assert row is not None
    return int(row[0])
