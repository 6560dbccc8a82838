"""The plan's calendar beside the sender it foretells: the same limits, run ahead and run for real.

The clock stands while anything is on its way and jumps to the next message that is due, so that days take seconds.
"""

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta

import pytest
from tests.sending import START, launch, prepare_number, prepare_people, states
from tests.standing import Peer, send_all, standing_settings

from rulecast.config import Settings
from rulecast.database import execute, fetch_value
from rulecast.plan import Start, forecast
from rulecast.plan.calendar import NEW_TEMPLATE, PORTFOLIO, Calendar, Limits, RollingLimit
from rulecast.values.clock import ManualClock
from rulecast.wiring.workspace import Workspace, open_workspace

BEGIN = START - timedelta(hours=8)
FAR = timedelta(days=20)


@pytest.fixture
async def standing(settings: Settings) -> AsyncIterator[Workspace]:
    """A workspace whose clock stands until somebody waits."""
    async with open_workspace(standing_settings(settings), actor="test", clock=ManualClock(BEGIN)) as opened:
        yield opened


async def seconds_taken(workspace: Workspace, count: int, per_second: int, policy: str) -> float:
    """Send to so many people and return how long the last one waited, in seconds of the clock."""
    async with workspace.database.transaction() as connection:
        await prepare_number(connection, per_second=per_second, people_max=50)
        await execute(
            connection, "UPDATE public.workspace SET sending_policy = %(policy)s", {"policy": policy}
        )
        if "portfolio" not in policy:
            await execute(connection, "UPDATE account.portfolio SET people_per_day_max = NULL")
        people = await prepare_people(workspace, connection, count)
        # People of the world: nobody's quiet hours are what is compared here.
        run = await launch(workspace, connection, people, send_until=BEGIN + FAR)
        await execute(connection, "UPDATE plan.plan SET expires_at = created_at + interval '20 days'")
    await send_all(workspace, Peer(expected=count))
    assert await states(workspace, run.run_id) == {"accepted": count}
    async with workspace.database.connection() as connection:
        last = await fetch_value(
            connection, "SELECT max(granted_at) FROM gate.permit WHERE released_at IS NULL"
        )
    return float((last - BEGIN).total_seconds())


def foretold(count: int, limits: Limits) -> Calendar:
    starts: Sequence[Start] = [Start(send_from=BEGIN, send_until=BEGIN + FAR, batch=0, messages=count)]
    found = forecast(starts, limits, evaluated_at=BEGIN)
    assert found is not None
    return found


ALWAYS = '"quiet_hours": {"start": "00:00", "end": "00:01"}'


@pytest.mark.parametrize(
    ("count", "per_second", "policy", "limits", "binding"),
    [
        (120, 20, "", Limits(per_second=20), "throughput"),
        (
            90,
            80,
            ', "template_ramp": [10, 30]',
            Limits(per_second=80, template_batches=(10, 30)),
            NEW_TEMPLATE,
        ),
        (
            100,
            80,
            ', "portfolio_percent": 100',
            # A fifth of fifty is left to others.
            Limits(per_second=80, rolling=(RollingLimit(name=PORTFOLIO, people_max=40),)),
            PORTFOLIO,
        ),
    ],
)
async def test_the_calendar_is_right_within_a_few_per_cent(
    standing: Workspace, count: int, per_second: int, policy: str, limits: Limits, binding: str
) -> None:
    calendar = foretold(count, limits)
    assert calendar.binding_limit == binding
    expected = (calendar.finishes_at - BEGIN).total_seconds()
    taken = await seconds_taken(standing, count, per_second, "{" + ALWAYS + policy + "}")
    assert taken == pytest.approx(expected, rel=0.05)
