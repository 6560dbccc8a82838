"""The engine: one process holds the mart; everybody else asks it, or becomes it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from rulecast.config import Settings
from rulecast.values.clock import ManualClock
from rulecast.values.errors import RulecastError
from rulecast.wiring.engine import ask_engine, run_engine
from rulecast.wiring.errors import EngineBusyError
from rulecast.wiring.workspace import Workspace, open_workspace


@pytest.fixture
async def workspace(settings: Settings, clock: ManualClock) -> AsyncIterator[Workspace]:
    async with open_workspace(settings, actor="amal", clock=clock) as opened:
        yield opened


@asynccontextmanager
async def running_engine(workspace: Workspace) -> AsyncIterator[asyncio.Task[None]]:
    stop = asyncio.Event()
    engine = asyncio.create_task(run_engine(workspace, stop))
    yield engine
    stop.set()
    await asyncio.wait_for(engine, 60)


async def test_whoever_has_a_question_becomes_the_engine(workspace: Workspace) -> None:
    answer = await ask_engine(workspace, "freshness", {})
    assert answer["rebuilt"] is True
    again = await ask_engine(workspace, "freshness", {})
    assert again["rebuilt"] is False


async def test_a_running_engine_answers_everybody(workspace: Workspace) -> None:
    async with running_engine(workspace):
        answers = await asyncio.gather(*(ask_engine(workspace, "freshness", {}) for _ in range(3)))
        assert all(answer["lag_seconds"] >= 0 for answer in answers)
    async with workspace.database.connection() as connection:
        left = await (await connection.execute("SELECT count(*) FROM jobs.engine_question")).fetchone()
    assert left == (0,)


async def test_an_error_of_the_engine_keeps_its_code_on_the_way(workspace: Workspace) -> None:
    with pytest.raises(RulecastError) as own:
        await ask_engine(workspace, "riddle", {})
    async with running_engine(workspace):
        with pytest.raises(RulecastError) as remote:
            await ask_engine(workspace, "riddle", {})
    assert own.value.code == "RC-ENGINE-003"
    assert (remote.value.code, remote.value.what) == (own.value.code, own.value.what)


async def test_a_silent_engine_is_named(workspace: Workspace) -> None:
    async with workspace.database.advisory_lock("rulecast.engine"):
        with pytest.raises(EngineBusyError):
            await ask_engine(workspace, "freshness", {}, limit_seconds=0.6)


async def test_questions_of_a_dead_engine_are_answered_by_the_next(workspace: Workspace) -> None:
    async with workspace.database.connection() as connection:
        await connection.execute(
            "INSERT INTO jobs.engine_question (kind, arguments, asked_by, state, taken_at)"
            " VALUES ('freshness', '{}', 'amal', 'taken', clock_timestamp())"
        )
    async with running_engine(workspace), workspace.database.connection() as connection:
        async with asyncio.timeout(60):
            while True:
                cursor = await connection.execute("SELECT state FROM jobs.engine_question")
                if await cursor.fetchone() == ("answered",):
                    return
                await asyncio.sleep(0.05)
