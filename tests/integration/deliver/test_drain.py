"""A sender that is told to leave starts nothing more, waits for answers, and gives everything back (F13)."""

import asyncio
import os
import signal
import sys
import time
from pathlib import Path

from tests.graph_stub import Exchange, GraphStub
from tests.integration.deliver.test_sender import planned, value_of
from tests.sending import states

from rulecast.deliver.drain import COMMIT_SECONDS_MAX
from rulecast.deliver.sender_parts import DRAIN_SECONDS
from rulecast.wiring.roles import DRAIN_SECONDS as PROCESS_SECONDS
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
        async with asyncio.timeout(LIMIT_SECONDS):
            await told.wait()
            process.send_signal(signal.SIGTERM)
            assert process.stdout is not None
            assert await process.stdout.readline() == b"leaving\n"
            leaving.set()
            assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    # An answer that came before the word to leave was heard made room for one more.
    asked = len(graph.asked)
    assert SLOTS <= asked <= SLOTS + ANSWERED
    assert await states(workspace, run.run_id) == {
        "accepted": ANSWERED,
        "unknown": asked - ANSWERED,
        "planned": 20 - asked,
    }
    assert await value_of(workspace, "SELECT expires_at <= clock_timestamp() FROM deliver.lease")


def test_a_sender_leaves_before_its_process_is_made_to_f13() -> None:
    assert DRAIN_SECONDS + COMMIT_SECONDS_MAX < PROCESS_SECONDS
