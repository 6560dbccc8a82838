"""What error codes make rest, from the failed status to the gate and back."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

from tests.graph_stub import GraphStub
from tests.integration.deliver.test_statuses import sent, tell
from tests.sending import NUMBER, START, Launched, launch

from rulecast.account.facts import list_holds
from rulecast.collect.webhook_facts import StatusFact
from rulecast.conversation import Heard, open_windows
from rulecast.database import fetch_all, fetch_value
from rulecast.gate.incidents import list_incidents
from rulecast.wiring.sender import run_sender
from rulecast.wiring.statuses import MessageFacts
from rulecast.wiring.workspace import Workspace

AT = START + timedelta(minutes=5)


async def fail(
    workspace: Workspace, graph: GraphStub, code: int, *, position: int = 0, at: datetime = AT
) -> None:
    fact = StatusFact(
        wamid=f"wamid.{graph.asked[position]}",
        status="failed",
        occurred_at=at,
        business_number_id=NUMBER,
        error_code=code,
    )
    await tell(workspace, MessageFacts.of(workspace), [fact])


async def again(workspace: Workspace, run: Launched, name: str) -> str:
    """Send the same people another rule's message and return the reason of the last verdict.

    What is put off for longer than its time expires.
    """
    soon = workspace.clock.now() + timedelta(seconds=30)
    async with workspace.database.transaction() as connection:
        second = await launch(workspace, connection, run.contact_ids, name=name, send_until=soon)
    await asyncio.wait_for(run_sender(workspace, stop_event=asyncio.Event(), until_idle=True), 60)
    async with workspace.database.connection() as connection:
        found: Any = await fetch_value(
            connection,
            "SELECT verdict.reason FROM gate.verdict AS verdict JOIN deliver.message USING (message_id)"
            " WHERE run_id = %(run_id)s ORDER BY decided_at DESC LIMIT 1",
            {"run_id": second.run_id},
        )
    return str(found)


async def test_marketing_rests_after_131049_and_an_unreachable_person_until_they_write(
    workspace: Workspace, graph: GraphStub
) -> None:
    run = await sent(workspace, 1)
    # Told twice, counted once.
    await fail(workspace, graph, 131049)
    await fail(workspace, graph, 131049)
    async with workspace.database.connection() as connection:
        (rest,) = await fetch_all(connection, "SELECT kind, failed_at, rests_until FROM gate.rest")
    assert rest == ("marketing", [AT], AT + timedelta(hours=24))
    assert await again(workspace, run, "second") == "marketing_rests"
    for minutes in (6, 7, 8):
        await fail(workspace, graph, 131026, at=START + timedelta(minutes=minutes))
    assert await again(workspace, run, "third") == "undeliverable"
    heard = Heard(
        business_number_id=NUMBER,
        contact_id=run.contact_ids[0],
        occurred_at=START + timedelta(minutes=9),
        wamid="wamid.in",
    )
    async with workspace.database.transaction() as connection:
        await open_windows(connection, workspace.vault, [heard])
    # Marketing still rests; what the person wrote ended the other rest.
    assert await again(workspace, run, "fourth") == "marketing_rests"


async def test_a_country_and_the_utility_of_an_account_are_held_with_an_incident(
    workspace: Workspace, graph: GraphStub
) -> None:
    run = await sent(workspace, 1)
    await fail(workspace, graph, 130497)
    await fail(workspace, graph, 131064, at=AT + timedelta(seconds=1))
    async with workspace.database.connection() as connection:
        holds = {(one.scope, one.kind, one.cause) for one in await list_holds(connection, AT)}
        incidents = {(one.scope, one.cause) for one in await list_incidents(connection)}
    assert holds == {("country", "all", "code:130497"), ("waba", "utility", "code:131064")}
    assert {("country", "code:130497"), ("waba", "code:131064")} <= incidents
    assert await again(workspace, run, "second") == "account_held"


async def test_an_answer_in_the_service_window_takes_none_of_the_people_of_a_day(
    workspace: Workspace, graph: GraphStub
) -> None:
    run = await sent(workspace, 2)
    heard = Heard(
        business_number_id=NUMBER,
        contact_id=run.contact_ids[0],
        occurred_at=workspace.clock.now() - timedelta(hours=1),
        wamid="wamid.in",
    )
    async with workspace.database.transaction() as connection:
        await open_windows(connection, workspace.vault, [heard])
    await again(workspace, run, "second")
    async with workspace.database.connection() as connection:
        found = await fetch_all(
            connection,
            "SELECT contact_id, is_in_window FROM gate.permit WHERE rule_name = 'second' ORDER BY contact_id",
        )
    assert found == [(run.contact_ids[0], True), (run.contact_ids[1], False)]
