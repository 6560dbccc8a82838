"""The mart misses no row and doubles none, whatever its writers do and whenever it dies."""

import asyncio
import json
import random
import signal
import subprocess
import sys
import threading
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from rulecast.database import Database, execute, fetch_value
from rulecast.database.embedded import DISPOSABLE, EmbeddedServer
from rulecast.database.embedded.layout import installed_programs
from rulecast.rule.engine.mart import Frame, Mart, SyncReport
from rulecast.rule.engine.mart import synchronise as synchronise_module
from rulecast.values.catalogue import Attribute, AttributeType, Catalogue, EventDefinition

ROOT = Path(__file__).resolve().parents[2]
START = datetime(2026, 11, 17, 18, 55, tzinfo=UTC)
KEY = bytes(range(32))
CATALOGUE = Catalogue.of(
    attributes=[Attribute(name="points", type=AttributeType.INTEGER)],
    events=[EventDefinition(name="purchase", properties={"amount": AttributeType.DECIMAL})],
)
ZONES = [("Africa/Casablanca", datetime(1990, 1, 1, tzinfo=UTC), 60)]
ADD_CHANGE = (
    "INSERT INTO profile.change (contact_id, kind, payload, valid_from, recorded_at)"
    " VALUES (%(contact_id)s, %(kind)s, %(payload)s::text::jsonb, %(valid_from)s, %(valid_from)s)"
)
ADD_EVENT = (
    "INSERT INTO collect.event (contact_id, name, occurred_at, recorded_at, source, event_key, properties)"
    " VALUES (%(contact_id)s, 'purchase', %(at)s, %(at)s, 'import', decode(md5(%(key)s::text), 'hex'),"
    " %(properties)s::text::jsonb)"
)


def roll_back_if(is_wanted: bool) -> None:
    if is_wanted:
        raise ConnectionAbortedError


async def open_mart(path: Path, catalogue: Catalogue = CATALOGUE) -> Mart:
    return await Mart.open(path, KEY, catalogue=catalogue, zone_rows=lambda: ZONES)


@pytest.fixture
async def mart(tmp_path: Path) -> AsyncIterator[Mart]:
    opened = await open_mart(tmp_path / "mart.duckdb")
    yield opened
    await opened.close()


async def add_change(
    connection, contact_id: int, kind: str, payload: dict[str, object], valid_from: datetime = START
) -> None:
    await execute(
        connection,
        ADD_CHANGE,
        {"contact_id": contact_id, "kind": kind, "payload": json.dumps(payload), "valid_from": valid_from},
    )


async def add_event(connection, contact_id: int, key: str, amount: str = "1.00") -> None:
    values = {"contact_id": contact_id, "at": START, "key": key, "properties": json.dumps({"amount": amount})}
    await execute(connection, ADD_EVENT, values)


async def sync_once(mart: Mart, database: Database, catalogue: Catalogue | None = None) -> SyncReport:
    async with database.connection() as connection:
        return await mart.sync(connection, catalogue)


async def sync(mart: Mart, database: Database, catalogue: Catalogue | None = None) -> SyncReport:
    """Sync until everything committed by now is in: another database of the server may hold the horizon a while."""
    async with database.connection() as connection:
        wanted = await fetch_value(
            connection, "SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint", {}
        )
    total = await sync_once(mart, database, catalogue)
    async with asyncio.timeout(60):
        while total.horizon < wanted:
            await asyncio.sleep(0.02)
            more = await sync_once(mart, database)
            total = SyncReport(
                changes=total.changes + more.changes,
                events=total.events + more.events,
                rebuilt=total.rebuilt or more.rebuilt,
                horizon=more.horizon,
            )
    return total


async def ids_in_postgresql(database: Database) -> tuple[list[int], list[int]]:
    async with database.connection() as connection:
        events = await fetch_value(
            connection, "SELECT array_agg(event_id ORDER BY event_id) FROM collect.event", {}
        )
        changes = await fetch_value(
            connection, "SELECT array_agg(change_id ORDER BY change_id) FROM profile.change", {}
        )
    return list(events or []), list(changes or [])


async def ids_in_mart(mart: Mart) -> tuple[list[int], list[int]]:
    events = await mart.query("SELECT event_id FROM event ORDER BY event_id")
    changes = await mart.query("SELECT change_id FROM change ORDER BY change_id")
    return [row[0] for row in events], [row[0] for row in changes]


async def test_no_row_is_missed_or_doubled_under_concurrent_slow_and_rolled_back_writers(
    database: Database, mart: Mart
) -> None:
    chance = random.Random(7)
    slow_may_end = asyncio.Event()

    async def write(number: int) -> None:
        fate = chance.choice(["commit", "commit", "slow", "roll back"])
        try:
            async with database.transaction() as connection:
                await add_change(connection, number, "contact", {})
                await add_event(connection, number, f"{number}-a")
                if fate == "slow":
                    await asyncio.wait_for(slow_may_end.wait(), 30)
                await add_event(connection, number, f"{number}-b")
                await add_change(connection, number, "attributes", {"points": number})
                roll_back_if(fate == "roll back")
        except ConnectionAbortedError:
            return

    async def write_many(first: int) -> None:
        for number in range(first, first + 12):
            await write(number)

    writers = [asyncio.create_task(write_many(first)) for first in (100, 200, 300, 400)]
    for seen_open in range(25):
        await sync_once(mart, database)
        events, _changes = await ids_in_mart(mart)
        assert len(events) == len(set(events))
        if seen_open == 8:
            slow_may_end.set()
    slow_may_end.set()
    await asyncio.gather(*writers)
    await sync(mart, database)
    assert await ids_in_mart(mart) == await ids_in_postgresql(database)
    derived = await mart.query("SELECT contact_id, points FROM contact ORDER BY contact_id")
    assert derived
    assert all(contact_id == points for contact_id, points in derived)


async def test_a_row_of_a_slow_writer_is_read_once_it_commits_though_later_ids_were_read_before(
    database: Database, mart: Mart
) -> None:
    async with database.transaction() as slow:
        await add_event(slow, 1, "slow")
        async with database.transaction() as quick:
            await add_event(quick, 2, "quick")
        await sync_once(mart, database)
        assert (await ids_in_mart(mart))[0] == []
    report = await sync(mart, database)
    assert (await ids_in_mart(mart))[0] == (await ids_in_postgresql(database))[0]
    assert report.events == 2


@pytest.mark.parametrize("point", ["_derive", "_finish"])
async def test_a_kill_in_the_middle_of_a_sync_leaves_the_last_whole_state(
    database: Database, database_url: str, tmp_path: Path, point: str
) -> None:
    path = tmp_path / "mart.duckdb"
    first = await open_mart(path)
    async with database.transaction() as connection:
        await add_change(connection, 1, "contact", {})
        await add_event(connection, 1, "before")
    await sync(first, database)
    before = await ids_in_mart(first)
    await first.close()
    async with database.transaction() as connection:
        for number in range(200):
            await add_event(connection, 1, f"after-{number}")
    child = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", KILLED_CHILD, str(path), database_url, point],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
    assert child.returncode == -signal.SIGKILL, child.stderr
    second = await open_mart(path)
    try:
        assert await ids_in_mart(second) == before
        await sync(second, database)
        assert await ids_in_mart(second) == await ids_in_postgresql(database)
    finally:
        await second.close()


KILLED_CHILD = """
import asyncio, os, signal, sys
from pathlib import Path
from rulecast.database import Database
from rulecast.rule.engine.mart import synchronise as module
from tests.integration.test_mart_sync import open_mart, sync
async def main(path, url, point):
    def die(*_):
        os.kill(os.getpid(), signal.SIGKILL)
    setattr(module, point, die)
    mart = await open_mart(Path(path))
    database = await Database(url, pool_size=2).open()
    await sync(mart, database)
asyncio.run(main(*sys.argv[1:]))
"""


async def test_a_sync_that_cannot_begin_leaves_the_mart_usable(database: Database, tmp_path: Path) -> None:
    zones: list[tuple[str, datetime, int]] = []

    def zone_rows() -> list[tuple[str, datetime, int]]:
        return zones

    opened = await Mart.open(tmp_path / "mart.duckdb", KEY, catalogue=CATALOGUE, zone_rows=zone_rows)
    async with database.transaction() as connection:
        await add_change(connection, 1, "contact", {})
    zones.append(("Africa/Casablanca", datetime(1990, 1, 1, tzinfo=UTC), "an hour"))  # type: ignore[arg-type]
    with pytest.raises(duckdb.Error):
        await sync(opened, database)
    zones[:] = ZONES
    await sync(opened, database)
    assert await opened.query("SELECT contact_id FROM contact") == [(1,)]
    await opened.close()


async def test_who_is_cancelled_leaves_the_mart_only_when_the_work_has_ended(mart: Mart) -> None:
    began, may_end = threading.Event(), threading.Event()

    def work(_duck: duckdb.DuckDBPyConnection) -> None:
        began.set()
        may_end.wait(30)

    asking = asyncio.create_task(mart.run(work))
    await asyncio.to_thread(began.wait, 30)
    asking.cancel()
    for _ in range(10):
        await asyncio.sleep(0)
    was_held = not asking.done()
    may_end.set()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert was_held


async def test_a_rebuilt_cluster_is_read_anew_and_its_foreign_ids_are_read_once(
    database: Database, database_url: str, mart: Mart, tmp_path: Path
) -> None:
    async with database.transaction() as connection:
        await add_change(connection, 1, "contact", {})
        await add_event(connection, 1, "old")
    async with database.transaction() as connection:
        # Rows of the old cluster carry ids that the new one has not reached yet.
        await execute(connection, "ALTER TABLE profile.change DISABLE TRIGGER change_is_append_only", {})
        await execute(connection, "UPDATE profile.change SET xid = '3000'", {})
        await execute(connection, "UPDATE collect.event SET xid = '3000'", {})
    await sync(mart, database)
    server = EmbeddedServer(tmp_path / "second", tuning=DISPOSABLE)
    conninfo = make_conninfo(server.enter(), dbname="postgres")
    try:
        copy_database(database_url, conninfo)
        restored = await Database(conninfo, pool_size=2).open()
        try:
            await check_restored(restored, mart)
        finally:
            await restored.close()
    finally:
        server.leave()


async def check_restored(restored: Database, mart: Mart) -> None:
    report = await sync(mart, restored)
    assert report.rebuilt
    assert await ids_in_mart(mart) == await ids_in_postgresql(restored)
    async with restored.connection() as connection:
        await execute(connection, BURN_TRANSACTION_IDS, {})
    async with restored.transaction() as connection:
        await add_event(connection, 1, "new")
    report = await sync(mart, restored)
    assert not report.rebuilt
    assert report.horizon > 3000
    assert report.events == 1
    assert await ids_in_mart(mart) == await ids_in_postgresql(restored)


BURN_TRANSACTION_IDS = """
DO $$ BEGIN
    FOR number IN 1..3500 LOOP
        BEGIN
            CREATE TEMP TABLE IF NOT EXISTS burn (number integer);
            INSERT INTO burn VALUES (number);
        EXCEPTION WHEN division_by_zero THEN NULL;
        END;
    END LOOP;
END $$
"""


def copy_database(source: str, target: str) -> None:
    programs = installed_programs()
    dump = subprocess.run(
        [programs / "pg_dump", "--no-owner", "-d", source],
        check=True,
        capture_output=True,
        env=environment_of(source),
    )
    subprocess.run(
        [programs / "psql", "-q", "-X", "-v", "ON_ERROR_STOP=1", "-d", target],
        check=True,
        input=dump.stdout,
        capture_output=True,
        env=environment_of(target),
    )


def environment_of(conninfo: str) -> dict[str, str]:
    password = conninfo_to_dict(conninfo).get("password")
    return {"PATH": "/usr/bin:/bin"} | ({"PGPASSWORD": str(password)} if password else {})


async def test_an_older_state_in_the_place_of_a_newer_one_is_read_anew_f98(
    database: Database, mart: Mart
) -> None:
    async with database.transaction() as connection:
        await add_change(connection, 1, "contact", {})
        await add_change(connection, 2, "contact", {})
    await sync(mart, database)
    async with database.transaction() as connection:
        # What is appended is never changed, except by a restore.
        await execute(connection, "SET LOCAL session_replication_role = replica")
        await execute(connection, "DELETE FROM profile.change WHERE contact_id = 2")
        await execute(
            connection,
            "INSERT INTO deliver.restore (causes, life_before, life, because, nothing_was_sent, doubted,"
            " stops_restored, rules_held, decided_by, decided_at)"
            " VALUES ('{behind}', '1/00000001/1', '1/00000001/1', 'disk', false, 0, 0, 0, 'asha', now())",
        )
    report = await sync(mart, database)
    assert report.rebuilt
    assert await ids_in_mart(mart) == await ids_in_postgresql(database)


async def test_another_catalogue_means_that_everything_is_read_anew(
    database: Database, tmp_path: Path
) -> None:
    mart = await open_mart(tmp_path / "mart.duckdb")
    async with database.transaction() as connection:
        await add_change(connection, 1, "contact", {})
        await add_change(connection, 1, "attributes", {"points": 3, "shoe_size": 42})
    await sync(mart, database)
    wider = Catalogue.of(
        attributes=[*CATALOGUE.attributes.values(), Attribute(name="shoe_size", type=AttributeType.INTEGER)]
    )
    report = await sync(mart, database, wider)
    assert report.rebuilt
    assert await mart.query("SELECT shoe_size FROM contact") == [(42,)]
    await mart.close()


async def test_the_newest_value_by_valid_time_wins_however_late_an_older_one_arrives(
    database: Database, mart: Mart
) -> None:
    async with database.transaction() as connection:
        await add_change(connection, 1, "contact", {})
        await add_change(connection, 1, "attributes", {"points": 2, "city": "rabat"}, START)
    await sync(mart, database)
    async with database.transaction() as connection:
        await add_change(connection, 1, "attributes", {"points": 1, "city": None}, START - timedelta(days=9))
    await sync(mart, database)
    assert await mart.query("SELECT points, city FROM contact") == [(2, "rabat")]


async def test_a_tie_between_grant_and_withdrawal_is_a_stop_in_the_mart_too(
    database: Database, mart: Mart
) -> None:
    async with database.transaction() as connection:
        await add_change(connection, 1, "contact", {})
        for status in ("withdrawn", "granted"):
            await add_change(
                connection, 1, "consent", {"purpose": "marketing", "status": status, "proven": True}
            )
    await sync(mart, database)
    assert await mart.query("SELECT granted FROM consent") == [(False,)]


async def test_the_past_is_derived_from_valid_and_recorded_time(database: Database, mart: Mart) -> None:
    async with database.transaction() as connection:
        await add_change(connection, 1, "contact", {}, START - timedelta(days=30))
        await add_change(connection, 1, "attributes", {"city": "rabat"}, START - timedelta(days=30))
        await add_change(connection, 1, "attributes", {"city": "fes"}, START - timedelta(days=1))
        await add_change(connection, 1, "tag_added", {"tag": "vip"}, START - timedelta(days=1))
    await sync(mart, database)
    then = START - timedelta(days=10)
    frame = Frame(now=then, as_of=then)

    def read_past(duck) -> list[tuple[str, list[str]]]:
        relations = mart.prepare(duck, frame)
        return duck.execute(f"SELECT city, tags FROM {relations.contact}").fetchall()

    assert await mart.run(read_past) == [("rabat", [])]
    assert await mart.query("SELECT city, tags FROM contact") == [("fes", ["vip"])]


async def test_an_erased_person_leaves_every_table_of_the_mart(database: Database, mart: Mart) -> None:
    async with database.transaction() as connection:
        await add_change(connection, 1, "contact", {})
        await add_event(connection, 1, "one")
    await sync(mart, database)
    async with database.transaction() as connection:
        await add_change(connection, 1, "erase", {})
        await add_event(connection, 1, "late")
    await sync(mart, database)
    for table in ("contact", "event", "change", "consent"):
        assert await mart.query(f"SELECT count(*) FROM {table}") == [(0,)]


async def test_the_file_is_unreadable_without_its_key(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "mart.duckdb"
    mart = await open_mart(path)
    async with database.transaction() as connection:
        await add_change(connection, 1, "contact", {})
        await add_change(connection, 1, "attributes", {"city": "casablanca-canary"})
    await sync(mart, database)
    await mart.close()
    assert b"casablanca-canary" not in path.read_bytes()
    assert synchronise_module.SLICE_BYTES > 0
