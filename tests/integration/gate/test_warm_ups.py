"""Young numbers in the database: their day holds for both lanes, and tomorrow follows from what came of it."""

import asyncio
import json
from datetime import timedelta

from tests.integration.gate.test_opt_out_order import drafts_of
from tests.integration.gate.test_shared_limits import NUMBERS, Asked, prepare_numbers, wide
from tests.planning import Person, create_people, planning_workspace, rule_text
from tests.sending import launch, prepare_people

from rulecast.account.warm_up import WarmUpTerms
from rulecast.config import Settings
from rulecast.database import Database, execute, fetch_all
from rulecast.gate import Gate
from rulecast.gate.warm_ups import evaluate_warm_ups
from rulecast.gate.warm_ups.store import find_warm_up
from rulecast.values.clock import ManualClock
from rulecast.values.reason import Reason
from rulecast.wiring.approve import approve
from rulecast.wiring.launch import launch as wired_launch
from rulecast.wiring.plan import plan_rules
from rulecast.wiring.workspace import Workspace

__all__ = ["wide"]

TERMS = WarmUpTerms(start=50, step=500, until=2_000)
NUMBER = NUMBERS[0]


async def test_a_young_number_keeps_to_its_day_and_grows_or_shrinks_by_what_came_of_it(
    workspace: Workspace, wide: Database
) -> None:
    await prepare_numbers(workspace, None)
    asked = Asked(workspace, wide)
    asked.gate = Gate(workspace_zone="Africa/Casablanca", warm_up=TERMS)
    async with workspace.database.transaction() as connection:
        people = await prepare_people(workspace, connection, 70)
        run = await launch(workspace, connection, people, number=NUMBER)
    frozen = await asked.freeze(await drafts_of(workspace, run), NUMBER)
    halves = await asyncio.gather(asked.send(frozen[::2], NUMBER), asked.send(frozen[1::2], NUMBER))
    assert sum(map(len, halves)) == 50
    assert asked.reasons == {Reason.WARM_UP: 20}
    # However late it is judged, it is the day after it began.
    now = workspace.clock.now() + timedelta(hours=25)
    async with workspace.database.transaction() as connection:
        assert await evaluate_warm_ups(connection, TERMS, now=now - timedelta(hours=2)) == {}
        grown = await evaluate_warm_ups(connection, TERMS, now=now)
        assert (grown[NUMBER].budget, grown[NUMBER].outcome) == (550, "grown")
        await execute(
            connection, "UPDATE deliver.message SET opted_out_at = accepted_at, failed_at = %(n)s", {"n": now}
        )
        await execute(connection, "UPDATE account.business_number SET told_quality = 'YELLOW'")
        cut = await evaluate_warm_ups(connection, TERMS, now=now + timedelta(hours=24))
        assert (cut[NUMBER].budget, cut[NUMBER].because) == (275, "quality yellow")
        assert await find_warm_up(connection, NUMBER) == cut[NUMBER]
        # The workspace may want none of it.
        off = json.dumps({"warm_up": {"start": 0}})
        await execute(connection, "UPDATE public.workspace SET sending_policy = %(policy)s", {"policy": off})
    left = [one for one in frozen if one.draft.contact_id not in {*halves[0], *halves[1]}]
    assert len(await asked.send(left, NUMBER)) == 20


async def test_a_number_that_was_in_use_is_past_its_warm_up_and_a_young_one_writes_to_the_engaged_first(
    workspace: Workspace, wide: Database
) -> None:
    await prepare_numbers(workspace, None)
    asked = Asked(workspace, wide)
    async with workspace.database.transaction() as connection:
        people = await prepare_people(workspace, connection, 40)
        run = await launch(workspace, connection, people[:1], number=NUMBER)
    frozen = await asked.freeze(await drafts_of(workspace, run), NUMBER)
    await asked.ask(frozen, NUMBER)
    asked.gate = Gate(workspace_zone="Africa/Casablanca", warm_up=TERMS)
    async with workspace.database.transaction() as connection:
        await execute(connection, "UPDATE gate.permit SET granted_at = granted_at - interval '2 days'")
        later = await launch(workspace, connection, people[1:2], name="later", number=NUMBER)
    await asked.ask(await asked.freeze(await drafts_of(workspace, later), NUMBER), NUMBER)
    engaged = set(people[25:35])
    async with workspace.database.transaction() as connection:
        ended = await find_warm_up(connection, NUMBER)
        assert ended is not None
        assert ended.is_over
        await execute(
            connection,
            "INSERT INTO gate.warm_up (business_number_id, budget, evaluated_at, outcome, because)"
            " VALUES (%(number)s, 500, now(), 'begun', '')",
            {"number": NUMBERS[1]},
        )
        await execute(
            connection,
            "INSERT INTO conversation.window (business_number_id, contact_id, last_inbound_at)"
            " SELECT %(number)s, unnest(%(people)s::bigint[]), %(at)s",
            {"number": NUMBER, "people": sorted(engaged), "at": workspace.clock.now() - timedelta(days=3)},
        )
        young = await launch(workspace, connection, people, name="young", number=NUMBERS[1])
        rows = await fetch_all(
            connection,
            "SELECT contact_id FROM deliver.message WHERE run_id = %(run)s ORDER BY send_from, message_id",
            {"run": young.run_id},
        )
    order = [row[0] for row in rows]
    assert set(order[:10]) == engaged
    # Inside either half nobody is first for having been known longest.
    assert order[10:] != sorted(order[10:])


async def test_the_first_run_of_a_new_number_writes_to_the_engaged_first(
    settings: Settings, clock: ManualClock
) -> None:
    """Nothing was ever sent from it: its warm-up begins with the launch, before the messages are put in order."""
    async with planning_workspace(settings, clock) as planning:
        people = await create_people(planning, [Person(phone=f"+2126120000{one}") for one in range(10, 30)])
        engaged = set(people[12:16])
        async with planning.database.transaction() as connection:
            await execute(
                connection,
                "UPDATE public.workspace SET sending_policy = sending_policy || '{\"warm_up\": {}}'",
            )
            await execute(
                connection,
                "INSERT INTO conversation.window (business_number_id, contact_id, last_inbound_at)"
                " SELECT '106540352242922', unnest(%(people)s::bigint[]), %(at)s",
                {"people": sorted(engaged), "at": clock.now() - timedelta(days=3)},
            )
        (plan,) = await plan_rules(planning, [rule_text()])
        await approve(planning, plan.plan_id, approved_by="lina")
        await wired_launch(planning, plan.plan_id, launched_by="amal")
        async with planning.database.connection() as connection:
            rows = await fetch_all(
                connection, "SELECT contact_id FROM deliver.message ORDER BY send_from, message_id"
            )
            standing = await find_warm_up(connection, plan.business_number_id)
    order = [contact_id for (contact_id,) in rows]
    assert set(order[:4]) == engaged
    assert order[4:] != sorted(order[4:])
    assert standing is not None
    assert (standing.budget, standing.outcome) == (500, "begun")
