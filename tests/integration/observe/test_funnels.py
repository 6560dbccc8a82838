"""Funnels over a real database: they balance, leave tests out, and name what a rate is a share of."""

from dataclasses import replace

from tests.campaign import WINBACK, Campaign, Outcome, write_campaign

from rulecast.database import Database
from rulecast.observe import Grain, Scope, list_losses, price_of, rates_of, read_funnels
from rulecast.values.clock import ManualClock
from rulecast.values.reason import Reason


async def test_every_planned_person_is_in_one_named_state(database: Database, clock: ManualClock) -> None:
    async with database.transaction() as connection:
        await write_campaign(connection, WINBACK, clock.now())
        (funnel,) = await read_funnels(connection, Grain.RUN)

    assert funnel.planned == 110
    assert sum(funnel.states.values()) == 110
    assert funnel.difference == 0
    assert funnel.considered == 182
    assert funnel.excluded == {
        "no_consent": 40,
        "lost_to_rule": 12,
        "holdout": 11,
        "suppressed": 6,
        "under_age": 3,
    }
    assert (funnel.accepted, funnel.delivered, funnel.read) == (90, 80, 55)
    assert (funnel.clicked, funnel.replied, funnel.opted_out) == (30, 5, 5)
    assert funnel.failed == {131026: 4}
    assert funnel.refused == {132001: 3}
    assert funnel.reasons == {
        "cancelled": {"stopped": 2},
        "expired": {"outside_window": 1},
        "deferred": {"quiet_hours": 4},
    }
    assert funnel.open == 11


async def test_a_lost_message_shows_as_a_difference(database: Database, clock: ManualClock) -> None:
    async with database.transaction() as connection:
        written = await write_campaign(connection, WINBACK, clock.now())
        waiting = "DELETE FROM deliver.message WHERE run_id = %s AND state = 'planned'"
        await connection.execute(waiting, (written.run_id,))
        (funnel,) = await read_funnels(connection, Grain.RUN)

    assert funnel.difference == 7


async def test_test_runs_stay_outside_every_report_but_their_own(
    database: Database, clock: ManualClock
) -> None:
    trial = Campaign(rule_name="trial", outcomes=(Outcome(count=3, delivered=True),), is_test=True)
    async with database.transaction() as connection:
        await write_campaign(connection, WINBACK, clock.now())
        written = await write_campaign(connection, trial, clock.now())
        everything = await read_funnels(connection, Grain.RULE)
        (own,) = await read_funnels(connection, Grain.RUN, Scope(run_id=written.run_id))

    assert [funnel.key for funnel in everything] == ["winback_casablanca"]
    assert own.planned == 3


async def test_grains_add_up_to_the_same_messages(database: Database, clock: ManualClock) -> None:
    other = Campaign(
        rule_name="welcome", outcomes=(Outcome(count=8, delivered=True), Outcome(count=2, state="planned"))
    )
    async with database.transaction() as connection:
        await write_campaign(connection, WINBACK, clock.now())
        clock.advance(7200)
        await write_campaign(connection, other, clock.now())
        found = {grain: await read_funnels(connection, grain) for grain in Grain}
        # These campaigns have no variants.
        assert found.pop(Grain.VARIANT) == ()

    assert {grain: sum(one.planned for one in funnels) for grain, funnels in found.items()} == dict.fromkeys(
        found, 120
    )
    assert {grain: sum(one.accepted for one in funnels) for grain, funnels in found.items()} == dict.fromkeys(
        found, 98
    )
    assert [one.key for one in found[Grain.HOUR]] == ["2026-11-17T18:00Z", "2026-11-17T20:00Z"]
    assert [one.key for one in found[Grain.TEMPLATE]] == ["winback (fr)"]


async def test_cost_is_estimated_for_every_permit_and_billed_for_what_was_delivered(
    database: Database, clock: ManualClock
) -> None:
    async with database.transaction() as connection:
        await write_campaign(connection, WINBACK, clock.now())
        (funnel,) = await read_funnels(connection, Grain.RUN)

    # 92 permits kept (90 accepted, 2 unknown) and 80 delivered, at 4.14 cents each.
    assert str(price_of(funnel.cost_estimated_e4, "USD")) == "3.81"
    assert str(price_of(funnel.cost_billed_e4, "USD")) == "3.31"


async def test_who_lost_to_whom_names_both_rules(database: Database, clock: ManualClock) -> None:
    winner = Campaign(rule_name="vip_week", outcomes=(Outcome(count=1),))
    async with database.transaction() as connection:
        won = await write_campaign(connection, winner, clock.now())
        lost = Campaign(
            rule_name="winback",
            outcomes=(Outcome(count=1),),
            excluded={Reason.LOST_TO_RULE: 5},
            lost_to_plan=won.plan_id,
        )
        await write_campaign(connection, lost, clock.now())
        losses = await list_losses(connection, Scope())

    assert [(one.rule_name, one.lost_to, one.people, one.margin_min) for one in losses] == [
        ("winback", "vip_week", 5, 15)
    ]
    by = [
        replace(losses[0], margin_min=low, margin_max=high).by
        for low, high in ((15, 902), (15, 10**9), (10**9, 10**9))
    ]
    assert by == ["15 to 902", "15 or more, or it had reached them", "it had reached them"]


async def test_every_rate_names_its_denominator(database: Database, clock: ManualClock) -> None:
    async with database.transaction() as connection:
        await write_campaign(connection, WINBACK, clock.now())
        (funnel,) = await read_funnels(connection, Grain.RUN)

    texts = {rate.name: rate.text for rate in rates_of(funnel)}
    assert texts["read"] == "at least 68.8% of delivered"
    assert texts["accepted"] == "81.8% of planned"
    assert texts["failed"] == "4.4% of accepted"
