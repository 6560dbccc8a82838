"""Faults of the machine around a sender: clocks that are wrong, files that run out, two who settle at once."""

import asyncio
import os
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from tests.contract.test_transports import lean, request
from tests.graph_stub import Exchange, GraphStub
from tests.integration.deliver.test_sender import planned, send_all, until_value, value_of
from tests.sending import NUMBER, states

from rulecast.deliver.lease import acquire_lease
from rulecast.deliver.reconcile import reconcile_unknown
from rulecast.deliver.stop_watch import StopWatch
from rulecast.deliver.transport import Answered, NotSent
from rulecast.values.clock import SystemClock
from rulecast.wiring.sender import run_sender
from rulecast.wiring.workspace import Workspace


async def test_a_lease_follows_the_clock_of_the_database_alone_f61(workspace: Workspace) -> None:
    await planned(workspace, 1)
    now = workspace.clock.now()
    for hours, is_taken in ((0, True), (24, False), (-24, False)):
        async with workspace.database.transaction() as connection:
            lease = await acquire_lease(
                connection,
                NUMBER,
                holder=f"elsewhere/{hours}",
                lease_seconds=60,
                now=now + timedelta(hours=hours),
            )
        # Whatever a process takes the time for: who holds the lease holds it.
        assert (lease is not None) is is_taken


async def test_two_reconcilers_at_once_give_up_each_doubt_once_f85(
    workspace: Workspace, graph: GraphStub
) -> None:
    async def lose(exchange: Exchange) -> None:
        exchange.reset()

    graph.handle = lose
    await planned(workspace, 6)
    await send_all(workspace)
    later = workspace.clock.now() + timedelta(hours=25)

    async def give_up() -> int:
        async with workspace.database.transaction() as connection:
            return await reconcile_unknown(connection, [NUMBER], deadline=timedelta(hours=24), now=later)

    assert sum(await asyncio.gather(*(give_up() for _ in range(4)))) == 6
    assert await value_of(workspace, "SELECT count(*) = 6 FROM deliver.message WHERE state = 'unresolved'")


@contextmanager
def without_files() -> Iterator[None]:
    """Leave this process no file to open, as after a leak."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    opened = [int(one.name) for one in Path("/proc/self/fd").iterdir()]
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(opened), before[1]))
    held: list[int] = []
    try:
        while True:
            try:
                held.append(os.open(os.devnull, os.O_RDONLY))
            except OSError:
                break
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
        for one in held:
            os.close(one)


async def test_a_process_without_files_to_open_has_surely_sent_nothing_f75(graph: GraphStub) -> None:
    async with lean(graph.base_url) as transport:
        with without_files():
            assert await transport.send(request()) == NotSent("not_connected")
        assert isinstance(await transport.send(request()), Answered)
    assert len(graph.asked) == 1


async def test_nothing_leaves_while_the_databases_clock_differs_from_the_machines_f62(
    workspace: Workspace, graph: GraphStub, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = await planned(workspace, 3)
    ahead = [0.0]
    right = SystemClock.now
    monkeypatch.setattr(SystemClock, "now", lambda self: right(self) + timedelta(seconds=ahead[0]))
    ahead[0] = 31.0
    watch = StopWatch(workspace.database, time.monotonic, workspace.clock)
    await watch.read()
    assert watch.stops_number(NUMBER)
    stop = asyncio.Event()
    sending = asyncio.create_task(run_sender(workspace, stop_event=stop))
    await until_value(workspace, "SELECT count(*) > 0 FROM deliver.lease WHERE holder <> ''")
    # The lease is taken, and the watch has been read: nothing was claimed by it.
    assert await states(workspace, run.run_id) == {"planned": 3}
    ahead[0] = 0.0
    await until_value(workspace, "SELECT count(*) = 3 FROM deliver.message WHERE state = 'accepted'")
    stop.set()
    await sending
    assert len(graph.asked) == 3
