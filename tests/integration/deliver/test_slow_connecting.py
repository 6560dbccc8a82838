"""Connections that take long to stand: what waited for them together does not arrive together."""

import asyncio
import time

import pytest
from tests.graph_stub import Exchange, GraphStub
from tests.integration.deliver.test_sender import send_all
from tests.sending import launch, prepare_number, prepare_people, states

from rulecast.deliver.lean_transport import LeanTransport
from rulecast.wiring.workspace import Workspace

PER_SECOND = 10
PEOPLE = 15
LIMIT_SECONDS = 60


async def test_requests_that_wait_for_their_connections_keep_the_limit_where_they_arrive_p8(
    workspace: Workspace, graph: GraphStub, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with workspace.database.transaction() as connection:
        await prepare_number(connection, per_second=PER_SECOND)
        people = await prepare_people(workspace, connection, PEOPLE)
        run = await launch(workspace, connection, people)
    connect, begun, stands = LeanTransport._connect, [], asyncio.Event()

    async def connect_with_all(self: LeanTransport) -> object:
        begun.append(self)
        if len(begun) >= PEOPLE:
            stands.set()
        await stands.wait()
        return await connect(self)

    monkeypatch.setattr(LeanTransport, "_connect", connect_with_all)
    arrived: list[float] = []

    async def note(exchange: Exchange) -> None:
        arrived.append(time.monotonic())
        await exchange.accept()

    graph.handle = note
    async with asyncio.timeout(LIMIT_SECONDS):
        await send_all(workspace)
    assert await states(workspace, run.run_id) == {"accepted": PEOPLE}
    # Half a second, so that a slow machine between start and arrival changes nothing; without the line all are in it.
    assert max(sum(first <= at < first + 0.5 for at in arrived) for first in arrived) <= PER_SECOND
