"""Walking from wake-up to wake-up finds every change that a watch on every minute finds, also when clocks change."""

import os
import random
from datetime import timedelta

import pytest
from tests.generative.time_world import MINUTE, ZONE_YEARS, case_of, change_stretches, walked, watched

from rulecast.rule.engine import PersonFacts
from rulecast.rule.engine.instants import period_start
from rulecast.rule.engine.reference_events import in_window
from rulecast.rule.language import condition as c
from rulecast.values.zone_offsets import local_time

# RULECAST_TEST_WAKE_UP_CASES asks for more; `make soak` watches whole years.
CASES = int(os.environ.get("RULECAST_TEST_WAKE_UP_CASES", "3"))


@pytest.mark.parametrize(("zone", "year"), ZONE_YEARS)
def test_every_minute_around_a_change_of_clocks_has_the_truth_of_the_last_wake_up(
    zone: str, year: int
) -> None:
    changes = 0
    for start, end in change_stretches(zone, year):
        for seed in range(CASES):
            case = case_of(seed, zone, start, end)
            expected = watched(case)
            found, wakes, in_vain = walked(case)
            assert found == expected, f"seed {seed} from {start}: {case.condition}"
            assert in_vain == 0, (
                f"seed {seed} from {start}: woken {in_vain} times in vain for {case.condition}"
            )
            changes += wakes
    assert changes, "the cases of this zone prove nothing: no truth changed"


@pytest.mark.parametrize(("zone", "year"), ZONE_YEARS)
def test_a_calendar_window_holds_what_bears_its_local_dates(zone: str, year: int) -> None:
    chance = random.Random(zone)
    who = PersonFacts(contact_id=1, zone=zone)
    for start, end in change_stretches(zone, year):
        minutes = int((end - start) / MINUTE)
        for _ in range(300):
            now = start + chance.randrange(minutes) * MINUTE
            at = now - timedelta(minutes=chance.choice((15, 60, 24 * 60, 50 * 60))) * chance.random() * 2
            unit: c.PeriodUnit = chance.choice(("days", "days", "weeks", "months"))
            window = c.CalendarWindow(amount=chance.choice((1, 2)), unit=unit)
            first_day = period_start(local_time(zone, now).date(), unit, window.amount - 1)
            inside = in_window(c.EventPattern(event="purchase"), window, who, now)
            assert inside(at) is (local_time(zone, at).date() >= first_day), (at, now, window)
