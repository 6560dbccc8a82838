"""A number of one message a second, and a minute a day: five days of sending, as the plan foretold."""

from datetime import date

import pytest

from rulecast.config import Settings
from rulecast.values.clock import ManualClock
from tests.carried_over import run_through
from tests.planning import planning_workspace
from tests.standing import standing_settings

MINUTE_A_DAY = "once on day at 10:00..10:01 local time of the contact; carry over until 2026-11-30"

pytestmark = [pytest.mark.soak, pytest.mark.timeout(600)]


async def test_a_throughput_that_needs_five_windows_gets_them(settings: Settings, clock: ManualClock) -> None:
    async with planning_workspace(standing_settings(settings), clock) as workspace:
        found = await run_through(
            workspace,
            MINUTE_A_DAY,
            people=250,
            limit="UPDATE account.business_number SET throughput_per_second = 1",
        )
    assert len(found.sent) == 250
    assert found.days == {date(2026, 11, day) for day in range(18, 23)}
    assert {(at.hour, at.minute) for at in found.sent} == {(10, 0)}
    assert found.share_of_foretold == pytest.approx(1, abs=0.05)
    assert found.plan.document["calendar"]["binding_limit"] == "quiet hours or sending window"
