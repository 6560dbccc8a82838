"""Who gets a person when plans are launched, edited, ended or spread over later days than they were made on."""

from tests.integration.plan.test_agreement import give_permits
from tests.planning import Person, create_people, exclusions, planning_workspace, printed, rule_text

from rulecast.cli.plan_tables import render_plan
from rulecast.cli.why_tree import render_why
from rulecast.config import Settings
from rulecast.database import fetch_all
from rulecast.plan import Plan
from rulecast.values.clock import ManualClock
from rulecast.values.reason import Reason
from rulecast.wiring.approve import approve
from rulecast.wiring.launch import launch
from rulecast.wiring.plan import plan_rules
from rulecast.wiring.rule_keeping import keep_rule
from rulecast.wiring.rule_steps import archive_rule
from rulecast.wiring.why import explain_person
from rulecast.wiring.workspace import Workspace

PEOPLE = [Person(phone=f"+21261200{number:04d}") for number in range(4)]
DAY_SECONDS = 86_400


async def approved(workspace: Workspace, text: str) -> Plan:
    (plan,) = await plan_rules(workspace, [text])
    return await approve(workspace, plan.plan_id, approved_by="badr")


async def owners(workspace: Workspace) -> list[tuple[str, int]]:
    """Return rule and people of the reservations."""
    async with workspace.database.connection() as connection:
        return await fetch_all(
            connection, "SELECT rule_name, count(*) FROM plan.reservation GROUP BY 1 ORDER BY 1"
        )


async def test_a_plan_that_is_launched_a_day_later_competes_on_that_day(
    settings: Settings, clock: ManualClock
) -> None:
    async with planning_workspace(settings, clock) as workspace:
        await create_people(workspace, PEOPLE)
        (early,) = await plan_rules(workspace, [rule_text("early", priority=50)])
        clock.advance(DAY_SECONDS)
        late = await approved(workspace, rule_text("late", priority=40))
        await launch(workspace, late.plan_id, launched_by="amal")
        await approve(workspace, early.plan_id, approved_by="badr")
        (beside,) = await plan_rules(workspace, [rule_text("beside", priority=30)])
        assert beside.document["lost_to"][0]["rule"] == "early", "it may be launched today"
        assert await owners(workspace) == [("late", 4)]
        await launch(workspace, early.plan_id, launched_by="amal")
        assert await owners(workspace) == [("early", 4)]
        (third,) = await plan_rules(workspace, [rule_text("third", priority=45)])
    assert exclusions(third) == {"lost_to_rule": 4}


async def test_an_approved_plan_of_an_edited_rule_takes_nobody(
    settings: Settings, clock: ManualClock
) -> None:
    """It can never be launched: a person lost to it would get nothing."""
    async with planning_workspace(settings, clock) as workspace:
        await create_people(workspace, PEOPLE)
        await approved(workspace, rule_text("strong", priority=90))
        (before,) = await plan_rules(workspace, [rule_text("weak")])
        await keep_rule(workspace, rule_text("strong", priority=91))
        (after,) = await plan_rules(workspace, [rule_text("weak")])
    assert exclusions(before) == {"lost_to_rule": 4}
    assert exclusions(after) == {}


async def test_an_archived_rule_gives_back_whom_it_has_not_written_to(
    settings: Settings, clock: ManualClock
) -> None:
    async with planning_workspace(settings, clock) as workspace:
        ids = await create_people(workspace, PEOPLE)
        strong = await approved(workspace, rule_text("strong", priority=90))
        await launch(workspace, strong.plan_id, launched_by="amal")
        async with workspace.database.transaction() as connection:
            await connection.execute(
                "UPDATE plan.reservation SET has_permit = true WHERE contact_id = %s", (ids[0],)
            )
        await archive_rule(workspace, "strong")
        (weak,) = await plan_rules(workspace, [rule_text("weak")])
    assert exclusions(weak) == {"lost_to_rule": 1}


async def test_whoever_is_written_to_on_a_later_day_is_reserved_for_that_day(
    settings: Settings, clock: ManualClock
) -> None:
    async with planning_workspace(settings, clock) as workspace:
        await create_people(workspace, PEOPLE)
        slow = await approved(workspace, rule_text("slow", priority=90, clauses="batch 1 every 24 hours"))
        await launch(workspace, slow.plan_id, launched_by="amal")
        (today,) = await plan_rules(workspace, [rule_text("other")])
        clock.advance(DAY_SECONDS)
        (tomorrow,) = await plan_rules(workspace, [rule_text("other")])
    assert slow.document["planned"] == 3, "the fourth day lies behind the plan's end"
    assert exclusions(today) == {"lost_to_rule": 1}
    assert exclusions(tomorrow) == {"lost_to_rule": 1}


async def test_limits_and_caps_are_counted_at_the_first_possible_send(
    settings: Settings, clock: ManualClock
) -> None:
    """Whoever is free again when the window opens is planned for it."""
    window = "once on thursday at 10:00..20:00 local time of the contact; drop the rest\n"
    per_day, per_three = (f"limit this rule to 1 per person per {days} days" for days in (1, 3))
    async with planning_workspace(settings, clock) as workspace:
        ids = await create_people(workspace, PEOPLE)
        for name in ("daily", "other"):
            (plan,) = await plan_rules(workspace, [rule_text(name)])
            async with workspace.database.transaction() as connection:
                await give_permits(connection, ids[:2], plan=plan, hours_ago=1)
        found = []
        for name, clauses in (
            ("daily", per_day),
            ("third", ""),
            ("daily", window + per_day),
            ("daily", window + per_three),
            ("third", window),
        ):
            (plan,) = await plan_rules(workspace, [rule_text(name, clauses=clauses)])
            found.append(exclusions(plan))
        why = await explain_person(workspace, ids[0], plan.plan_id)
    assert found == [{"limit": 2}, {"capped": 2}, {}, {"limit": 2}, {}]
    assert why.reason is None
    assert all(check.outcome == "passed" for check in why.checks)


async def test_a_second_plan_of_a_rule_for_the_same_day_finds_nobody_left(
    settings: Settings, clock: ManualClock
) -> None:
    """It would be planned for everybody and, launched, write to nobody."""
    async with planning_workspace(settings, clock) as workspace:
        ids = await create_people(workspace, PEOPLE)
        first = await approved(workspace, rule_text("winback"))
        await launch(workspace, first.plan_id, launched_by="amal")
        clock.advance(600)
        (again,) = await plan_rules(workspace, [rule_text("winback")])
        why = await explain_person(workspace, ids[0], again.plan_id)
        clock.advance(DAY_SECONDS)
        (tomorrow,) = await plan_rules(workspace, [rule_text("winback")])
    assert exclusions(again) == {"already_in_run": 4}
    # No other rule took them, and none is named.
    assert again.document["lost_to"] == []
    english = printed(*render_plan(again, zone="UTC", mode="simulated"))
    chinese = printed(*render_plan(again, zone="UTC", mode="simulated", language="zh"))
    assert "already in an earlier run of this rule" in english
    assert "此人已在该规则较早的一次运行中" in chinese
    assert why.reason is Reason.ALREADY_IN_RUN
    assert "already in an earlier run of this rule" in printed(*render_why(why))
    assert exclusions(tomorrow) == {}
