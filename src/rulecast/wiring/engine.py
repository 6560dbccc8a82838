"""The engine: the one process that holds the mart, and how everybody else asks it.

A question is a row of `jobs.engine_question` and a NOTIFY; its answer comes back in the same way. Whoever
holds the advisory lock is the engine: the engine role of `rulecast serve`, or else the process that has a
question.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import structlog

from rulecast.database import execute, fetch_one, fetch_value, load_queries
from rulecast.database.rows import Jsonb
from rulecast.rule.engine.mart import Mart
from rulecast.values import zone_offsets
from rulecast.values.errors import RulecastError
from rulecast.wiring.audience_overlap import answer_overlaps
from rulecast.wiring.errors import (
    EngineBusyError,
    EngineFailedError,
    EngineQuestionUnknownError,
    EngineRemoteError,
)
from rulecast.wiring.plan_question import answer_plan
from rulecast.wiring.triggers.checking import check_audiences
from rulecast.wiring.workspace import Workspace

QUERIES = load_queries(__package__)
LOG = structlog.get_logger("engine")

LOCK = "rulecast.engine"
QUESTIONS = "engine_question"
ANSWERS = "engine_answer"
MART_FILE = "mart.duckdb"
# A lost notification costs at most this long.
POLL_SECONDS = 0.25
# A plan over ten million people takes seconds; an engine that is silent for this long hangs.
ANSWER_LIMIT_SECONDS = 600.0
# How often an idle engine reads what changed, so that a question finds little left to read.
SYNC_SECONDS = 15.0

Arguments = dict[str, Any]
Answer = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """The open mart and the workspace it belongs to."""

    workspace: Workspace
    mart: Mart


Handler = Callable[[Engine, Arguments], Awaitable[Answer]]


async def answer_freshness(engine: Engine, _arguments: Arguments) -> Answer:
    """Read what changed and say how far behind PostgreSQL the mart is."""
    async with engine.workspace.database.connection() as connection:
        catalogue = await engine.workspace.catalogue(connection)
        report = await engine.mart.sync(connection, catalogue)
        freshness = await engine.mart.freshness(connection)
    return {
        "complete_until": freshness.complete_until.isoformat(),
        "lag_seconds": freshness.lag_seconds,
        "changes": report.changes,
        "events": report.events,
        "rebuilt": report.rebuilt,
    }


async def answer_plan_question(engine: Engine, arguments: Arguments) -> Answer:
    """Plan the rules of a question; the answer names the plans."""
    return await answer_plan(engine.workspace, engine.mart, arguments)


async def answer_check_audiences(engine: Engine, _arguments: Arguments) -> Answer:
    """Compare the memberships of rules on entering with the mart; the answer counts what differs."""
    found = await check_audiences(engine.workspace, engine.mart)
    return {
        "found": [
            {"rule": one.rule_name, "people": one.people, "missing": one.missing, "surplus": one.surplus}
            for one in found
        ]
    }


async def answer_overlaps_question(engine: Engine, arguments: Arguments) -> Answer:
    """Count the audiences of rules and what pairs of them have in common."""
    return await answer_overlaps(engine.workspace, engine.mart, arguments)


# Every kind of question the engine answers.
HANDLERS: Mapping[str, Handler] = {
    "plan": answer_plan_question,
    "freshness": answer_freshness,
    "check_audiences": answer_check_audiences,
    "overlaps": answer_overlaps_question,
}


@asynccontextmanager
async def open_engine(workspace: Workspace) -> AsyncIterator[Engine]:
    """Open the mart; the caller holds the engine's lock."""
    async with workspace.database.connection() as connection:
        catalogue = await workspace.catalogue(connection)
    mart = await Mart.open(
        workspace.settings.home / MART_FILE,
        workspace.vault.sign("mart", b"key of the mart file"),
        catalogue=catalogue,
        zone_rows=zone_offsets.zone_offsets,
    )
    try:
        yield Engine(workspace=workspace, mart=mart)
    finally:
        await mart.close()


async def ask_engine(
    workspace: Workspace, kind: str, arguments: Arguments, *, limit_seconds: float = ANSWER_LIMIT_SECONDS
) -> Answer:
    """Ask the engine that runs, or become it for this one question.

    Raises:
        EngineBusyError: whoever holds the mart did not answer in time.
        EngineFailedError: the engine met a defect.
        RulecastError: what the handler raised, with its own code.
    """
    async with workspace.database.listen(ANSWERS) as notices:
        question_id = await _put_question(workspace, kind, arguments)
        try:
            deadline = asyncio.get_running_loop().time() + limit_seconds
            while asyncio.get_running_loop().time() < deadline:
                async with workspace.database.advisory_lock(LOCK, wait=False) as is_mine:
                    if is_mine:
                        async with open_engine(workspace) as engine:
                            return await _handle(engine, kind, arguments)
                await notices.next(timeout_seconds=POLL_SECONDS)
                answer = await _find_answer(workspace, question_id)
                if answer is not None:
                    return answer
        finally:
            await _forget_question(workspace, question_id)
    raise EngineBusyError(f"No answer came within {limit_seconds:.0f} s.")


async def run_engine(workspace: Workspace, stop: asyncio.Event) -> None:
    """Hold the mart and answer questions until told to stop; the engine role of `rulecast serve`."""
    async with (
        workspace.database.advisory_lock(LOCK),
        open_engine(workspace) as engine,
        workspace.database.listen(QUESTIONS) as notices,
    ):
        await _run(workspace, "reopen_questions")
        loop = asyncio.get_running_loop()
        synced_at = float("-inf")
        while not stop.is_set():
            if await _answer_next(engine):
                continue
            if loop.time() - synced_at > SYNC_SECONDS:
                await answer_freshness(engine, {})
                synced_at = loop.time()
            await notices.next(timeout_seconds=POLL_SECONDS)


async def _answer_next(engine: Engine) -> bool:
    """Answer the oldest open question; tell whether there was one."""
    async with engine.workspace.database.connection() as connection:
        taken = await fetch_one(connection, QUERIES["take_question"])
    if taken is None:
        return False
    question_id, kind, arguments = taken
    state, answer = "answered", {}
    try:
        answer = await _handle(engine, kind, arguments)
    except RulecastError as error:
        state, answer = "failed", {"code": error.code, "what": error.what, "hint": error.hint}
    except Exception:
        LOG.exception("question failed", task=kind)
        state, answer = "failed", {"code": EngineFailedError.code}
    async with engine.workspace.database.transaction() as connection:
        parameters = {"question_id": question_id, "state": state, "answer": Jsonb(answer)}
        await execute(connection, QUERIES["answer_question"], parameters)
        await execute(connection, QUERIES["notify_answer"], {"payload": str(question_id)})
    return True


async def _handle(engine: Engine, kind: str, arguments: Arguments) -> Answer:
    handler = HANDLERS.get(kind)
    if handler is None:
        raise EngineQuestionUnknownError(f"The engine knows no question of the kind {kind}.")
    return await handler(engine, arguments)


async def _put_question(workspace: Workspace, kind: str, arguments: Arguments) -> int:
    async with workspace.database.transaction() as connection:
        parameters = {"kind": kind, "arguments": Jsonb(arguments), "asked_by": workspace.actor}
        question_id = await fetch_value(connection, QUERIES["put_question"], parameters)
        await execute(connection, QUERIES["notify_question"], {"payload": str(question_id)})
    return int(question_id)


async def _find_answer(workspace: Workspace, question_id: int) -> Answer | None:
    async with workspace.database.connection() as connection:
        row = await fetch_one(connection, QUERIES["find_answer"], {"question_id": question_id})
    if row is None:
        return None
    state, answer = row
    if state == "failed":
        raise _remote_error(answer)
    return dict(answer)


def _remote_error(answer: Mapping[str, str]) -> RulecastError:
    if answer["code"] == EngineFailedError.code:
        return EngineFailedError()
    error = EngineRemoteError(answer.get("what"), hint=answer.get("hint"))
    # The person sees the code of what went wrong, not of how the news travelled.
    error.__dict__["code"] = answer["code"]
    return error


async def _forget_question(workspace: Workspace, question_id: int) -> None:
    async with workspace.database.connection() as connection:
        await execute(connection, QUERIES["forget_question"], {"question_id": question_id})


async def _run(workspace: Workspace, query: str) -> None:
    async with workspace.database.connection() as connection:
        await execute(connection, QUERIES[query])
