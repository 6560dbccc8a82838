"""Stop conditions: a rule beyond its limit is held with the figures, one just below goes on, a person resumes."""

from decimal import Decimal
from pathlib import Path

import pytest
from tests.moments import MomentShop, moment_rule, moment_shop
from tests.planning import Person, create_people

from rulecast.config import Settings
from rulecast.rule.language.document import StopTest
from rulecast.values.clock import ManualClock
from rulecast.values.ids import ContactId, RuleVersionId
from rulecast.wiring.moments import check_stop_tests
from rulecast.wiring.moments.records import Counts
from rulecast.wiring.moments.stop_test import count_min, find_reason, fold_counts
from rulecast.wiring.rule_steps import resume_rule

STOP = "stop if opt-outs above 5% of delivered after 20 delivered, or failures above 10%"


async def crowd(shop: MomentShop, count: int) -> list[ContactId]:
    return await create_people(
        shop.workspace, [Person(phone=f"+2126130000{one:02d}") for one in range(count)]
    )


async def state(shop: MomentShop) -> list[tuple]:
    return await shop.fetch("SELECT state, reason, why FROM rule.current_state")


@pytest.mark.parametrize(("leaving", "is_held"), [(1, False), (2, True)])
async def test_opt_outs_above_their_limit_hold_the_rule_and_at_the_limit_do_not(
    settings: Settings, clock: ManualClock, tmp_path: Path, leaving: int, is_held: bool
) -> None:
    async with moment_shop(settings, clock, tmp_path) as shop:
        people = await crowd(shop, 20)
        await shop.launch(moment_rule(STOP), people)
        for person in people[:19]:
            await shop.status(person, "delivered")
        for person in people[:leaving]:
            await shop.opt_out(person)
        # Never before the minimum count, and folding old counts changes none.
        assert await check_stop_tests(shop.workspace) == []
        shop.later(hours=2)
        before = await shop.fetch("SELECT sum(delivered), sum(opted_out) FROM deliver.tally")
        await fold_counts(shop.workspace)
        assert await shop.fetch("SELECT sum(delivered), sum(opted_out) FROM deliver.tally") == before
        assert await shop.fetch("SELECT count(*) FROM deliver.tally") == [(1,)]
        await shop.status(people[19], "delivered")
        held = await check_stop_tests(shop.workspace)
        assert bool(held) is is_held
        if is_held:
            why = "2 opt-outs of 20 delivered (10.0%), above 5%"
            assert (await state(shop))[0] == ("held", "stop_test", why)


async def test_what_waits_of_a_held_rule_is_not_sent_until_a_person_resumes_it(
    settings: Settings, clock: ManualClock, tmp_path: Path
) -> None:
    async with moment_shop(settings, clock, tmp_path) as shop:
        people = await crowd(shop, 24)
        await shop.launch(moment_rule(STOP, "batch 20 every 10 minutes"), people, seconds=3)
        assert len(shop.reached()) == 20
        sent = await shop.fetch("SELECT contact_id FROM deliver.message WHERE state = 'accepted' ORDER BY 1")
        for (person,) in sent:
            await shop.status(person, "delivered")
        for (person,) in sent[:2]:
            await shop.opt_out(person)
        assert await check_stop_tests(shop.workspace)
        shop.later(minutes=11)
        stopped = await shop.running_for(seconds=2)
        assert len(shop.reached()) == 20
        assert stopped
        await resume_rule(shop.workspace, "winback", why="the template was too loud; changed")
        # What was counted before does not stop it again.
        assert await check_stop_tests(shop.workspace) == []
        await shop.send()
        assert len(shop.reached()) == 24


def counts(delivered: int, *, failed: int = 0, opted_out: int = 0) -> Counts:
    return Counts(
        rule_version_id=RuleVersionId(1),
        rule_name="winback",
        delivered=delivered,
        failed=failed,
        opted_out=opted_out,
    )


def test_a_condition_without_a_number_waits_until_its_share_would_be_three_people() -> None:
    assert count_min(StopTest(measure="opt-outs", above_percent=Decimal(1))) == 300
    assert count_min(StopTest(measure="opt-outs", above_percent=Decimal("0.5"))) == 600
    assert count_min(StopTest(measure="failures", above_percent=Decimal(20))) == 50
    assert count_min(StopTest(measure="failures", above_percent=Decimal(5), after_delivered=10)) == 10


def test_failures_are_a_share_of_the_messages_whose_end_is_known() -> None:
    test = StopTest(measure="failures", above_percent=Decimal(5), after_delivered=100)
    assert find_reason([test], counts(95, failed=5)) is None
    assert (
        find_reason([test], counts(94, failed=6)) == "6 failures of 100 delivered or failed (6.0%), above 5%"
    )
    # A rule of which nothing arrives never has a delivered message, and is stopped all the same.
    assert find_reason([test], counts(0, failed=100)) is not None


def test_a_share_is_exact() -> None:
    test = StopTest(measure="opt-outs", above_percent=Decimal("0.3"), after_delivered=1)
    assert find_reason([test], counts(1000, opted_out=3)) is None
    assert find_reason([test], counts(999, opted_out=3)) is not None


def test_a_minimum_count_is_enough_when_it_is_reached_and_not_before() -> None:
    test = StopTest(measure="opt-outs", above_percent=Decimal(1), after_delivered=300)
    assert find_reason([test], counts(299, opted_out=299)) is None
    assert find_reason([test], counts(300, opted_out=3)) is None
    assert find_reason([test], counts(300, opted_out=4)) == "4 opt-outs of 300 delivered (1.4%), above 1%"
