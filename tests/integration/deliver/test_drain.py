"""A sender that is told to leave starts nothing more, waits for answers, and gives everything back (F13)."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict, make_conninfo
from tests.graph_stub import Exchange, GraphStub
from tests.integration.deliver.test_sender import planned, value_of
from tests.sending import states
from tests.tcp_proxy import tcp_proxy

from rulecast.database.pool import CLOSE_SECONDS
from rulecast.deliver.drain import COMMIT_SECONDS_MAX, GIVING_BACK_SECONDS_MIN, giving_back_seconds
from rulecast.deliver.sender_parts import DRAIN_SECONDS
from rulecast.wiring.roles import DRAIN_SECONDS as PROCESS_SECONDS
from rulecast.wiring.sender import LAST_WORD_SECONDS
from rulecast.wiring.workspace import Workspace

LIMIT_SECONDS = 60
SLOTS, ANSWERED = 5, 3


async def test_a_process_told_to_stop_drains_beside_a_peer_that_stalls_f13(
    workspace: Workspace, graph: GraphStub, environment: dict[str, str]
) -> None:
    told, leaving = asyncio.Event(), asyncio.Event()

    async def stall(exchange: Exchange) -> None:
        if exchange.number == SLOTS:
            told.set()
        await leaving.wait()
        if exchange.number <= ANSWERED:
            await exchange.accept()
        else:
            await asyncio.Event().wait()

    graph.handle = stall
    run = await planned(workspace, 20)
    async with sending_alone(workspace, graph, environment) as process, asyncio.timeout(LIMIT_SECONDS):
        await told.wait()
        await tell_to_leave(process)
        leaving.set()
        assert await process.wait() == 0
    # An answer that came before the word to leave was heard made room for one more.
    asked = len(graph.asked)
    assert SLOTS <= asked <= SLOTS + ANSWERED
    assert await states(workspace, run.run_id) == {
        "accepted": ANSWERED,
        "unknown": asked - ANSWERED,
        "planned": 20 - asked,
    }
    assert await value_of(workspace, "SELECT expires_at <= clock_timestamp() FROM deliver.lease")


async def test_a_process_leaves_in_time_beside_a_database_that_has_fallen_silent_f13(
    workspace: Workspace, graph: GraphStub, environment: dict[str, str]
) -> None:
    told, leaving = asyncio.Event(), asyncio.Event()

    async def wait_for_silence(exchange: Exchange) -> None:
        if exchange.number == SLOTS:
            told.set()
        await leaving.wait()
        await exchange.accept()

    graph.handle = wait_for_silence
    await planned(workspace, 20)
    own = conninfo_to_dict(workspace.database.conninfo)
    async with tcp_proxy(f"{own['host']}/.s.PGSQL.{own['port']}") as proxy:
        silent = make_conninfo(environment["RULECAST_DATABASE_URL"], host="127.0.0.1", port=proxy.port)
        behind = {**environment, "RULECAST_DATABASE_URL": f"{silent} sslmode=disable"}
        async with sending_alone(workspace, graph, behind) as process:
            async with asyncio.timeout(LIMIT_SECONDS):
                await told.wait()
                proxy.part("asking", "answering")
                leaving.set()
                await tell_to_leave(process)
            async with asyncio.timeout(PROCESS_SECONDS):
                assert await process.wait() == 0
    assert len(graph.asked) == SLOTS


@asynccontextmanager
async def sending_alone(
    workspace: Workspace, graph: GraphStub, environment: dict[str, str]
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Send from a process of its own, which gives answers a second where it is told to leave."""
    clock = f"virtual:{workspace.clock.now().isoformat()}@{time.time()}x1"  # noqa: TID251 - drives the shared clock
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(Path(__file__).with_name("send_alone.py")),
        "1.0",
        env={
            **os.environ,
            **environment,
            "RULECAST_GRAPH_BASE_URL": graph.base_url,
            "RULECAST_ACCESS_TOKEN": "test",
            "RULECAST_CLOCK": clock,
        },
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def tell_to_leave(process: asyncio.subprocess.Process) -> None:
    process.send_signal(signal.SIGTERM)
    assert process.stdout is not None
    assert await process.stdout.readline() == b"leaving\n"


def test_a_sender_leaves_before_its_process_is_made_to_f13() -> None:
    in_turn = (DRAIN_SECONDS, COMMIT_SECONDS_MAX, GIVING_BACK_SECONDS_MIN, LAST_WORD_SECONDS, CLOSE_SECONDS)
    assert sum(in_turn) < PROCESS_SECONDS
    assert giving_back_seconds(DRAIN_SECONDS, spent_seconds=100.0) == GIVING_BACK_SECONDS_MIN
