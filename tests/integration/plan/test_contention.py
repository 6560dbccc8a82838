"""Rules that reach the same person on the same day compete, and the loser is told to whom and by how much."""

from tests.planning import Person, create_people, exclusions, planning_workspace, rule_text

from rulecast.config import Settings
from rulecast.database import fetch_all
from rulecast.plan import store
from rulecast.values.clock import ManualClock
from rulecast.values.reason import NUMBERS, Reason
from rulecast.wiring.approve import approve
from rulecast.wiring.launch import launch
from rulecast.wiring.plan import plan_rules
from rulecast.wiring.workspace import Workspace

PEOPLE = [Person(phone=f"+21261200{number:04d}") for number in range(40)]


def lifecycle(name: str, priority: int) -> str:
    return rule_text(name, priority=priority).replace("priority promotion", "priority lifecycle")


async def test_a_stronger_band_wins_whatever_the_priorities(settings: Settings, clock: ManualClock) -> None:
    async with planning_workspace(settings, clock) as workspace:
        await create_people(workspace, PEOPLE)
        weak, strong = await plan_rules(workspace, [rule_text("offer", priority=99), lifecycle("thanks", 1)])
    assert strong.document["planned"] == 40
    assert exclusions(weak) == {"lost_to_rule": 40}
    assert weak.document["lost_to"] == [
        {"plan_id": strong.plan_id, "rule": "thanks", "margin": 1001 - 99, "by_score": False, "count": 40}
    ]


async def test_inside_a_band_the_higher_priority_wins_by_its_margin(
    settings: Settings, clock: ManualClock
) -> None:
    async with planning_workspace(settings, clock) as workspace:
        await create_people(workspace, PEOPLE)
        high, low = await plan_rules(
            workspace, [rule_text("high", priority=55), rule_text("low", priority=40)]
        )
    assert high.document["planned"] == 40
    assert low.document["lost_to"][0]["margin"] == 15


async def test_equals_share_people_by_a_stable_draw_and_nobody_gets_two(
    settings: Settings, clock: ManualClock
) -> None:
    async with planning_workspace(settings, clock) as workspace:
        await create_people(workspace, PEOPLE)
        first = await plan_rules(workspace, [rule_text("one"), rule_text("two")])
        again = await plan_rules(workspace, [rule_text("two"), rule_text("one")])
        chosen = [await planned_people(workspace, plan.plan_id) for plan in (*first, *reversed(again))]
    assert chosen[0] | chosen[1] == set(chosen[0]) | set(chosen[1])
    assert not chosen[0] & chosen[1]
    assert len(chosen[0]) + len(chosen[1]) == 40
    assert min(len(chosen[0]), len(chosen[1])) > 5
    assert chosen[:2] == chosen[2:]


async def test_a_person_whom_the_stronger_rule_leaves_out_is_not_lost_to_it(
    settings: Settings, clock: ManualClock
) -> None:
    async with planning_workspace(settings, clock) as workspace:
        await create_people(workspace, PEOPLE)
        strong, weak = await plan_rules(
            workspace, [rule_text("strong", priority=90, clauses="test holdout 50%"), rule_text("weak")]
        )
    held_out = exclusions(strong)["holdout"]
    assert weak.document["planned"] == held_out
    assert exclusions(weak) == {"lost_to_rule": 40 - held_out}


async def test_an_approved_and_a_launched_plan_keep_their_people(
    settings: Settings, clock: ManualClock
) -> None:
    async with planning_workspace(settings, clock) as workspace:
        await create_people(workspace, PEOPLE)
        (strong,) = await plan_rules(workspace, [rule_text("strong", priority=90)])
        (beside_a_draft,) = await plan_rules(workspace, [rule_text("weak")])
        await approve(workspace, strong.plan_id, approved_by="badr")
        (beside_an_approval,) = await plan_rules(workspace, [rule_text("weak")])
        await launch(workspace, strong.plan_id, launched_by="amal")
        (beside_a_run,) = await plan_rules(workspace, [rule_text("weak")])
        clock.advance(2 * 86_400)
        (two_days_later,) = await plan_rules(workspace, [rule_text("weak")])
    assert beside_a_draft.document["planned"] == 40
    assert exclusions(beside_an_approval) == {"lost_to_rule": 40}
    assert exclusions(beside_a_run) == {"lost_to_rule": 40}
    assert two_days_later.document["planned"] == 40


async def test_a_stronger_launch_takes_reservations_that_have_no_permit(
    settings: Settings, clock: ManualClock
) -> None:
    async with planning_workspace(settings, clock) as workspace:
        ids = await create_people(workspace, PEOPLE[:3])
        (weak,) = await plan_rules(workspace, [rule_text("weak")])
        await approve(workspace, weak.plan_id, approved_by="badr")
        await launch(workspace, weak.plan_id, launched_by="amal")
        async with workspace.database.transaction() as connection:
            await connection.execute(
                "UPDATE plan.reservation SET has_permit = true WHERE contact_id = %s", (ids[0],)
            )
        (strong,) = await plan_rules(workspace, [lifecycle("strong", 1)])
        await approve(workspace, strong.plan_id, approved_by="badr")
        await launch(workspace, strong.plan_id, launched_by="amal")
        async with workspace.database.connection() as connection:
            owners = dict(await fetch_all(connection, "SELECT contact_id, rule_name FROM plan.reservation"))
            reached = await store.find_member(connection, strong.plan_id, ids[0])
    assert owners == {ids[0]: "weak", ids[1]: "strong", ids[2]: "strong"}
    assert reached is not None
    assert reached.reason_number == NUMBERS[Reason.LOST_TO_RULE]
    assert exclusions(strong) == {"lost_to_rule": 1}


async def test_rules_on_different_days_do_not_compete(settings: Settings, clock: ManualClock) -> None:
    tomorrow = "once on wednesday at 10:00..12:00 local time of the contact; drop the rest"
    async with planning_workspace(settings, clock) as workspace:
        await create_people(workspace, PEOPLE)
        today, later = await plan_rules(
            workspace, [rule_text("today", priority=90), rule_text("later", clauses=tomorrow)]
        )
    assert today.document["planned"] == 40
    assert later.document["planned"] == 40
    assert later.document["calendar"]["binding_limit"] == "quiet hours or sending window"


async def planned_people(workspace: Workspace, plan_id: int) -> set[int]:
    async with workspace.database.connection() as connection:
        rows = await fetch_all(
            connection,
            "SELECT contact_id FROM plan.sendable WHERE plan_id = %(plan_id)s",
            {"plan_id": plan_id},
        )
    return {contact_id for (contact_id,) in rows}
