"""One supervised process group: a process per role, restarted with backoff, drained together.

The parent keeps the listening sockets, so that a role that dies loses no connection, and the embedded
PostgreSQL, so that it outlives every role.
"""

import asyncio
import contextlib
import os
import signal
import socket
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import structlog

from rulecast.wiring.errors import RoleFailedError
from rulecast.wiring.roles import DRAIN_SECONDS, LISTENING_ROLES

LOG = structlog.get_logger("serve")

FIRST_BACKOFF_SECONDS = 0.5
BACKOFF_SECONDS_MAX = 30.0
# A role that lived this long had started well: the next restart is quick again.
STEADY_SECONDS = 60.0
# Roles leave with this code when a person has to mend something; at its first start, restarting would not help. A role
# that has run before meets it while PostgreSQL restarts: then trying again is what helps.
USER_ERROR = 2
KILL_AFTER_SECONDS = DRAIN_SECONDS + 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """What every process of the group is started with."""

    options: Sequence[str]
    environ: Mapping[str, str]
    listeners: Mapping[str, socket.socket]


async def supervise(group: Group, roles: Sequence[str], stop: asyncio.Event) -> None:
    """Run the roles until told to stop.

    Raises:
        RoleFailedError: a role needs a person before it can start.
    """
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    async with asyncio.TaskGroup() as tasks:
        keepers = [tasks.create_task(_keep(group, role, stop)) for role in roles]
    failed = [keeper.result() for keeper in keepers if keeper.result()]
    if failed:
        raise RoleFailedError(f"The role {failed[0]} cannot start; its own message stands above.")


def command_of(group: Group, role: str) -> list[str]:
    """Return the command line that runs one role as a member of the group."""
    command = [sys.executable, "-m", "rulecast", *group.options, "serve", "--role", role, "--supervised"]
    if role in group.listeners:
        command += ["--listener", str(group.listeners[role].fileno())]
    return command


async def _keep(group: Group, role: str, stop: asyncio.Event) -> str | None:
    """Keep one role running; return its name when only a person can help, None when told to stop."""
    loop = asyncio.get_running_loop()
    backoff_seconds = FIRST_BACKOFF_SECONDS
    has_run = False
    while not stop.is_set():
        started = loop.time()
        process = await _start(group, role)
        LOG.info("role started", role=role, pid=process.pid)
        exit_code = await _wait(process, stop)
        if stop.is_set():
            return None
        LOG.warning("role died", role=role, exit_code=exit_code, backoff_seconds=backoff_seconds)
        was_steady = loop.time() - started > STEADY_SECONDS
        has_run = has_run or was_steady or exit_code != USER_ERROR
        if not has_run:
            stop.set()
            return role
        if was_steady:
            backoff_seconds = FIRST_BACKOFF_SECONDS
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), backoff_seconds)
        backoff_seconds = min(backoff_seconds * 2, BACKOFF_SECONDS_MAX)
    return None


async def _start(group: Group, role: str) -> Process:
    listener = group.listeners.get(role) if role in LISTENING_ROLES else None
    return await asyncio.create_subprocess_exec(
        *command_of(group, role),
        # The open pipe tells the role that its supervisor lives; nothing is ever written to it.
        stdin=PIPE,
        env=dict(group.environ),
        pass_fds=() if listener is None else (listener.fileno(),),
        # A Ctrl-C in the terminal reaches the parent only, which then drains the roles in its own way.
        start_new_session=True,
    )


async def _wait(process: Process, stop: asyncio.Event) -> int:
    """Wait for a process to end; when told to stop, ask it to drain, and kill it if it does not."""
    ended = asyncio.ensure_future(process.wait())
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({ended, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if not ended.done():
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        await asyncio.wait({ended}, timeout=KILL_AFTER_SECONDS)
    if not ended.done():
        LOG.warning("role killed", pid=process.pid)
        with contextlib.suppress(ProcessLookupError):
            process.kill()
    return await ended


def adopt_listener(descriptor: int) -> socket.socket:
    """Return the listening socket handed down by the supervisor."""
    listener = socket.socket(fileno=descriptor)
    os.set_inheritable(descriptor, False)
    listener.setblocking(False)
    return listener
