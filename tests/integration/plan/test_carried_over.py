"""A run whose windows are too short carries its rest over for days, as the plan foretold, and drops the end by name."""

from datetime import UTC, date, datetime

import pytest
from tests.carried_over import run_through
from tests.planning import planning_workspace
from tests.standing import standing_settings

from rulecast.config import Settings
from rulecast.values.clock import ManualClock

# Of ten people in a rolling day marketing leaves two to others.
TEN_A_DAY = "UPDATE account.portfolio SET people_per_day_max = 10"
ONE_A_SECOND = "UPDATE account.business_number SET throughput_per_second = 1"
MORNINGS = "once on day at 10:00..12:00 local time of the contact; carry over until 2026-11-30"
ONE_MINUTE = "once on day at 10:00..10:01 local time of the contact; carry over until 2026-11-18"


async def test_a_run_of_five_days_outlives_its_plan_as_foretold_f65(
    settings: Settings, clock: ManualClock
) -> None:
    """The plan can be launched for 72 hours; what it carries over until the 30th goes on."""
    async with planning_workspace(standing_settings(settings), clock) as workspace:
        found = await run_through(workspace, MORNINGS, people=38, limit=TEN_A_DAY)
    assert len(found.sent) == 38
    assert found.days == {date(2026, 11, day) for day in range(18, 23)}
    assert {at.hour for at in found.sent} <= {10, 11}
    assert found.sent[-1] > found.plan.expires_at
    assert (found.rest.count("waits"), found.rest.count("dropped")) == (0, 0)
    assert found.plan.document["calendar"]["messages_too_late"] == 0
    assert found.share_of_foretold == pytest.approx(1, abs=0.05)
    assert datetime.fromisoformat(found.plan.document["sends_until"]) == datetime(2026, 12, 1, tzinfo=UTC)


async def test_what_the_last_window_leaves_over_is_dropped_and_named_f65(
    settings: Settings, clock: ManualClock
) -> None:
    async with planning_workspace(standing_settings(settings), clock) as workspace:
        found = await run_through(workspace, ONE_MINUTE, people=70, limit=ONE_A_SECOND)
    dropped = found.rest.count("dropped")
    assert (found.days, found.rest.count("waits")) == ({date(2026, 11, 18)}, 0)
    assert dropped == 70 - len(found.sent) > 0
    assert {(one.state, one.reason) for one in found.rest.people} == {("expired", "outside_window")}
    assert {one.contact_id for one in found.rest.people} < found.contact_ids
    assert len(found.rest.people) == dropped
    assert found.plan.document["calendar"]["messages_too_late"] == pytest.approx(dropped, abs=3)
