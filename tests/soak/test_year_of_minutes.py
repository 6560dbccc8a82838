"""Every minute of a year in twenty zones; `python -m tests.soak.year_of_minutes --seed N` takes another seed."""

import os

import pytest

from tests.generative.time_world import ZONE_YEARS
from tests.soak.year_of_minutes import watch_year

SEED = int(os.environ.get("SEED", "1"))

pytestmark = [pytest.mark.soak, pytest.mark.timeout(900)]


@pytest.mark.parametrize(("zone", "year"), ZONE_YEARS)
def test_a_year_of_minutes_has_the_truth_of_the_last_wake_up(zone: str, year: int) -> None:
    outcome = watch_year(zone, year, SEED)
    print(outcome.line())
    assert outcome.first_difference is None
