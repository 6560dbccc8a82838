"""A copied or restored database is held; once accepted, nothing is sent twice and every opt-out blocks."""

import asyncio
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from tests.graph_stub import GraphStub
from tests.integration.deliver.test_sender import planned, send_all, until_value, value_of
from tests.sending import launch, prepare_number, prepare_people, running_clock, states, until

from rulecast.__main__ import run_sender_role
from rulecast.cli.app import run_command
from rulecast.config import Settings, load_settings
from rulecast.database.dump import load_dump, write_dump
from rulecast.database.embedded import DISPOSABLE, EmbeddedServer
from rulecast.database.opening import prepare_databases
from rulecast.deliver.restore import HoldCause, store
from rulecast.deliver.restore.memory import FILE_NAME, MemoryWriteError
from rulecast.rule.book import HoldReason
from rulecast.wiring.accept_restored import GapKnownError, NothingHeldError, accept
from rulecast.wiring.doctor import examine_workspace
from rulecast.wiring.finding import Health
from rulecast.wiring.restore import DatabaseHeldError, admit, look
from rulecast.wiring.roles import Post
from rulecast.wiring.sender import run_sender
from rulecast.wiring.suppress_people import suppress_people
from rulecast.wiring.workspace import Workspace, open_workspace


@pytest.fixture
def pointed(settings: Settings, graph: GraphStub) -> Settings:
    return replace(
        settings, graph_base_url=graph.base_url, access_token="test", sender_slots=40, lease_seconds=2
    )


async def send_until(workspace: Workspace, graph: GraphStub, count: int) -> None:
    """Send until Meta was asked that often, and end in order; messages of later may wait."""
    stop = asyncio.Event()
    sending = asyncio.create_task(run_sender(workspace, stop_event=stop))

    async def has_asked() -> bool:
        return len(graph.asked) >= count or sending.done()

    await until(has_asked)
    stop.set()
    await sending
    assert len(graph.asked) == count


def run_on(url: str, *statements: sql.Composable) -> None:
    with psycopg.connect(make_conninfo(url, dbname="postgres"), autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)


def restore(settings: Settings, dump: Path) -> None:
    """Drop both databases and fill new ones of the same names from the dump, as an operator would."""
    assert settings.database_url is not None
    assert settings.keys_database_url is not None
    for url in (settings.database_url, settings.keys_database_url):
        name = sql.Identifier(str(conninfo_to_dict(url)["dbname"]))
        run_on(
            url,
            sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name),
            sql.SQL("CREATE DATABASE {} TEMPLATE template0 STRATEGY FILE_COPY").format(name),
        )
    load_dump(settings.database_url, settings.keys_database_url, dump)
    prepare_databases(settings.database_url, settings.keys_database_url)


async def test_after_a_restore_nothing_is_sent_twice_and_every_opt_out_blocks_f98_f99_p6(
    pointed: Settings, graph: GraphStub, tmp_path: Path
) -> None:
    """Dump in the middle of a campaign, send the rest, take opt-outs, restore, decide, start."""
    clock = running_clock()
    assert pointed.database_url is not None
    assert pointed.keys_database_url is not None
    async with open_workspace(pointed, actor="test", clock=clock) as workspace:
        first = await planned(workspace, 30)
        await send_all(workspace)
        async with workspace.database.transaction() as connection:
            people = await prepare_people(workspace, connection, 50, first=100)
            gap = await launch(workspace, connection, people, name="gap")
            later = await launch(
                workspace, connection, people, name="later", evaluated_ago=timedelta(hours=-1)
            )
        await asyncio.to_thread(
            write_dump, pointed.database_url, pointed.keys_database_url, tmp_path / "dump"
        )
        await send_until(workspace, graph, 80)
        await suppress_people(workspace, people[:7], scope="marketing", why="said so at the counter")
    await asyncio.to_thread(restore, pointed, tmp_path / "dump")
    async with open_workspace(pointed, actor="operator", clock=clock) as workspace:
        found = await look(workspace)
        assert found.causes == (HoldCause.OTHER_DATABASE, HoldCause.BEHIND)
        assert found.gap_count == 50
        with pytest.raises(DatabaseHeldError):
            await send_all(workspace)
        with pytest.raises(GapKnownError):
            await accept(workspace, because="planned move", nothing_was_sent=True)
        decision = await accept(workspace, because="the disk died")
        assert (decision.doubted, decision.stops_restored) == (50, 7)
        with pytest.raises(NothingHeldError):
            await accept(workspace, because="once more")
        assert await states(workspace, first.run_id) == {"accepted": 30}
        assert await states(workspace, gap.run_id) == {"unknown": 50}
        assert await states(workspace, later.run_id) == {"planned": 50}
        spent = "SELECT count(*) FROM gate.permit WHERE released_at IS NULL AND message_id IN"
        assert (
            await value_of(
                workspace, f"{spent} (SELECT message_id FROM deliver.message WHERE run_id = {gap.run_id})"
            )
            == 43
        )
        async with workspace.database.transaction() as connection:
            await launch(workspace, connection, people, name="after")
        await send_until(workspace, graph, 80 + 43)
        assert await states(workspace, gap.run_id) == {"unknown": 50}
        assert await value_of(workspace, "SELECT count(*) FROM gate.incident") == 0
        kept = await value_of(workspace, "SELECT decided_by || ': ' || because FROM deliver.restore")
        assert kept == "operator: the disk died"


async def test_a_held_database_shows_in_the_doctor_and_accepts_what_nobody_sent_since(
    pointed: Settings, graph: GraphStub
) -> None:
    """A planned move: a clean end, a copy, nothing in between; the copy goes on where the old one was."""
    clock = running_clock()
    url = pointed.database_url
    assert url is not None
    moved = make_conninfo(url, dbname=f"{conninfo_to_dict(url)['dbname']}_moved")
    names = [sql.Identifier(str(conninfo_to_dict(one)["dbname"])) for one in (moved, url)]
    async with open_workspace(pointed, actor="test", clock=clock) as workspace:
        run = await planned(workspace, 3)
        await admit(workspace)
    run_on(url, sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY").format(*names))
    try:
        async with open_workspace(replace(pointed, database_url=moved), actor="x", clock=clock) as workspace:
            assert (await look(workspace)).causes == (HoldCause.OTHER_DATABASE,)
            (finding,) = [one for one in await examine_workspace(workspace) if one.name == "restore guard"]
            assert finding.health is Health.PROBLEM
            decision = await accept(workspace, because="another disk", nothing_was_sent=True)
            assert (decision.doubted, decision.rules_held) == (0, 0)
            await send_all(workspace)
            assert await states(workspace, run.run_id) == {"accepted": 3}
        # The old one has not changed; but this home has sent from a later state since.
        async with open_workspace(pointed, actor="test", clock=clock) as workspace:
            assert (await look(workspace)).causes == (HoldCause.BEHIND,)
    finally:
        run_on(url, sql.SQL("DROP DATABASE {} WITH (FORCE)").format(names[0]))


async def test_rules_that_run_by_themselves_wait_for_a_person_after_a_restore(workspace: Workspace) -> None:
    async with workspace.database.transaction() as connection:
        await prepare_number(connection)
        people = await prepare_people(workspace, connection, 1)
        run = await launch(workspace, connection, people)
        await connection.execute(
            b"INSERT INTO rule.current_state (rule_version_id, rule_name, state, since, activated_at)"
            b" SELECT rule_version_id, rule_name, 'active', '2026-11-01', '2026-11-01' FROM rule.rule_version"
        )
    await admit(workspace)
    await set_life(workspace, "1/00000001/1")
    decision = await accept(workspace, because="restored")
    assert (decision.rules_held, decision.doubted) == (1, 1)
    held = "SELECT count(*) FROM rule.rule_state WHERE act = 'hold' AND reason = '"
    assert await value_of(workspace, f"{held}{HoldReason.RESTORED}'") == 1
    assert await states(workspace, run.run_id) == {"unknown": 1}


async def set_life(workspace: Workspace, life: str) -> None:
    async with workspace.database.transaction() as connection:
        await connection.execute("UPDATE deliver.life SET life = %s", (life,))


async def test_a_sender_under_which_the_database_is_exchanged_ends_f71(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rulecast.wiring.restore.BEAT_SECONDS", 0.05)
    await planned(workspace, 0)
    sending = asyncio.create_task(run_sender(workspace, stop_event=asyncio.Event()))
    await until_value(workspace, "SELECT EXISTS (SELECT FROM deliver.life)")
    await set_life(workspace, "1/00000001/1")
    with pytest.raises(DatabaseHeldError):
        await asyncio.wait_for(sending, 30)


async def test_a_pool_takes_no_connection_to_another_database_f71(workspace: Workspace) -> None:
    await admit(workspace)
    workspace.database.demand(store.QUERIES["read_life"], "1/00000001/1")
    async with workspace.database.unpooled() as connection:
        await connection.execute(
            b"SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            b" WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(1):
            # A connection that was killed is noticed at its first use; then there is no other.
            while True:
                with suppress(psycopg.OperationalError):
                    await value_of(workspace, "SELECT 1")


@pytest.mark.parametrize("door", ["send", "launch"])
def test_nothing_starts_from_a_held_database_until_the_command_accepts_it(
    environment: dict[str, str], door: str, capsys: pytest.CaptureFixture[str]
) -> None:
    async def hold() -> None:
        async with open_workspace(load_settings(environment), actor="tester") as workspace:
            await admit(workspace)
            await set_life(workspace, "1/00000001/1")

    asyncio.run(hold())
    capsys.readouterr()
    words = ["send", "--until-done"] if door == "send" else ["launch", "1"]
    assert run_command(words, environment) != 0
    assert "RC-RESTORE-001" in capsys.readouterr().err
    assert run_command(["restore", "show"], environment) == 0
    assert "Held: nothing is sent." in capsys.readouterr().out
    assert run_command(["restore", "replay", "--json"], environment) == 0
    assert '"stops_restored": 0' in capsys.readouterr().out
    assert run_command(["restore", "accept", "--because", "drill"], environment) == 0
    assert run_command(["restore", "show", "--json"], environment) == 0
    assert '"held": false' in capsys.readouterr().out


async def test_who_cannot_remember_does_not_begin_to_send(workspace: Workspace) -> None:
    workspace.settings.home.mkdir(exist_ok=True)
    (workspace.settings.home / "guard").write_text("a file where the directory should be")
    with pytest.raises((MemoryWriteError, DatabaseHeldError)):
        await admit(workspace)


async def test_a_memory_that_cannot_be_read_holds(workspace: Workspace) -> None:
    await admit(workspace)
    (workspace.settings.home / "guard" / FILE_NAME).write_text("x")
    assert (await look(workspace)).causes == (HoldCause.MEMORY_DAMAGED,)
    await accept(workspace, because="the disk was full")
    assert (await look(workspace)).causes == ()


def test_a_server_restored_to_a_point_in_time_lives_another_life_f71(tmp_path: Path) -> None:
    """The timeline is PostgreSQL's own: the cluster ends an archive recovery, as a promoted standby does."""
    lives = [life_of(tmp_path)]
    data = next(path for path in tmp_path.rglob("global") if (path / "pg_control").exists()).parent
    (data / "recovery.signal").touch()
    with (data / "postgresql.auto.conf").open("a") as configuration:
        configuration.write("restore_command = 'false'\n")
    lives.append(life_of(tmp_path))
    before, after = (life.split("/") for life in lives)
    assert (before[0], before[2]) == (after[0], after[2])
    assert (before[1], after[1]) == ("00000001", "00000002")


def life_of(home: Path) -> str:
    server = EmbeddedServer(home, tuning=DISPOSABLE | {"wal_level": "replica"})
    try:
        with psycopg.connect(make_conninfo(server.enter(), dbname="postgres")) as connection:
            # Until the recovery has ended it answers as a standby, and has no life of its own.
            while connection.execute("SELECT pg_is_in_recovery()").fetchone() == (True,):
                connection.commit()
            row = connection.execute(store.QUERIES["read_life"]).fetchone()
            assert row is not None
            return str(row[0])
    finally:
        server.leave()


async def test_a_role_that_is_held_goes_on_by_itself_once_somebody_has_decided(
    workspace: Workspace, graph: GraphStub
) -> None:
    await planned(workspace, 0)
    await admit(workspace)
    await set_life(workspace, "1/00000001/1")
    post = Post(workspace=workspace, stop=asyncio.Event())
    sending = asyncio.create_task(run_sender_role(post))
    await accept(workspace, because="the standby had everything", nothing_was_sent=True)
    async with workspace.database.transaction() as connection:
        people = await prepare_people(workspace, connection, 2)
        await launch(workspace, connection, people)

    async def has_asked() -> bool:
        return len(graph.asked) == 2 or sending.done()

    async with asyncio.timeout(60):
        await until(has_asked)
        post.stop.set()
        await sending
    assert len(graph.asked) == 2
