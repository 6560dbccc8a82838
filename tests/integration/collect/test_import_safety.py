"""What an import promises when it is killed, repeated, raced, or fed people who must not be written to."""

import asyncio
import logging
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.people import ASHA, BILAL, CHITRA, DEEPA

from rulecast.config import Settings
from rulecast.database import fetch_all, fetch_value
from rulecast.profile.identity import lookups_of
from rulecast.values.clock import ManualClock
from rulecast.wiring import Workspace, open_workspace
from rulecast.wiring.contact_view import view_contact
from rulecast.wiring.import_events import import_events
from rulecast.wiring.import_run import ImportOrder, ImportReport
from rulecast.wiring.imports import import_contacts
from rulecast.wiring.prepare_import import ImportRequest, prepare_import

ROWS = 12_000

CONSENTS = """\
phone,first name,purpose,consent,when,how,wording
{asha},Asha,marketing,yes,2026-01-05,web form,v1
{bilal},Bilal,marketing,yes,2026-01-05,web form,v1
{bilal},Bilal,marketing,withdrawn,2026-03-01,web form,v1
{chitra},Chitra,,,,,
{deepa},Deepa,marketing,yes,,web form,v1
{deepa},Deepa,service,yes,2026-01-05,,v1
{deepa},Deepa,transactional,yes,2026-01-05,paper,
{asha},Asha,,yes,2026-01-05,web form,v1
{chitra},Chitra,,no,2026-02-01,call,v1
{asha},Asha,marketing,perhaps,2026-01-05,web form,v1
{asha},Asha,marketing,yes,2027-01-05,web form,v1
{asha},Asha,marketing,yes,05/01/2026,web form,v1
"""
CONSENT_MAPPING = """
format = 1
kind = "contacts"

[identity]
phone = "phone"

[attributes]
first_name = "first name"

[[consent]]
purpose = { column = "purpose" }
status = "consent"
when = { column = "when", zone = "UTC" }
how = "how"
wording = "wording"
"""
EVENT_MAPPING = """
format = 1
kind = "events"

[identity]
external = "customer"

[event]
name = "purchase"
occurred_at = { column = "at", zone = "UTC" }
repeats = "REPEATS"
create_contacts = true

[event.properties]
amount = { column = "amount", type = "decimal" }
"""


@pytest.fixture
async def workspace(settings: Settings, clock: ManualClock) -> AsyncIterator[Workspace]:
    async with open_workspace(settings, actor="importer", clock=clock) as opened:
        yield opened


async def run_import(workspace: Workspace, file: Path, mapping: str, *, again: bool = False) -> ImportReport:
    mapping_file = file.with_suffix(".toml")
    mapping_file.write_text(mapping, encoding="utf-8")
    kind = "events" if 'kind = "events"' in mapping else "contacts"
    request = ImportRequest(
        kind="events" if kind == "events" else "contacts", file=file, mapping_file=mapping_file
    )
    order = ImportOrder(
        proposal=await prepare_import(workspace, request),
        rejects_path=file.with_suffix(".rejects.csv"),
        again=again,
    )
    return await (import_events if kind == "events" else import_contacts)(workspace, order)


@pytest.fixture
def consents(tmp_path: Path) -> Path:
    path = tmp_path / "consents.csv"
    phones = {one.name.lower(): one.phone for one in (ASHA, BILAL, CHITRA, DEEPA)}
    path.write_text(CONSENTS.format(**phones), encoding="utf-8")
    return path


async def test_only_what_the_file_proves_is_a_proven_consent(workspace: Workspace, consents: Path) -> None:
    report = await run_import(workspace, consents, CONSENT_MAPPING)

    async with workspace.database.connection() as connection:
        rows = await fetch_all(
            connection,
            """SELECT i.lookup, c.purpose, c.status, c.is_proven FROM profile.current_consent AS c
            JOIN profile.identity AS i USING (contact_id) ORDER BY c.purpose""",
        )
    current = {
        one.name: [
            (purpose, status, proven) for lookup, purpose, status, proven in rows if bytes(lookup) == key
        ]
        for one in (ASHA, BILAL, CHITRA, DEEPA)
        for key in lookups_of(workspace.vault, one.phone)[:1]
    }
    assert current == {
        "Asha": [("marketing", "granted", True)],
        "Bilal": [("marketing", "withdrawn", True)],
        # A refusal that names no purpose is one of every purpose.
        "Chitra": [(purpose, "denied", True) for purpose in ("marketing", "service", "transactional")],
        # No date, no method, no wording version: stored, and never sendable.
        "Deepa": [(purpose, "granted", False) for purpose in ("marketing", "service", "transactional")],
    }
    assert report.purposeless_grants == 1
    assert report.reject_codes == {"RC-IMPORT-115": 1, "RC-IMPORT-116": 2}
    assert (report.counts.consents_proven, report.counts.consents_unproven) == (2, 3)


async def test_a_withdrawal_waits_for_a_send_that_holds_the_guard(
    workspace: Workspace, consents: Path
) -> None:
    await run_import(workspace, consents, CONSENT_MAPPING)
    later = consents.with_name("later.csv")
    later.write_text(
        f"phone,first name,purpose,consent,when,how,wording\n{ASHA.phone},Asha,marketing,no,2026-06-01,call,v1\n"
    )

    async with workspace.database.transaction() as sender:
        await sender.execute("SELECT FROM profile.sending_guard ORDER BY contact_id FOR NO KEY UPDATE")
        importing = asyncio.create_task(run_import(workspace, later, CONSENT_MAPPING))
        async with workspace.database.connection() as observer:
            waiting = """SELECT count(*) FROM pg_stat_activity
                WHERE wait_event_type = 'Lock' AND datname = current_database()"""
            while not await fetch_value(observer, waiting) and not importing.done():  # noqa: ASYNC110 - a session's wait
                await asyncio.sleep(0.01)
            assert not importing.done()
            unseen = await fetch_value(
                observer,
                "SELECT count(*) FROM profile.consent WHERE method = 'call' AND effective_at > '2026-03-01'",
            )
    await importing

    assert unseen == 0


async def test_no_number_reaches_logs_errors_or_rejects(
    workspace: Workspace, consents: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    report = await run_import(workspace, consents, CONSENT_MAPPING)

    assert report.rejects_path is not None
    shown = caplog.text + report.rejects_path.read_text() + repr(report)
    assert not any(one.phone[1:] in shown for one in (ASHA, BILAL, CHITRA, DEEPA))
    async with workspace.database.connection() as connection:
        stored = await fetch_value(connection, "SELECT string_agg(t::text, '') FROM profile.contact AS t")
        stored += await fetch_value(connection, "SELECT string_agg(t::text, '') FROM profile.identity AS t")
        stored += await fetch_value(connection, "SELECT string_agg(t::text, '') FROM profile.change AS t")
    assert not any(one.phone[1:] in stored or one.name in stored for one in (ASHA, BILAL, CHITRA, DEEPA))


def many_people(path: Path) -> Path:
    lines = (
        f"+2126{number:08d},person {number},{number % 90}" for number in range(10_000_000, 10_000_000 + ROWS)
    )
    path.write_text("phone,first name,shelf\n" + "\n".join(lines) + "\nnonsense,x,1\n", encoding="utf-8")
    return path


MANY_MAPPING = """
format = 1
kind = "contacts"
[identity]
phone = "phone"
[attributes]
first_name = "first name"
shelf = { column = "shelf", type = "integer" }
"""


async def test_f90_an_import_killed_half_way_goes_on_where_it_stopped(
    workspace: Workspace, environment: dict[str, str], tmp_path: Path
) -> None:
    file = many_people(tmp_path / "many.csv")
    (tmp_path / "many.toml").write_text(MANY_MAPPING)
    command = [sys.executable, "-m", "rulecast", "import", "contacts", str(file)]
    options = [
        "--mapping",
        str(tmp_path / "many.toml"),
        "--yes",
        "--rejects",
        str(tmp_path / "many.rejects.csv"),
    ]
    process = await asyncio.create_subprocess_exec(
        *command, *options, env={**environment, "PYTHONPATH": "src"}, stderr=subprocess.DEVNULL
    )
    async with workspace.database.connection() as connection:
        while not await fetch_value(connection, "SELECT rows_done FROM collect.import_batch"):
            assert process.returncode is None
            await asyncio.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    await process.wait()

    report = await run_import(workspace, file, MANY_MAPPING)

    assert 5_000 <= report.resumed_after <= ROWS
    assert report.counts.rows_done == ROWS + 1
    assert report.counts.people_created == ROWS
    async with workspace.database.connection() as connection:
        assert await fetch_value(connection, "SELECT count(*) FROM profile.contact") == ROWS
    assert report.rejects_path is not None
    assert report.rejects_path.read_text().count("RC-IMPORT-103") == 1


@pytest.mark.parametrize(("repeats", "stored"), [("same", 2), ("count", 3)])
async def test_identical_rows_are_one_event_or_as_many_as_the_mapping_says(
    workspace: Workspace, tmp_path: Path, repeats: str, stored: int
) -> None:
    file = tmp_path / "sales.csv"
    file.write_text(
        "customer,at,amount\nA-1,2026-01-05 10:00,1.50\nA-1,2026-01-05 10:00,1.50\n"
        "A-1,2026-01-06,2\n,2026-01-06,2\nA-1,2030-01-01,2\n"
    )
    mapping = EVENT_MAPPING.replace("REPEATS", repeats)
    first = await run_import(workspace, file, mapping)
    again = await run_import(workspace, file, mapping, again=True)

    assert (first.counts.rows_stored, again.counts.rows_stored) == (stored, 0)
    assert first.reject_codes == {"RC-IMPORT-102": 1, "RC-IMPORT-118": 1}
    async with workspace.database.connection() as connection:
        contact_id = await fetch_value(connection, "SELECT contact_id FROM profile.contact")
        known_since = await fetch_value(connection, "SELECT first_seen_at FROM profile.contact")
    view = await view_contact(workspace, f"#{contact_id}", reveal=True)
    assert len(view.events) == stored
    assert view.revealed == {"external": "A-1"}
    assert known_since == min(one.occurred_at for one in view.events)
    async with workspace.database.connection() as connection:
        actions = await fetch_all(connection, "SELECT action FROM observe.audit ORDER BY audit_id")
    assert [row[0] for row in actions] == [
        "import.events",
        "import.events",
        "look up",
        "contact.reveal",
    ]


async def test_events_of_nobody_known_are_refused_unless_the_mapping_creates_them(
    workspace: Workspace, tmp_path: Path
) -> None:
    file = tmp_path / "sales.csv"
    file.write_text("customer,at,amount\nA-1,2026-01-05,1.50\nA-2,2026-01-05,x\n")
    mapping = EVENT_MAPPING.replace("REPEATS", "same").replace(
        "create_contacts = true", "create_contacts = false"
    )
    report = await run_import(workspace, file, mapping)

    assert report.reject_codes == {"RC-IMPORT-108": 1, "RC-IMPORT-119": 1}
    assert report.counts.people_created == 0
