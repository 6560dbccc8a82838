"""The loops behind moments: steps are planned and launched when they are due, recipients are told."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog

from rulecast.wiring.moments import store
from rulecast.wiring.moments.follow_up import plan_due_steps
from rulecast.wiring.moments.launch_step import launch_planned_steps
from rulecast.wiring.moments.notify import tell_recipients
from rulecast.wiring.opt_outs import write_opt_out_answers
from rulecast.wiring.replies import write_due_replies
from rulecast.wiring.workspace import Workspace

LOG = structlog.get_logger("moments")

STEPS_LOCK = "rulecast.follow_ups"
NOTICES_LOCK = "rulecast.notices"
REPLIES_LOCK = "rulecast.replies"
POLL_SECONDS = 1.0
"""Steps come minutes to days after a message; a second more does not matter to anybody."""
PAUSE_SECONDS_MAX = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DueMoments:
    """What was due after messages: next steps of people planned, launched or ended, and calls to recipients."""

    settled: int
    calls: int


async def run_follow_ups(
    workspace: Workspace, *, stop_event: asyncio.Event, until_idle: bool = False
) -> None:
    """Plan and launch next steps until told to stop, or until none is due at this instant.

    One loop of a workspace works at a time. What fails is tried again; what it had not committed has not happened.
    """
    await _loop(workspace, STEPS_LOCK, _do_steps, stop_event=stop_event, until_idle=until_idle)


async def run_notices(workspace: Workspace, *, stop_event: asyncio.Event, until_idle: bool = False) -> None:
    """Tell recipients until told to stop, or until nothing is due at this instant."""
    await _loop(workspace, NOTICES_LOCK, tell_recipients, stop_event=stop_event, until_idle=until_idle)


async def run_replies(workspace: Workspace, *, stop_event: asyncio.Event, until_idle: bool = False) -> None:
    """Write the replies that moments and opt-outs asked for until told to stop, or until none waits at this instant."""
    await _loop(workspace, REPLIES_LOCK, _write_replies, stop_event=stop_event, until_idle=until_idle)


async def run_due_moments(workspace: Workspace) -> DueMoments:
    """Do once what `run_follow_ups` and `run_notices` do again and again, until nothing is due at this instant."""
    stop_event = asyncio.Event()
    try:
        settled = await _loop(workspace, REPLIES_LOCK, _write_replies, stop_event=stop_event, until_idle=True)
        settled += await _loop(workspace, STEPS_LOCK, _do_steps, stop_event=stop_event, until_idle=True)
    finally:
        calls = await _loop(workspace, NOTICES_LOCK, tell_recipients, stop_event=stop_event, until_idle=True)
    return DueMoments(settled=settled, calls=calls)


async def count_waiting_steps(workspace: Workspace) -> int:
    """Return how many people wait for a next step."""
    async with workspace.database.connection() as connection:
        return await store.count_waiting_steps(connection)


async def _write_replies(workspace: Workspace) -> int:
    try:
        return await write_opt_out_answers(workspace) + await write_due_replies(workspace)
    except Exception:
        # A reply of a rule waits for no answer to an opt-out that cannot be written.
        await write_due_replies(workspace)
        raise


async def _do_steps(workspace: Workspace) -> int:
    # What a dead process planned goes first.
    launched = await launch_planned_steps(workspace)
    settled = await plan_due_steps(workspace)
    return launched + settled + await launch_planned_steps(workspace)


async def _loop(
    workspace: Workspace,
    lock: str,
    work: Callable[[Workspace], Awaitable[int]],
    *,
    stop_event: asyncio.Event,
    until_idle: bool,
) -> int:
    """Work until told to stop, or until nothing is left to do, and return how much was done."""
    pause_seconds = POLL_SECONDS
    whole = 0
    while not stop_event.is_set():
        done = 0
        try:
            async with workspace.database.advisory_lock(lock, wait=until_idle) as is_mine:
                done = await work(workspace) if is_mine else 0
        except Exception:
            if until_idle:
                raise
            LOG.exception("what follows from moments failed", lock=lock)
            pause_seconds = min(pause_seconds * 2, PAUSE_SECONDS_MAX)
        else:
            pause_seconds = POLL_SECONDS
        whole += done
        if until_idle and not done:
            break
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop_event.wait(), 0 if done else pause_seconds)
    return whole
