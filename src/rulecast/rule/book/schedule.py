"""When a recurring rule runs: once for each local day on which its window opens, shortly before it opens first.

A run belongs to a date, not to an instant: the day's window opens at another instant in each zone. The run is planned
`LEAD` before the first of these instants over the zones of the contacts, and each person is written to in the window
of that date where they live. So nobody's window has passed when the plan is made, and nobody is in two runs of a day.
"""

from calendar import monthrange
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Literal

from rulecast.rule.language.condition import Weekday
from rulecast.rule.language.document import Schedule, Validity
from rulecast.values.zone_offsets import local_time, utc_of_local

LEAD = timedelta(minutes=15)
"""Between planning and the first window: longer than a plan over ten million people takes, short enough that facts
are fresh; the gate evaluates the condition again only for plans older than an hour."""
LOOK_BACK_DAYS = 31
"""Runs missed longer ago than a month are not listed one by one."""
DAYS_REMEMBERED = 8_192
"""A month of some hundred different windows: a day over four hundred zones takes a millisecond to find."""
LOOK_AHEAD_DAYS = 400
"""A day of a month comes back within a year and a month, the 29th of February aside."""
_WEEKDAYS = tuple(Weekday)


@dataclass(frozen=True, slots=True, kw_only=True)
class DueRun:
    """A local day and its instants over all zones: when its run is planned and when its last window closes."""

    day: date
    due_at: datetime
    closes_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What to do with a day that is due: run it, or say why not."""

    run: DueRun
    verdict: Literal["run", "missed", "not_valid"]


def is_run_day(schedule: Schedule, day: date) -> bool:
    """Return whether a window of the schedule opens on a date; 31 is the last day of shorter months."""
    if schedule.month_days:
        last = monthrange(day.year, day.month)[1]
        return any(min(wanted, last) == day.day for wanted in schedule.month_days)
    return _WEEKDAYS[day.weekday()] in schedule.days


def is_valid_on(validity: Validity | None, day: date) -> bool:
    """Return whether a rule may run on a date; the last day of its validity is included."""
    if validity is None:
        return True
    return (validity.start is None or validity.start <= day) and (validity.end is None or day <= validity.end)


def run_of_day(schedule: Schedule, day: date, zones: Sequence[str]) -> DueRun:
    """Return the instants of a date over zones; a window over midnight closes on the day after."""
    return _window_of_day(schedule.start, schedule.end, day, tuple(zones))


def decide_runs(
    schedule: Schedule,
    validity: Validity | None,
    *,
    zones: Sequence[str],
    since: datetime,
    done: Iterable[date],
    now: datetime,
) -> list[Decision]:
    """Return what to do with every due day that has not been dealt with, the oldest first.

    At most the latest day runs, and only while its window is open somewhere; days before it were missed. Days whose
    last window had closed at `since` (the activation) are nobody's. `done` holds the days that are recorded.
    """
    dealt_with = frozenset(done)
    due = [
        run
        for day in _days_back(now, zones)
        if is_run_day(schedule, day) and day not in dealt_with
        for run in (run_of_day(schedule, day, zones),)
        if run.due_at <= now and run.closes_at > since
    ]
    newest = max([*dealt_with, *(run.day for run in due)], default=None)
    return [
        Decision(run=run, verdict=_verdict(run, validity, is_newest=run.day == newest, now=now))
        for run in due
    ]


def next_due(
    schedule: Schedule,
    validity: Validity | None,
    *,
    zones: Sequence[str],
    done: Iterable[date],
    now: datetime,
) -> DueRun | None:
    """Return the first run from now on that is not recorded yet; None where there is none within 400 days."""
    dealt_with = frozenset(done)
    first = min(local_time(zone, now).date() for zone in zones) - timedelta(days=1)
    for offset in range(LOOK_AHEAD_DAYS):
        day = first + timedelta(days=offset)
        if day in dealt_with or not is_run_day(schedule, day) or not is_valid_on(validity, day):
            continue
        run = run_of_day(schedule, day, zones)
        if run.closes_at > now:
            return run
    return None


@lru_cache(maxsize=DAYS_REMEMBERED)
def _window_of_day(start: time, end: time, day: date, zones: tuple[str, ...]) -> DueRun:
    end_day = day if start < end else day + timedelta(days=1)
    return DueRun(
        day=day,
        due_at=min(utc_of_local(zone, day, start) for zone in zones) - LEAD,
        closes_at=max(utc_of_local(zone, end_day, end) for zone in zones),
    )


def _verdict(
    run: DueRun, validity: Validity | None, *, is_newest: bool, now: datetime
) -> Literal["run", "missed", "not_valid"]:
    if not is_valid_on(validity, run.day):
        return "not_valid"
    return "run" if is_newest and now < run.closes_at else "missed"


def _days_back(now: datetime, zones: Sequence[str]) -> Iterator[date]:
    # A window of tomorrow, as the westernmost zone counts, may already be near in the easternmost.
    newest = max(local_time(zone, now + LEAD).date() for zone in zones)
    for back in range(LOOK_BACK_DAYS, -1, -1):
        yield newest - timedelta(days=back)
