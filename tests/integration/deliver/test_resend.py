"""A message nobody knows the fate of is sent once more only by the decision of two people."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from tests.graph_stub import Exchange, GraphStub
from tests.integration.deliver.test_sender import planned, send_all, value_of
from tests.sending import NUMBER, states

from rulecast.collect.webhook_facts import StatusFact
from rulecast.deliver.reconcile import reconcile_unknown
from rulecast.deliver.resends import (
    MessageNotInDoubtError,
    MessageUnknownError,
    ResendMarketingError,
    ResendReasonError,
    ResendSamePersonError,
)
from rulecast.deliver.statuses import MessageDirectory, apply_statuses
from rulecast.values.ids import OpaqueId
from rulecast.wiring.doubts import read_doubts, resend
from rulecast.wiring.workspace import Workspace

BECAUSE = "The shop asked the person, who got nothing."


def lenient(workspace: Workspace) -> Workspace:
    """Return the workspace as it is where marketing may be sent once more."""
    return replace(workspace, settings=replace(workspace.settings, resend_marketing="yes"))


async def leave_in_doubt(workspace: Workspace, graph: GraphStub) -> int:
    """Send one message whose answer is lost, wait for the deadline, and return its number."""

    async def lose(exchange: Exchange) -> None:
        exchange.reset()

    answering, graph.handle = graph.handle, lose
    await planned(workspace, 1)
    await send_all(workspace)
    graph.handle = answering
    return int(str(await value_of(workspace, "SELECT message_id FROM deliver.message")))


async def give_up(workspace: Workspace) -> None:
    async with workspace.database.transaction() as connection:
        now = workspace.clock.now() + timedelta(hours=25)
        assert await reconcile_unknown(connection, [NUMBER], deadline=timedelta(hours=24), now=now) == 1


async def test_two_people_have_an_unresolved_message_sent_once_more(
    workspace: Workspace, graph: GraphStub
) -> None:
    message = await leave_in_doubt(workspace, graph)
    allowing = lenient(workspace)
    with pytest.raises(MessageNotInDoubtError):
        await resend(allowing, message, by="Asha", because=BECAUSE)
    await give_up(workspace)
    assert not (await resend(allowing, message, by="Asha", because=BECAUSE)).is_confirmed
    (doubt,) = await read_doubts(workspace)
    assert (doubt.message_id, doubt.state, doubt.requested_by) == (message, "unresolved", "Asha")
    with pytest.raises(ResendSamePersonError):
        await resend(allowing, message, by=" asha", because=BECAUSE)
    await send_all(workspace)
    assert len(graph.asked) == 1
    assert (await resend(allowing, message, by="Bilal", because="I called too.")).is_confirmed
    await send_all(workspace)
    assert len(graph.asked) == 2
    assert len(set(graph.asked)) == 2
    assert await value_of(workspace, "SELECT state FROM deliver.message") == "accepted"
    assert await value_of(workspace, "SELECT count(*) FROM gate.permit WHERE released_at IS NULL") == 1
    assert (
        await value_of(
            workspace,
            "SELECT string_agg(action || ' ' || actor, ', ' ORDER BY audit_id) FROM observe.audit"
            " WHERE subject LIKE 'message %'",
        )
        == "resend requested Asha, resend confirmed Bilal"
    )


async def test_marketing_is_not_sent_once_more_unless_the_workspace_says_so(
    workspace: Workspace, graph: GraphStub
) -> None:
    message = await leave_in_doubt(workspace, graph)
    await give_up(workspace)
    with pytest.raises(ResendMarketingError):
        await resend(workspace, message, by="Asha", because=BECAUSE)
    with pytest.raises(ResendReasonError):
        await resend(workspace, message, by="Asha", because=" ")
    with pytest.raises(MessageUnknownError):
        await resend(workspace, message + 1_000_000, by="Asha", because=BECAUSE)
    assert await value_of(workspace, "SELECT count(*) FROM deliver.resend") == 0


async def test_a_status_of_the_first_attempt_keeps_the_second_from_being_sent(
    workspace: Workspace, graph: GraphStub
) -> None:
    message = await leave_in_doubt(workspace, graph)
    await give_up(workspace)
    for person in ("Asha", "Bilal"):
        await resend(lenient(workspace), message, by=person, because=BECAUSE)
    opaque = await value_of(workspace, "SELECT opaque_id FROM deliver.attempt")
    assert isinstance(opaque, bytes)
    async with workspace.database.transaction() as connection:
        late = StatusFact(
            wamid="wamid.late",
            status="delivered",
            occurred_at=workspace.clock.now(),
            opaque_id=OpaqueId(opaque),
        )
        await apply_statuses(connection, MessageDirectory(workspace.vault), [late], workspace.clock.now())
    await send_all(workspace)
    assert len(graph.asked) == 1
    run_id = await value_of(workspace, "SELECT run_id FROM deliver.run")
    assert await states(workspace, run_id) == {"accepted": 1}  # type: ignore[arg-type] - read as it is
    assert await value_of(workspace, "SELECT count(*) FROM gate.permit WHERE released_at IS NULL") == 1


async def test_two_confirmations_at_once_plan_it_once(workspace: Workspace, graph: GraphStub) -> None:
    message = await leave_in_doubt(workspace, graph)
    await give_up(workspace)
    allowing = lenient(workspace)
    await resend(allowing, message, by="Asha", because=BECAUSE)
    ended = await asyncio.gather(
        *(resend(allowing, message, by=person, because=BECAUSE) for person in ("Bilal", "Chitra")),
        return_exceptions=True,
    )
    assert sum(isinstance(one, MessageNotInDoubtError) for one in ended) == 1
    await send_all(workspace)
    assert len(graph.asked) == 2
