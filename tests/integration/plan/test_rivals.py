"""Who gets a person that several rules want: windows, bands, scores, and launches at the same moment."""

import asyncio
from pathlib import Path

from tests.planning import Person, create_people, exclusions, planning_workspace, rule_text
from tests.sending import until
from tests.street import Street, neighbour, street

from rulecast.cli.why_tree import render_why, why_json
from rulecast.config import Settings
from rulecast.database import fetch_all
from rulecast.observe import Scope, list_losses
from rulecast.values.clock import ManualClock
from rulecast.values.ids import ContactId
from rulecast.values.reason import Reason
from rulecast.wiring.approve import approve
from rulecast.wiring.launch import launch
from rulecast.wiring.plan import plan_rules
from rulecast.wiring.plan_people import plan_for_people
from rulecast.wiring.rule_steps import archive_rule
from rulecast.wiring.why import explain_person
from rulecast.wiring.workspace import Workspace

SPEND = '[[attributes]]\nname = "spend"\ntype = "decimal"\n'
TRIGGER = "on purchase\nlimit this rule to 5 per person per 1 days"


def lifecycle(name: str, priority: int) -> str:
    return rule_text(name, priority=priority).replace("priority promotion", "priority lifecycle")


async def winners(here: Street) -> list[tuple[str, ContactId]]:
    """Return rule and person of every message that was accepted."""
    return [(rule, one) for rule, one, state, _ in await here.endings() if state == "accepted"]


async def test_among_equals_the_higher_score_wins_and_the_loser_is_told_by_how_much(
    settings: Settings, clock: ManualClock, tmp_path: Path
) -> None:
    people = [
        neighbour(0, extra={"points": 10, "spend": "3.5"}),
        neighbour(1, extra={"points": 2, "spend": "3.5"}),
        neighbour(2, extra={"spend": "3.5"}),
        neighbour(3),
    ]
    async with street(settings, clock, tmp_path, people=people, declarations=SPEND) as here:
        by_points, by_spend, weaker = await here.plan(
            rule_text("by_points", clauses="score points"),
            rule_text("by_spend", clauses="score spend"),
            rule_text("weaker", priority=39, clauses="score points"),
        )
        for plan in (by_points, by_spend):
            await here.start(plan)
        await here.send()
        found = {one: rule for rule, one in await winners(here)}
        a, b, c, d = here.people
        assert (found[a], found[b], found[c]) == ("by_points", "by_spend", "by_spend")
        assert found[d] in {"by_points", "by_spend"}
        assert here.reached_people() == [a, b, c, d]
        assert exclusions(weaker) == {"lost_to_rule": 4}
        margins = await here.rows(
            "SELECT contact_id, margin, score_margin FROM plan.member WHERE plan_id = %(plan)s AND reason_number <> 0"
            " AND contact_id <> %(d)s ORDER BY 1",
            plan=by_points.plan_id,
            d=d,
        )
        assert margins == [(b, 0, 1.5), (c, 0, float("inf"))]
        assert {one["by_score"] for one in by_spend.document["lost_to"] if one["count"]} >= {True}
        why = await explain_person(here.workspace, b, by_points.plan_id)
    assert why.lost_to is not None
    assert (why.lost_to.rule_name, why.lost_to.score_margin) == ("by_spend", 1.5)
    said = "\n".join(str(part) for part in render_why(why))
    assert (
        "lost to the rule by_spend, because both are equally strong and its score is higher by 1.5." in said
    )
    assert why_json(why)["lost_to"] == {
        "rule": "by_spend",
        "margin": 0,
        "score_margin": 1.5,
        "by_score": True,
    }


async def test_a_reservation_without_a_permit_goes_to_the_higher_band_with_one_message_at_the_simulator(
    settings: Settings, clock: ManualClock, tmp_path: Path
) -> None:
    async with street(settings, clock, tmp_path, people=[neighbour(0), neighbour(1)]) as here:
        asha, bilal = here.people
        (weak,) = await here.plan(rule_text("weak", priority=99))
        await here.start(weak)
        (strong,) = await here.plan(lifecycle("strong", 1))
        await here.start(strong)
        await here.send()
        assert await winners(here) == [("strong", asha), ("strong", bilal)]
        assert ("weak", asha, "cancelled", "lost_to_rule") in await here.endings()
        losses = await here.rows(
            "SELECT plan_id, contact_id, lost_to_plan_id, margin, score_margin FROM plan.loss ORDER BY contact_id"
        )
        assert losses == [(weak.plan_id, one, strong.plan_id, 1001 - 99, 0.0) for one in here.people]
        facts = await here.rows("SELECT facts -> 'lost_to' FROM gate.verdict WHERE reason = 'lost_to_rule'")
        assert facts == [(["strong", 1001 - 99, 0.0],)] * 2
        why = await explain_person(here.workspace, asha, weak.plan_id)
        assert why.lost_to is not None
        assert (why.reason, why.lost_to.rule_name, why.lost_to.margin) == (
            Reason.LOST_TO_RULE,
            "strong",
            1001 - 99,
        )
        async with here.workspace.database.connection() as connection:
            told = await list_losses(connection, Scope(rule_name="weak"))
        assert [(one.lost_to, one.people, one.by) for one in told] == [("strong", 2, "902")]
        # Whoever has been written to stays with the rule that did.
        (late,) = await here.plan(
            rule_text("late", priority=99).replace("priority promotion", "priority transactional")
        )
        assert exclusions(late) == {"lost_to_rule": 2}


async def test_a_person_whom_the_winner_gave_up_is_written_to_once_on_that_day(
    settings: Settings, clock: ManualClock, tmp_path: Path
) -> None:
    async with street(settings, clock, tmp_path, people=[neighbour(0)]) as here:
        (weak,) = await here.plan(rule_text("weak", priority=30))
        (strong,) = await here.plan(lifecycle("strong", 1))
        await here.start(weak)
        await here.start(strong)
        await archive_rule(here.workspace, "strong")
        await here.send()
        assert await winners(here) == [("weak", here.people[0])]
        (third,) = await here.plan(rule_text("third", priority=90))
    assert exclusions(third) == {"lost_to_rule": 1}


async def test_a_launch_waits_for_a_permit_that_is_being_granted(
    settings: Settings, clock: ManualClock
) -> None:
    """Whoever is locked by the gate is not taken over before it is known whether they got their message."""
    async with planning_workspace(settings, clock) as workspace:
        asha, bilal = await create_people(
            workspace, [Person(phone="+212612000001"), Person(phone="+212612000002")]
        )
        (weak,) = await plan_rules(workspace, [rule_text("weak")])
        await approve(workspace, weak.plan_id, approved_by="badr")
        await launch(workspace, weak.plan_id, launched_by="amal")
        (strong,) = await plan_rules(workspace, [lifecycle("strong", 1)])
        await approve(workspace, strong.plan_id, approved_by="badr")
        async with workspace.database.transaction() as connection:
            await fetch_all(
                connection,
                "SELECT contact_id FROM profile.sending_guard WHERE contact_id = %(asha)s FOR NO KEY UPDATE",
                {"asha": asha},
            )
            launching = asyncio.create_task(launch(workspace, strong.plan_id, launched_by="amal"))
            await asyncio.wait_for(until(lambda: _waits_for_lock(workspace)), 20)
            await connection.execute(
                "UPDATE plan.reservation SET has_permit = true WHERE contact_id = %s", (asha,)
            )
        await asyncio.wait_for(launching, 20)
        async with workspace.database.connection() as connection:
            owners = await fetch_all(
                connection, "SELECT contact_id, rule_name FROM plan.reservation ORDER BY contact_id"
            )
            losses = await fetch_all(
                connection, "SELECT plan_id, contact_id, lost_to_plan_id FROM plan.loss ORDER BY contact_id"
            )
    assert owners == [(asha, "weak"), (bilal, "strong")]
    assert losses == [(strong.plan_id, asha, weak.plan_id), (weak.plan_id, bilal, strong.plan_id)]


async def _waits_for_lock(workspace: Workspace) -> bool:
    async with workspace.database.connection() as connection:
        rows = await fetch_all(
            connection,
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()",
        )
    return rows != [(0,)]


async def test_two_plans_launched_at_the_same_moment_never_both_win_a_person(
    settings: Settings, clock: ManualClock, tmp_path: Path
) -> None:
    count = 12
    async with street(settings, clock, tmp_path, people=[neighbour(one) for one in range(count)]) as here:
        # Drafts do not know of each other: each of the two is planned for everybody.
        plans = [plan for name in ("one", "two") for plan in await here.plan(rule_text(name))]
        assert [plan.document["planned"] for plan in plans] == [count, count]
        for plan in plans:
            await approve(here.workspace, plan.plan_id, approved_by="badr")
        await asyncio.gather(*(launch(here.workspace, plan.plan_id, launched_by="amal") for plan in plans))
        owners = await here.rows("SELECT contact_id, count(*) FROM plan.reservation GROUP BY contact_id")
        assert sorted(owners) == [(one, 1) for one in here.people]
        await here.send()
        assert here.reached_people() == list(here.people)
        ended = [(state, reason) for _, _, state, reason in await here.endings()]
        assert sorted(set(ended)) == [("accepted", ""), ("cancelled", "lost_to_rule")]
        ((losses,),) = await here.rows("SELECT count(*) FROM plan.loss WHERE margin = 0 AND score_margin = 0")
        assert losses == count
        # The draw of the plan is the draw of the launch: which of the two came first changes nothing.
        kept = await here.rows("SELECT contact_id FROM plan.reservation WHERE rule_name = 'one'")
        assert 0 < len(kept) < count


async def test_what_an_event_sets_off_does_not_lose_to_a_campaign_of_another_hour(
    settings: Settings, clock: ManualClock
) -> None:
    """A window of a minute is narrower than a day: both go out, and caps guard the person."""
    async with planning_workspace(settings, clock) as workspace:
        ids = await create_people(workspace, [Person(phone="+212612000000")])
        thanks = rule_text("thanks", clauses=TRIGGER, priority=10)
        rival = rule_text("rival", clauses=TRIGGER, priority=20)
        at_once = rule_text("at_once", clauses=f"{TRIGGER}\ndecide within 0 seconds", priority=5)
        (campaign,) = await plan_for_people(
            workspace,
            [rule_text("campaign", priority=99, clauses="decide within 0 seconds")],
            contacts=[frozenset(ids)],
        )
        for plan_id in (campaign,):
            await approve(workspace, plan_id, approved_by="badr")
            await launch(workspace, plan_id, launched_by="amal")
        clock.advance(3_600)
        both = await plan_for_people(workspace, [thanks, rival], contacts=[frozenset(ids)] * 2)
        await approve(workspace, both[1], approved_by="badr")
        await launch(workspace, both[1], launched_by="amal")
        clock.advance(30)
        again = await plan_for_people(workspace, [thanks, at_once], contacts=[frozenset(ids)] * 2)
        clock.advance(40)
        later = await plan_for_people(workspace, [thanks], contacts=[frozenset(ids)])
        async with workspace.database.connection() as connection:
            decided = dict(
                await fetch_all(
                    connection,
                    "SELECT plan_id, coalesce(reason, 'planned') FROM plan.member"
                    " LEFT JOIN plan.reason USING (reason_number)",
                )
            )
    names = {"campaign": campaign, "beside": both[0], "rival": both[1], "30 s": again[0], "at once": again[1]}
    assert {name: decided[plan] for name, plan in {**names, "70 s": later[0]}.items()} == {
        "campaign": "planned",
        "beside": "lost_to_rule",
        "rival": "planned",
        "30 s": "lost_to_rule",
        # Half a minute after the rival, and not waiting for anybody.
        "at once": "planned",
        "70 s": "planned",
    }
