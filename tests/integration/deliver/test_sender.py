"""Planned messages leave once, through the gate, and end in a named state."""

import asyncio

from tests.graph_stub import GraphStub
from tests.sending import launch, prepare_number, prepare_people, states

from rulecast.wiring.sender import run_sender
from rulecast.wiring.workspace import Workspace


async def test_planned_messages_are_sent_once_and_accepted(workspace: Workspace, graph: GraphStub) -> None:
    async with workspace.database.transaction() as connection:
        await prepare_number(connection)
        people = await prepare_people(workspace, connection, 100)
        run = await launch(workspace, connection, people)
    report = await asyncio.wait_for(run_sender(workspace, stop_event=asyncio.Event(), until_idle=True), 30)
    assert await states(workspace, run.run_id) == {"accepted": 100}
    assert len(graph.asked) == len(set(graph.asked)) == 100
    assert report.doubted == 0
