"""Clauses that hold messages back or choose among them, seen at the simulator: what arrives, and what never does."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.planning import exclusions, rule_text
from tests.street import neighbour, street

from rulecast.config import Settings
from rulecast.gate import release_permits
from rulecast.plan.errors import RuleNotValidError
from rulecast.values.clock import ManualClock
from rulecast.wiring.approve import approve
from rulecast.wiring.launch import launch

EVENING = "once at 18:00..20:30 local time of the contact; not on public holidays; carry over for 2 days"
IN_PARIS = {"country": "fr", "city": "lyon", "zone": "Europe/Paris"}


async def test_nobody_gets_a_message_on_a_public_holiday_of_their_country(
    settings: Settings, clock: ManualClock, tmp_path: Path
) -> None:
    clock.set(datetime(2026, 11, 18, 18, 30, tzinfo=UTC))
    async with street(settings, clock, tmp_path, people=[neighbour(0), neighbour(1, **IN_PARIS)]) as here:
        casablanca, paris = here.people
        (plan,) = await here.plan(rule_text(clauses=EVENING))
        assert plan.document["planned"] == 2
        await here.start(plan)
        # Even if somebody believes the message to be due: the gate looks at the calendar itself.
        await here.change("UPDATE deliver.message SET send_from = %(now)s", now=clock.now())
        await here.send()
        assert here.reached_people() == [paris]
        ((outcome, reason, until),) = await here.rows(
            "SELECT outcome, reason, deferred_until FROM gate.verdict WHERE contact_id = %(one)s",
            one=casablanca,
        )
        assert (outcome, reason) == ("deferred", "public_holiday")
        assert until == datetime(2026, 11, 19, 18, 0, tzinfo=UTC)
        clock.advance(86_400)
        await here.send()
        assert here.reached_people() == [casablanca, paris]


async def test_a_plan_that_does_not_live_beyond_the_holiday_says_so(
    settings: Settings, clock: ManualClock, tmp_path: Path
) -> None:
    clauses = (
        "once on wednesday at 18:00..20:30 local time of the contact; not on public holidays; drop the rest"
    )
    async with street(settings, clock, tmp_path, people=[neighbour(0), neighbour(1, **IN_PARIS)]) as here:
        (plan,) = await here.plan(rule_text(clauses=clauses))
    assert plan.document["planned"] == 1
    assert exclusions(plan) == {"public_holiday": 1}


async def test_a_limit_over_all_rules_counts_the_messages_of_every_rule(
    settings: Settings, clock: ManualClock, tmp_path: Path
) -> None:
    tomorrow = (
        "once on wednesday at 10:00..20:00 local time of the contact; drop the rest\n"
        "limit all rules to 1 per person per 7 days"
    )
    async with street(settings, clock, tmp_path, people=[neighbour(0), neighbour(1)]) as here:
        asha, bilal = here.people
        # Both are launched before anything is sent: only the gate can know.
        (early,) = await here.plan(rule_text("early"))
        (late,) = await here.plan(rule_text("late", clauses=tomorrow))
        assert late.document["planned"] == 2
        await here.start(late)
        await here.start(early)
        await here.change(
            "UPDATE deliver.message SET send_from = '2026-12-01' WHERE contact_id = %(b)s AND run_id ="
            " (SELECT run_id FROM deliver.run WHERE rule_name = 'early')",
            b=bilal,
        )
        await here.send()
        assert here.reached_people() == [asha]
        clock.advance(86_400)
        await here.send()
        assert here.reached_people() == [asha, bilal]
        assert ("late", asha, "cancelled", "workspace_limit") in await here.endings()
        clock.advance(86_400)
        (next_plan,) = await here.plan(
            rule_text("third", clauses="limit all rules to 1 per person per 7 days")
        )
        assert exclusions(next_plan) == {"workspace_limit": 2}


async def test_a_budget_per_month_stops_in_the_transaction_that_spends_it(
    settings: Settings, clock: ManualClock, tmp_path: Path
) -> None:
    """Two messages cost 0.0828 USD; two plans that each may send two are launched, and two messages leave."""
    rule = rule_text(clauses="budget 0.10 USD per month")
    async with street(settings, clock, tmp_path, people=[neighbour(one) for one in range(5)]) as here:
        (first,) = await here.plan(rule)
        assert (first.document["planned"], exclusions(first)) == (2, {"budget": 3})
        await here.start(first)
        clock.advance(86_400)
        (second,) = await here.plan(rule)
        assert (second.document["planned"], second.document["budget_left_e4"]) == (2, 100_000)
        await here.start(second)
        await here.send()
        assert len(here.reached()) == 2
        states = [(state, reason) for _, _, state, reason in await here.endings()]
        assert sorted(states) == [("accepted", "")] * 2 + [("cancelled", "budget")] * 2
        (third,) = await here.plan(rule)
        assert (third.document["planned"], third.document["budget_left_e4"]) == (0, 100_000 - 2 * 41_400)
        clock.set(datetime(2026, 11, 30, 18, 0, tzinfo=UTC))
        # Messages of the first of December are paid from December.
        (fourth,) = await here.plan(
            rule_text(
                clauses="budget 0.10 USD per month\nonce on tuesday at 10:00..20:00 local time of the contact;"
                " drop the rest"
            )
        )
        assert fourth.document["planned"] == 2
        await here.start(fourth)
        clock.set(datetime(2026, 12, 1, 12, 0, tzinfo=UTC))
        await here.send()
        assert len(here.reached()) == 4
        spent = await here.rows("SELECT month::text, spent_e4 FROM gate.month_budget ORDER BY month")
        assert spent == [("2026-11-01", 82_800), ("2026-12-01", 82_800)]


async def test_a_permit_given_back_gives_the_month_its_money_back(
    settings: Settings, clock: ManualClock, tmp_path: Path
) -> None:
    async with street(settings, clock, tmp_path, people=[neighbour(0), neighbour(1)]) as here:
        (plan,) = await here.plan(rule_text(clauses="budget 5 USD per month"))
        await here.start(plan)
        await here.send()
        messages = [one for (one,) in await here.rows("SELECT message_id FROM deliver.message")]
        async with here.workspace.database.transaction() as connection:
            await release_permits(connection, messages[:1], clock.now())
        assert await here.rows("SELECT spent_e4 FROM gate.month_budget") == [(41_400,)]


async def test_messages_left_after_the_last_day_expire(
    settings: Settings, clock: ManualClock, tmp_path: Path
) -> None:
    async with street(settings, clock, tmp_path, people=[neighbour(0)]) as here:
        (plan,) = await here.plan(rule_text(clauses="valid until 2026-11-17"))
        assert plan.document["planned"] == 1
        await here.start(plan)
        clock.set(datetime(2026, 11, 18, 10, 0, tzinfo=UTC))
        await here.send()
        assert here.reached() == []
        assert await here.endings() == [("winback", here.people[0], "expired", "outside_window")]


async def test_a_rule_is_refused_outside_its_days(
    settings: Settings, clock: ManualClock, tmp_path: Path
) -> None:
    tomorrow = "valid from 2026-11-18 until 2026-11-18"
    async with street(settings, clock, tmp_path, people=[neighbour(0)]) as here:
        (plan, far) = await here.plan(
            rule_text(clauses=tomorrow), rule_text("far", priority=90, clauses="valid from 2026-12-24")
        )
        assert exclusions(far) == {"not_valid": 1}
        await here.start(plan)
        await here.send()
        assert here.reached() == []
        await here.change("UPDATE deliver.message SET send_from = %(now)s", now=clock.now())
        await here.send()
        assert here.reached() == []
        assert await here.rows("SELECT reason FROM gate.verdict") == [("not_valid",)]
        (again,) = await here.plan(rule_text("again", priority=99, clauses="valid until 2026-11-18"))
        await approve(here.workspace, again.plan_id, approved_by="badr")
        clock.set(datetime(2026, 11, 19, 0, 0, tzinfo=UTC))
        with pytest.raises(RuleNotValidError, match="2026-11-19"):
            await launch(here.workspace, again.plan_id, launched_by="amal")
        (over,) = await here.plan(rule_text("over", clauses="valid from 2026-11-01 until 2026-12-01"))
        assert over.document["planned"] == 1
