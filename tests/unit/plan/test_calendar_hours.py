"""The calendar of messages that have hours of their own: what a window leaves over waits for the next one."""

from datetime import UTC, date, datetime, timedelta

import pytest

from rulecast.account.pacing import sending_seconds
from rulecast.plan import Start, forecast
from rulecast.plan.calendar import Limits
from rulecast.plan.hours import OpenHours
from rulecast.policy import local_clock
from rulecast.policy.local_time import QuietHours, SendingWindow

NIGHT = QuietHours(start_minute=21 * 60, end_minute=9 * 60)
TEN = datetime(2026, 11, 18, 10, tzinfo=UTC)
HOUR = 3600 / sending_seconds(1, 1)
EVERY_DAY = frozenset(range(7))


def hours(
    zone: str, *, first: int | None = None, last: int = 0, weekdays: frozenset[int] = EVERY_DAY
) -> OpenHours:
    window = (
        None
        if first is None
        else SendingWindow(weekdays=weekdays, start_minute=first * 60, end_minute=last * 60)
    )
    return OpenHours(local_clock(zone, "", workspace_zone="UTC"), NIGHT, window)


def start(messages: float, where: OpenHours, *, days: float = 80, at: datetime = TEN) -> Start:
    return Start(
        send_from=at, send_until=at + timedelta(days=days), batch=0, messages=round(messages), hours=where
    )


@pytest.mark.parametrize(
    ("starts", "finishes_at", "late"),
    [
        # Two and a half windows of an hour: half past ten of the third day.
        ([start(2.5 * HOUR, hours("UTC", first=10, last=11))], TEN + timedelta(days=2, minutes=30), 0),
        # Carried over for a day and a half: the third window is too late.
        (
            [start(2.5 * HOUR, hours("UTC", first=10, last=11), days=1.5)],
            TEN + timedelta(days=1, hours=1),
            0.5,
        ),
        # No window but quiet hours: eleven hours on the first day, the night, one on the next.
        ([start(12 * HOUR, hours("UTC"))], TEN + timedelta(hours=24), 0),
        # Where clocks are an hour ahead the same hours are over when they begin here: one after the other.
        (
            [
                start(0.9 * HOUR, hours("Europe/Paris", first=11, last=12)),
                start(0.9 * HOUR, hours("UTC", first=11, last=12)),
            ],
            TEN + timedelta(hours=1, minutes=54),
            0,
        ),
        # Only on Mondays: the 18th is a Wednesday.
        (
            [start(1.5 * HOUR, hours("UTC", first=10, last=11, weekdays=frozenset({0})))],
            TEN + timedelta(days=12, minutes=30),
            0,
        ),
    ],
)
def test_the_calendar_goes_on_in_the_next_window(
    starts: list[Start], finishes_at: datetime, late: float
) -> None:
    found = forecast(starts, Limits(per_second=1), evaluated_at=TEN)
    assert found is not None
    assert found.finishes_at - finishes_at == pytest.approx(timedelta(), abs=timedelta(seconds=5))
    assert found.messages_too_late == pytest.approx(late * HOUR, abs=5)


@pytest.mark.parametrize(("days", "late"), [(80, 0), (13, 1.5)])
def test_the_calendar_goes_on_behind_a_closed_day(days: int, late: float) -> None:
    """Of the Mondays the 23rd is closed: as at the gate, the first window is that of the 30th."""
    window = SendingWindow(
        weekdays=frozenset({0}),
        start_minute=10 * 60,
        end_minute=11 * 60,
        closed_days=frozenset({date(2026, 11, 23)}),
    )
    where = OpenHours(local_clock("UTC", "", workspace_zone="UTC"), NIGHT, window)
    made_at = TEN - timedelta(days=1)
    found = forecast(
        [start(1.5 * HOUR, where, days=days, at=made_at)], Limits(per_second=1), evaluated_at=made_at
    )
    assert found is not None
    assert found.messages_too_late == pytest.approx(late * HOUR, abs=5)
    if not late:
        assert found.finishes_at - TEN == pytest.approx(
            timedelta(days=19, minutes=30), abs=timedelta(seconds=5)
        )
    span = where.span_from(TEN)
    assert span is not None
    assert span[0] == datetime(2026, 11, 30, 10, tzinfo=UTC)


def test_hours_bind_where_they_take_longer_than_the_throughput() -> None:
    found = forecast(
        [start(2.5 * HOUR, hours("UTC", first=10, last=11))], Limits(per_second=1), evaluated_at=TEN
    )
    whole = forecast([start(2.5 * HOUR, hours("UTC"))], Limits(per_second=1), evaluated_at=TEN)
    assert found is not None
    assert whole is not None
    assert (found.binding_limit, whole.binding_limit) == ("quiet hours or sending window", "throughput")
