"""Walking from wake-up to wake-up finds every change that a watch on every minute finds, also when clocks change."""

import os

import pytest
from tests.generative.time_world import ZONE_YEARS, case_of, change_stretches, walked, watched

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
