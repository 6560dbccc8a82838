"""An older state that is loaded under running processes is noticed before anything of it goes out (F71 F98)."""

import asyncio

import pytest
from tests.graph_stub import GraphStub
from tests.integration.deliver.test_sender import planned, until_value, value_of
from tests.sending import launch, prepare_people, states, until

from rulecast.__main__ import run_sender_role
from rulecast.deliver.restore import HoldCause
from rulecast.wiring.accept_restored import accept
from rulecast.wiring.restore import DatabaseHeldError, admit, look, work_while_free
from rulecast.wiring.roles import Post
from rulecast.wiring.sender import run_sender
from rulecast.wiring.workspace import Workspace


@pytest.fixture
def quick_beats(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rulecast.wiring.restore.BEAT_SECONDS", 0.05)
    monkeypatch.setattr("rulecast.wiring.restore.WAIT_SECONDS", 0.05)


async def load_older_state(workspace: Workspace, count: int = 0) -> None:
    """Put the database back behind its last beat, with messages that were not sent then, in one transaction."""
    async with workspace.database.transaction() as connection:
        await connection.execute("UPDATE deliver.life SET beat = 0")
        if count:
            people = await prepare_people(workspace, connection, count)
            await launch(workspace, connection, people)


async def test_a_sender_ends_and_waits_where_an_older_state_is_loaded_under_it_f71_f98(
    workspace: Workspace, graph: GraphStub, quick_beats: None
) -> None:
    await planned(workspace, 0)
    post = Post(workspace=workspace, stop=asyncio.Event())
    sending = asyncio.create_task(run_sender_role(post))
    await until_value(workspace, "SELECT EXISTS (SELECT FROM deliver.life WHERE beat > 3)")
    await load_older_state(workspace, 3)
    found = await look(workspace)
    assert found.causes == (HoldCause.BEHIND,)
    # Nothing goes out until somebody decides, and then nothing of what may have gone out before.
    await until_value(workspace, "SELECT NOT EXISTS (SELECT FROM deliver.lease WHERE expires_at > now())")
    assert not graph.asked
    decision = await accept(workspace, because="loaded by mistake")
    assert decision.doubted == 3
    async with workspace.database.transaction() as connection:
        people = await prepare_people(workspace, connection, 2, first=50)
        run = await launch(workspace, connection, people, name="after")

    async def is_sent() -> bool:
        return await states(workspace, run.run_id) == {"accepted": 2} or sending.done()

    async with asyncio.timeout(60):
        await until(is_sent)
        post.stop.set()
        await sending
    assert len(graph.asked) == 2


async def test_not_one_message_goes_out_between_the_load_and_the_next_beat_f98(
    workspace: Workspace, graph: GraphStub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rulecast.wiring.restore.BEAT_SECONDS", 3_600.0)
    await planned(workspace, 0)
    stop = asyncio.Event()
    sending = asyncio.create_task(run_sender(workspace, stop_event=stop))
    await until_value(workspace, "SELECT EXISTS (SELECT FROM deliver.lease)")
    await load_older_state(workspace, 5)
    # The sender lost its lease over and over, and was given it again.
    await until_value(workspace, "SELECT EXISTS (SELECT FROM deliver.lease WHERE epoch > 1)")
    assert not graph.asked
    assert await value_of(workspace, "SELECT count(*) FROM gate.permit") == 0
    async with workspace.database.transaction() as connection:
        await connection.execute("UPDATE deliver.life SET beat = 1000")

    async def has_asked() -> bool:
        return len(graph.asked) == 5 or sending.done()

    async with asyncio.timeout(60):
        await until(has_asked)
        stop.set()
        await sending
    assert len(graph.asked) == 5


async def test_what_the_engine_does_rests_while_the_database_is_held_and_goes_on_after_f71(
    workspace: Workspace, quick_beats: None
) -> None:
    await admit(workspace)
    begun: list[int] = []
    ended: list[int] = []
    stop = asyncio.Event()

    async def work() -> None:
        begun.append(len(begun))
        try:
            await stop.wait()
        finally:
            ended.append(len(ended))

    working = asyncio.create_task(work_while_free(workspace, stop, work))

    async def has_begun() -> bool:
        return bool(begun) or working.done()

    async def has_ended() -> bool:
        return bool(ended) or working.done()

    async def goes_on() -> bool:
        return len(begun) == 2 or working.done()

    async with asyncio.timeout(60):
        await until(has_begun)
        await load_older_state(workspace)
        await until(has_ended)
        assert len(begun) == 1
        await accept(workspace, because="loaded by mistake")
        await until(goes_on)
        stop.set()
        await working
    assert (len(begun), len(ended)) == (2, 2)


async def test_a_home_that_only_runs_the_engine_remembers_too(
    workspace: Workspace, quick_beats: None
) -> None:
    await admit(workspace)
    memory = workspace.settings.home / "guard" / "database.json"
    memory.unlink()
    stop = asyncio.Event()

    async def work() -> None:
        await stop.wait()

    working = asyncio.create_task(work_while_free(workspace, stop, work))

    async def is_remembered() -> bool:
        return memory.exists() or working.done()

    async with asyncio.timeout(60):
        await until(is_remembered)
        stop.set()
        await working
    await load_older_state(workspace)
    with pytest.raises(DatabaseHeldError):
        await admit(workspace)
