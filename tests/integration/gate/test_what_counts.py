"""Whom a portfolio has counted, and which reservations a message keeps when it ends."""

import asyncio
from datetime import UTC, date, timedelta

import pytest
from tests.graph_stub import Exchange, GraphStub
from tests.integration.gate.test_opt_out_order import ask_gate, drafts_of
from tests.sending import Launched, launch, prepare_number, prepare_people, states

from rulecast.database import fetch_all
from rulecast.gate import release_permits
from rulecast.values.ids import BusinessNumberId
from rulecast.values.zone_offsets import utc_of_local
from rulecast.wiring.sender import run_sender
from rulecast.wiring.workspace import Workspace

FIRST = BusinessNumberId("100000000000001")
OTHER = BusinessNumberId("100000000000002")
INVALID_PARAMETER = 100


async def test_people_of_another_portfolio_are_new_to_this_one(workspace: Workspace) -> None:
    async with workspace.database.transaction() as connection:
        await prepare_number(connection, number=FIRST)
        await prepare_number(connection, number=OTHER, people_max=2)
        people = await prepare_people(workspace, connection, 3)
        early = await launch(workspace, connection, people[1:], name="early", number=FIRST)
        late = await launch(workspace, connection, people, name="late", number=OTHER)
    assert len(await ask_gate(workspace, await drafts_of(workspace, early), number=FIRST)) == 2
    assert await ask_gate(workspace, await drafts_of(workspace, late), number=OTHER) == people[:2]
    # Whoever this portfolio has written to counts once.
    async with workspace.database.transaction() as connection:
        again = await launch(workspace, connection, people[:1], name="again", number=OTHER)
    assert await ask_gate(workspace, await drafts_of(workspace, again), number=OTHER) == people[:1]


async def reserved(workspace: Workspace, run: Launched) -> list[tuple[int, bool]]:
    async with workspace.database.connection() as connection:
        return await fetch_all(
            connection,
            "SELECT contact_id, has_permit FROM plan.reservation WHERE plan_id = %(plan)s ORDER BY 1",
            {"plan": run.plan_id},
        )


async def test_a_person_whose_message_was_surely_refused_is_free_for_another_rule(
    workspace: Workspace, graph: GraphStub, promises_are_broken_on_purpose: None
) -> None:
    async with workspace.database.transaction() as connection:
        await prepare_number(connection)
        people = await prepare_people(workspace, connection, 3)
        run = await launch(workspace, connection, people)
        await connection.execute(
            "INSERT INTO plan.reservation (contact_id, decision_day, plan_id, rule_name, band, priority)"
            " SELECT contact_id, '2026-11-17', %s, 'winback', 3, 40 FROM unnest(%s::bigint[]) AS contact_id",
            (run.plan_id, list(people)),
        )

    async def refuse_one(exchange: Exchange) -> None:
        await (exchange.refuse(INVALID_PARAMETER) if exchange.number == 2 else exchange.accept())

    graph.handle = refuse_one
    async with asyncio.timeout(30):
        await run_sender(workspace, stop_event=asyncio.Event(), until_idle=True)
    assert await states(workspace, run.run_id) == {"accepted": 2, "refused": 1}
    kept = await reserved(workspace, run)
    assert [has_permit for _, has_permit in kept] == [True, True]
    # Given back before it started: the person is reserved, and a stronger rule may take them.
    async with workspace.database.transaction() as connection:
        cursor = await connection.execute(
            "UPDATE deliver.message SET state = 'planned' WHERE message_id ="
            " (SELECT min(message_id) FROM deliver.message WHERE state = 'accepted') RETURNING message_id, contact_id"
        )
        row = await cursor.fetchone()
        assert row is not None
        await release_permits(connection, [row[0]], workspace.clock.now())
    assert sorted(await reserved(workspace, run)) == sorted(
        (contact_id, contact_id != row[1]) for contact_id, _ in kept
    )


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
async def test_runs_that_spend_at_once_stay_inside_the_month_of_the_workspace(
    workspace: Workspace, zone: str
) -> None:
    """Two messages use the budget up exactly; a month turns at midnight of the workspace's zone."""
    now = workspace.clock.now()
    turn = utc_of_local(zone, date(now.year, now.month + 1, 1))
    async with workspace.database.transaction() as connection:
        await prepare_number(connection)
        people = await prepare_people(workspace, connection, 6)
        clauses = "  budget 0.10 USD per month\n"
        runs = [
            await launch(workspace, connection, people[half : half + 3], clauses=clauses) for half in (0, 3)
        ]
        await connection.execute("UPDATE plan.member SET price_e4 = 50000")
        await connection.execute("UPDATE plan.plan SET expires_at = %s", (turn + timedelta(days=1),))
    drafts = [draft for run in runs for draft in await drafts_of(workspace, run)]
    before, after = turn - timedelta(seconds=1), turn
    permitted = await asyncio.gather(*(ask_gate(workspace, [one], zone=zone, now=before) for one in drafts))
    got = [one for found in permitted for one in found]
    assert len(got) == 2
    rest = [one for one in drafts if one.contact_id not in got]
    assert await ask_gate(workspace, rest, zone=zone, now=before) == []
    assert len(await ask_gate(workspace, rest, zone=zone, now=after)) == 2
    async with workspace.database.transaction() as connection:
        month = turn.astimezone(UTC) - timedelta(days=15)
        await release_permits(
            connection, [one.message_id for one in drafts if one.contact_id == got[0]], after
        )
        spent = await fetch_all(connection, "SELECT month, spent_e4 FROM gate.month_budget ORDER BY month")
    assert spent == [(date(month.year, month.month, 1), 50_000), (date(now.year, now.month + 1, 1), 100_000)]
