"""A message nobody knows the fate of is sent once more only by the decision of two people."""

import asyncio
import time
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
from rulecast.deliver.resends.errors import PlanOverError
from rulecast.deliver.statuses import MessageDirectory, apply_statuses
from rulecast.profile.suppression import Stop, SuppressionAction, SuppressionCause, suppress
from rulecast.values.clock import VirtualClock
from rulecast.values.ids import ContactId, OpaqueId
from rulecast.wiring.doubts import read_doubts, resend
from rulecast.wiring.workspace import Workspace

BECAUSE = "The shop asked the person, who got nothing."


def lenient(workspace: Workspace) -> Workspace:
    """Return the workspace as it is where marketing may be sent once more."""
    return replace(workspace, settings=replace(workspace.settings, resend_marketing="yes"))


def a_minute_later(workspace: Workspace) -> Workspace:
    """Return the workspace a minute on, with a quick clock: the pause between two messages to a person is over."""
    start = workspace.clock.now() + timedelta(minutes=1)
    clock = VirtualClock(start=start, real_start_seconds=time.time(), speed=20.0)  # noqa: TID251 - drives the clock
    return replace(workspace, clock=clock)


COUNTED = "SELECT count(*) FROM gate.permit WHERE released_at IS NULL"
LIMITS = "  limit this rule to 1 per person per 14 days\n"


async def leave_in_doubt(workspace: Workspace, graph: GraphStub, *, count: int = 1) -> int:
    """Send messages whose answers are lost, and return the number of the first; one a person is all the rule allows."""

    async def lose(exchange: Exchange) -> None:
        exchange.reset()

    answering, graph.handle = graph.handle, lose
    await planned(workspace, count, clauses=LIMITS)
    await send_all(workspace)
    graph.handle = answering
    return int(str(await value_of(workspace, "SELECT min(message_id) FROM deliver.message")))


async def give_up(workspace: Workspace, *, count: int = 1) -> None:
    async with workspace.database.transaction() as connection:
        now = workspace.clock.now() + timedelta(hours=25)
        assert await reconcile_unknown(connection, [NUMBER], deadline=timedelta(hours=24), now=now) == count


async def confirm(workspace: Workspace, message: int) -> None:
    for person in ("Asha", "Bilal"):
        await resend(lenient(workspace), message, by=person, because=BECAUSE)


async def opt_out(workspace: Workspace, contact_id: int) -> None:
    async with workspace.database.transaction() as connection:
        said = Stop(
            contact_id=ContactId(contact_id),
            suppression_indexes=(),
            scope="marketing",
            action=SuppressionAction.STOP,
            cause=SuppressionCause.AGENT,
            occurred_at=workspace.clock.now(),
        )
        await suppress(connection, [said], workspace.clock.now())


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
    await send_all(a_minute_later(workspace))
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
    await confirm(workspace, message)
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
    await send_all(a_minute_later(workspace))
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
    await send_all(a_minute_later(workspace))
    assert len(graph.asked) == 2


async def test_a_resend_that_does_not_leave_keeps_the_first_attempt_unresolved_and_counted(
    workspace: Workspace, graph: GraphStub
) -> None:
    first = await leave_in_doubt(workspace, graph, count=3)
    await give_up(workspace, count=3)
    for message in range(first, first + 3):
        await confirm(workspace, message)
    # While it waits, the person may have the first one: no cap may forget it.
    assert await value_of(workspace, COUNTED) == 3
    contact = await value_of(workspace, f"SELECT contact_id FROM deliver.message WHERE message_id = {first}")
    await opt_out(workspace, int(str(contact)))
    async with workspace.database.transaction() as connection:
        await connection.execute(
            "UPDATE deliver.message SET send_until = send_from WHERE message_id = %s", (first + 1,)
        )

    async def refuse(exchange: Exchange) -> None:
        # Once to be tried again, then for good.
        await exchange.refuse(130429 if exchange.number == 4 else 132005)

    graph.handle = refuse
    await send_all(a_minute_later(workspace))
    assert len(graph.asked) == 5
    assert (
        await value_of(
            workspace,
            "SELECT string_agg(state || ' ' || reason || ' ' || error_code, ', ' ORDER BY message_id)"
            " FROM deliver.message",
        )
        == "unresolved suppressed 0, unresolved outside_window 0, unresolved code_132005 132005"
    )
    assert await value_of(workspace, COUNTED) == 3
    counted = "SELECT bool_and(a.state = 'unknown') FROM gate.permit AS p JOIN deliver.attempt AS a USING (permit_id)"
    assert await value_of(workspace, counted + " WHERE p.released_at IS NULL") is True
    # Two people may decide again.
    await confirm(workspace, first + 2)


async def test_nobody_confirms_what_the_plan_no_longer_lets_out(
    workspace: Workspace, graph: GraphStub
) -> None:
    message = await leave_in_doubt(workspace, graph)
    await give_up(workspace)
    await resend(lenient(workspace), message, by="Asha", because=BECAUSE)
    async with workspace.database.transaction() as connection:
        await connection.execute("UPDATE plan.plan SET expires_at = %s", (workspace.clock.now(),))
    with pytest.raises(PlanOverError):
        await resend(lenient(workspace), message, by="Bilal", because=BECAUSE)
    assert await value_of(workspace, "SELECT state FROM deliver.message") == "unresolved"
    assert await value_of(workspace, COUNTED) == 1
