"""A newer release migrates while this one sends: nothing is lost or repeated, both send side by side (P20, F104)."""

import asyncio
import shutil
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from tests.database import SOURCE
from tests.graph_stub import GraphStub
from tests.integration.deliver.test_sender import planned, value_of
from tests.sending import NUMBER, launch, prepare_number, prepare_people, running_clock, states, until

from rulecast.database import migrate
from rulecast.database.errors import DatabaseNewerError, MigrationFailedError
from rulecast.database.migrate import MAIN_DIRECTORY, migrate_main
from rulecast.values.ids import BusinessNumberId
from rulecast.wiring.release import refuse_outgrown, watch_release
from rulecast.wiring.roles import Post, run_until_stopped
from rulecast.wiring.sender import SenderDrill, run_sender
from rulecast.wiring.workspace import Workspace, open_workspace

OTHER_NUMBER = BusinessNumberId("100000000000002")
# What senders write at every message, one migration each; a migration of several tables would meet them half-way.
HOT = (
    "deliver.attempt",
    "deliver.message",
    "deliver.run",
    "gate.permit",
    "gate.verdict",
    "profile.sending_guard",
)
ROOMS = ("account", "collect", "deliver", "gate", "plan", "profile", "rule", "template")
# What a release may do under senders: new columns with and without a value, a condition for new rows, a new table.
EXPAND = """
ALTER TABLE {table} ADD COLUMN next_release_note text;
ALTER TABLE {table} ADD COLUMN next_release_count integer NOT NULL DEFAULT 0;
ALTER TABLE {table} ADD CONSTRAINT next_release CHECK (next_release_count >= 0) NOT VALID;
"""
VALIDATE = "ALTER TABLE {table} VALIDATE CONSTRAINT next_release;\n"
CONTRACT = "ALTER TABLE deliver.run RENAME COLUMN launched_by TO started_by;\n"


@pytest.fixture
def next_release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of migrations of a release that follows; the one under test knows nothing of it."""
    folder = tmp_path / MAIN_DIRECTORY
    shutil.copytree(SOURCE / MAIN_DIRECTORY, folder)
    monkeypatch.setattr(migrate, "LOCK_PAUSE_SECONDS", 0.05)
    return folder


def every_table(conninfo: str) -> list[str]:
    """Return the tables of the rooms; partitions change with their parent."""
    with psycopg.connect(conninfo) as connection:
        rows = connection.execute(
            "SELECT format('%%I.%%I', n.nspname, c.relname) FROM pg_class AS c"
            " JOIN pg_namespace AS n ON n.oid = c.relnamespace"
            " WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND n.nspname = ANY(%s) ORDER BY 1",
            (list(ROOMS),),
        )
        return [str(row[0]) for row in rows]


def write_expansion(folder: Path, tables: list[str]) -> None:
    """Write the migrations that widen every table."""
    groups = [[one] for one in HOT]
    groups += [[one for one in tables if one not in HOT and one.startswith(room)] for room in ROOMS]
    for number, group in enumerate(groups):
        _write(folder, f"{9000 + number}.expand_{number}", EXPAND, group)
    _write(folder, "9900.validate", VALIDATE, tables)


def _write(folder: Path, name: str, statements: str, tables: list[str]) -> None:
    text = "".join(statements.format(table=table) for table in tables)
    text += f"INSERT INTO public.fitting_migration (migration_id) VALUES ('{name}');\n"
    (folder / f"{name}.sql").write_text(text, encoding="utf-8")


async def until_asked(graph: GraphStub, count: int, sending: asyncio.Task[object]) -> None:
    async def has_asked() -> bool:
        return len(graph.asked) >= count or sending.done()

    await until(has_asked)
    assert not sending.done()


def release(conninfo: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Do what the next release does when it starts."""
    with monkeypatch.context() as newer:
        newer.setattr(migrate, "_folder", lambda _directory: folder)
        migrate_main(conninfo)


async def test_every_table_grows_while_old_and_new_senders_send_p20_f104(
    workspace: Workspace, graph: GraphStub, next_release: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = workspace.settings.database_url
    assert url is not None
    first = await planned(workspace, 80)
    async with workspace.database.transaction() as connection:
        await prepare_number(connection, number=OTHER_NUMBER)
        people = await prepare_people(workspace, connection, 60, first=1000)
        second = await launch(workspace, connection, people[:30], name="second", number=OTHER_NUMBER)
    write_expansion(next_release, every_table(url))
    stop = asyncio.Event()
    old = asyncio.create_task(
        run_sender(
            workspace,
            stop_event=stop,
            drill=SenderDrill(numbers=frozenset({str(NUMBER)}), per_second=40),
        )
    )
    await until_asked(graph, 10, old)
    await asyncio.to_thread(release, url, next_release, monkeypatch)
    async with workspace.database.transaction() as connection:
        third = await launch(workspace, connection, people[30:], name="third")
    # A process of this release starts on what the next one made: that is a downgrade, too.
    async with open_workspace(workspace.settings, actor="x", clock=running_clock()) as beside:
        await refuse_outgrown(beside)
        await run_sender(
            beside,
            stop_event=stop,
            until_idle=True,
            drill=SenderDrill(numbers=frozenset({str(OTHER_NUMBER)})),
        )
    await until_asked(graph, 140, old)
    stop.set()
    await old
    assert [await states(workspace, one.run_id) for one in (first, second, third)] == [
        {"accepted": 80},
        {"accepted": 30},
        {"accepted": 30},
    ]
    assert len(graph.asked) == len(set(graph.asked)) == 140


async def test_a_role_that_the_database_outgrew_drains_and_ends_f104(
    workspace: Workspace,
    graph: GraphStub,
    next_release: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert workspace.settings.database_url is not None
    monkeypatch.setattr("rulecast.wiring.release.LOOK_SECONDS", 0.05)
    run = await planned(workspace, 40)
    (next_release / "9000.contract.sql").write_text(CONTRACT, encoding="utf-8")

    async def send(post: Post) -> None:
        await run_sender(post.workspace, stop_event=post.stop, drill=SenderDrill(per_second=20))

    running = asyncio.create_task(
        run_until_stopped(send, Post(workspace=workspace, stop=asyncio.Event()), is_supervised=False)
    )

    await until_asked(graph, 5, running)
    await asyncio.to_thread(release, workspace.settings.database_url, next_release, monkeypatch)
    with pytest.raises(DatabaseNewerError, match=r"9000\.contract"):
        await running
    with pytest.raises(DatabaseNewerError):
        await asyncio.to_thread(migrate_main, workspace.settings.database_url)
    # Whatever was on its way has its end, what was not goes on with the new release: nothing is in between.
    found = await states(workspace, run.run_id)
    assert found.pop("accepted") == len(graph.asked) == len(set(graph.asked))
    assert set(found) <= {"planned", "unknown"}
    assert found.get("unknown", 0) == 0
    assert await value_of(workspace, "SELECT count(*) FROM deliver.attempt WHERE state = 'intent'") == 0


async def test_a_migration_asks_again_and_again_for_a_table_in_use_f104(
    workspace: Workspace, next_release: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A report that runs for long keeps a migration out, and the migration keeps no sender waiting for longer."""
    assert workspace.settings.database_url is not None
    url = workspace.settings.database_url
    monkeypatch.setattr(migrate, "LOCK_LIMIT", "30ms")
    _write(next_release, "9000.expand", EXPAND, ["deliver.run"])
    with psycopg.connect(url) as report:
        report.execute("SELECT count(*) FROM deliver.run")
        with monkeypatch.context() as hurried:
            hurried.setattr(migrate, "LOCK_TRIES", 2)
            with pytest.raises(MigrationFailedError, match=r"9000\.expand: .*lock timeout"):
                await asyncio.to_thread(release, url, next_release, hurried)
        waiting = asyncio.create_task(asyncio.to_thread(release, url, next_release, monkeypatch))
        await asyncio.sleep(0)
        # While it tries, whoever reads gets the table.
        with psycopg.connect(make_conninfo(url, options="-c lock_timeout=1s")) as reader:
            assert reader.execute("SELECT count(*) FROM deliver.run").fetchone() == (0,)
        assert not waiting.done()
    await waiting


async def test_a_database_that_is_away_says_nothing_about_the_release(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rulecast.wiring.release.LOOK_SECONDS", 0.01)
    await workspace.database.close()
    watching = asyncio.create_task(watch_release(workspace))
    done, _ = await asyncio.wait({watching}, timeout=0.1)
    assert not done
    watching.cancel()
