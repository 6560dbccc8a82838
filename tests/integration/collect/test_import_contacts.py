"""A contact list becomes people with attributes, tags and consents; doing it twice changes nothing."""

import asyncio
import csv
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.people import ASHA, BILAL, CHITRA, DEEPA

from rulecast.collect.imports.errors import AlreadyRunningError
from rulecast.collect.imports.reject_file import defused
from rulecast.config import Settings
from rulecast.database import fetch_all, fetch_value
from rulecast.profile import find_contacts
from rulecast.profile.identity import lookups_of
from rulecast.values.clock import ManualClock
from rulecast.wiring import Workspace, open_workspace
from rulecast.wiring.import_run import ImportOrder, ImportReport, import_run
from rulecast.wiring.imports import import_contacts
from rulecast.wiring.prepare_import import ImportRequest, prepare_import

LIST = """\
Téléphone;Prénom;Ville;Date de naissance;Tags;Marketing consent;Consent date;Consent source;Wording version;Shoe size
06 12 00 00 01;Asha;Casablanca;02/04/1990;vip, new;yes;2026-01-05;web form;2026-01;38
+212 612-000002;Bilal;Rabat;23/11/1985;;withdrawn;2026-03-01;web form;2026-01;44
0033612000003;Chitra;Lyon;31/01/1978;;;;;;37
+216 20 000 004;Deepa;Tunis;15/06/2012;;yes;2026-02-01;paper;2025-11;36
5.51199E+12;Lost;São Paulo;01/01/1990;;yes;2026-01-01;web form;2026-01;40
;Nobody;Fès;01/01/1990;;;;;;40
١٢٣;Short;Agadir;01/01/1990;;;;;;41
0612000001;Asha;CASABLANCA;02/04/1990;;;;;;38
"""


@pytest.fixture
async def workspace(settings: Settings, clock: ManualClock) -> AsyncIterator[Workspace]:
    async with open_workspace(settings, actor="importer", clock=clock) as opened:
        yield opened


async def import_file(
    workspace: Workspace,
    file: Path,
    *,
    region: str | None = "MA",
    again: bool = False,
    with_raw: bool = False,
) -> ImportReport:
    proposal = await prepare_import(
        workspace, ImportRequest(kind="contacts", file=file, default_region=region)
    )
    rejects = file.with_suffix(".rejects.csv")
    order = ImportOrder(proposal=proposal, rejects_path=rejects, again=again, with_raw=with_raw)
    return await import_contacts(workspace, order)


@pytest.fixture
def contact_list(tmp_path: Path) -> Path:
    path = tmp_path / "list.csv"
    path.write_bytes(LIST.encode("cp1252", errors="ignore").replace(b"\n", b"\r\n"))
    path.write_bytes(LIST.encode("utf-8-sig"))
    return path


async def test_a_dirty_list_becomes_people_and_refusals(workspace: Workspace, contact_list: Path) -> None:
    report = await import_file(workspace, contact_list)

    assert report.counts.rows_done == 8
    assert report.counts.people_created == 4
    assert report.counts.rows_repeated == 1
    assert report.reject_codes == {"RC-IMPORT-102": 1, "RC-IMPORT-104": 1, "RC-IMPORT-105": 1}
    lookups = [lookups_of(workspace.vault, one.phone)[0] for one in (ASHA, BILAL, CHITRA, DEEPA)]
    async with workspace.database.connection() as connection:
        found = await find_contacts(connection, lookups)
        rows = await fetch_all(
            connection,
            "SELECT attributes FROM profile.contact WHERE contact_id = %(id)s",
            {"id": found[lookups[0]]},
        )
    assert len(found) == 4
    assert rows[0][0] == {
        "birth_date": "1990-04-02",
        "city": "casablanca",
        "country": "ma",
        "zone": "Africa/Casablanca",
    }


async def test_rejects_name_line_column_and_code_and_never_the_row(
    workspace: Workspace, contact_list: Path
) -> None:
    report = await import_file(workspace, contact_list)

    assert report.rejects_path is not None
    assert stat.S_IMODE(report.rejects_path.stat().st_mode) == 0o600
    with report.rejects_path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream))
    assert [row[:3] for row in rows] == [
        ["line", "column", "code"],
        ["6", "Téléphone", "RC-IMPORT-104"],
        ["7", "Téléphone", "RC-IMPORT-102"],
        ["8", "Téléphone", "RC-IMPORT-105"],
    ]
    assert "5.51199" not in report.rejects_path.read_text()


async def test_importing_the_same_file_again_changes_nothing(
    workspace: Workspace, contact_list: Path
) -> None:
    await import_file(workspace, contact_list)

    async def everything() -> list[int]:
        tables = ("contact", "identity", "tag", "consent", "change", "sending_guard")
        async with workspace.database.connection() as connection:
            return [await fetch_value(connection, f"SELECT count(*) FROM profile.{name}") for name in tables]

    before = await everything()
    second = await import_file(workspace, contact_list)
    third = await import_file(workspace, contact_list, again=True)

    assert second.was_finished
    assert not third.was_finished
    assert third.counts.rows_stored == 0
    assert third.counts.rows_unchanged == 5
    assert await everything() == before


async def test_consent_is_what_the_file_proves_and_nothing_more(
    workspace: Workspace, contact_list: Path
) -> None:
    report = await import_file(workspace, contact_list)

    assert (report.counts.consents_proven, report.counts.consents_refusing) == (2, 1)
    async with workspace.database.connection() as connection:
        rows = await fetch_all(
            connection, "SELECT status, is_proven FROM profile.current_consent ORDER BY contact_id"
        )
    assert rows == [("granted", True), ("withdrawn", True), ("granted", True)]


def without_purpose(contact_list: Path) -> Path:
    unnamed = contact_list.read_text("utf-8-sig").replace("Marketing consent", "Consent", 1)
    contact_list.write_text(unnamed, encoding="utf-8")
    return contact_list


async def test_a_guessed_mapping_never_says_what_a_consent_is_for(
    workspace: Workspace, contact_list: Path
) -> None:
    report = await import_file(workspace, without_purpose(contact_list))

    assert report.counts.consents_proven == 0
    assert report.purposeless_grants == 2
    async with workspace.database.connection() as connection:
        granted = await fetch_value(
            connection, "SELECT count(*) FROM profile.consent WHERE status = 'granted'"
        )
    assert granted == 0


async def test_f91_rejects_hold_the_row_only_when_asked_and_run_in_no_spreadsheet(
    workspace: Workspace, tmp_path: Path
) -> None:
    path = tmp_path / "list.csv"
    path.write_text("phone,=SUM(A1)\nnonsense,=1+1\n", encoding="utf-8")
    report = await import_file(workspace, path, with_raw=True)

    assert report.rejects_path is not None
    assert report.rejects_path.read_text().splitlines()[0] == "line,column,code,reason,row"
    assert '""nonsense"", ""=1+1""' in report.rejects_path.read_text()
    assert defused("=1+1") == "'=1+1"
    assert defused("plain") == "plain"


async def test_two_imports_of_the_same_people_at_once_create_them_once(
    workspace: Workspace, tmp_path: Path
) -> None:
    numbers = [f"+2126{number:08d}" for number in range(10_000_000, 10_000_400)]
    first, second = tmp_path / "first.csv", tmp_path / "second.csv"
    first.write_text("phone\n" + "\n".join(numbers) + "\n")
    second.write_text("phone\n" + "\n".join(reversed(numbers)) + "\n")

    await asyncio.gather(import_file(workspace, first), import_file(workspace, second))

    async with workspace.database.connection() as connection:
        assert await fetch_value(connection, "SELECT count(*) FROM profile.contact") == len(numbers)


async def test_a_file_is_imported_by_one_process_at_a_time(workspace: Workspace, contact_list: Path) -> None:
    proposal = await prepare_import(
        workspace, ImportRequest(kind="contacts", file=contact_list, default_region="MA")
    )
    order = ImportOrder(proposal=proposal, rejects_path=contact_list.with_suffix(".rejects.csv"))

    async with import_run(workspace, order):
        with pytest.raises(AlreadyRunningError):
            await import_contacts(workspace, order)
