"""Every minute of two days around every change of every clock until 2037 (P9, F59)."""

import pytest

from tests.unit.policy.quiet_transitions import different_zones, violations

MINUTES = range(-24 * 60, 24 * 60 + 1)

pytestmark = [pytest.mark.soak, pytest.mark.timeout(3600)]


@pytest.mark.parametrize("zone", different_zones())
def test_no_minute_around_a_change_is_allowed_while_the_wall_shows_a_quiet_one(zone: str) -> None:
    looked, wrong = violations(zone, MINUTES)
    print(f"{zone}: {looked:,} minutes, {len(wrong)} violations")
    assert wrong == []
