"""The sending window a rule's schedule means, and the instants between which the rule holds."""

from dataclasses import replace
from datetime import date, datetime, timedelta

from rulecast.policy.closed_days import closed_days
from rulecast.policy.local_time import SendingWindow
from rulecast.rule.language.condition import Weekday
from rulecast.rule.language.document import Schedule, Validity
from rulecast.values.zone_offsets import utc_of_local

WEEKDAY_NUMBERS = {weekday: number for number, weekday in enumerate(Weekday)}


def sending_window(schedule: Schedule | None) -> SendingWindow | None:
    """Return the window of a schedule in local minutes; a rule without a schedule has none."""
    if schedule is None:
        return None
    start_minute = schedule.start.hour * 60 + schedule.start.minute
    end_minute = schedule.end.hour * 60 + schedule.end.minute
    return SendingWindow(
        weekdays=frozenset(WEEKDAY_NUMBERS[day] for day in schedule.days),
        start_minute=start_minute,
        # `..00:00` means the end of the day; minutes of a day run from 0 to 1440.
        end_minute=end_minute or 24 * 60,
    )


def window_of_person(
    window: SendingWindow | None,
    *,
    skips_holidays: bool,
    country: str,
    zone: str,
    workspace_zone: str,
    at: datetime,
) -> SendingWindow | None:
    """Return a rule's window as it is for one person: closed on public holidays where they are, if the rule asks."""
    if window is None or not skips_holidays:
        return window
    return replace(window, closed_days=closed_days(country, zone, workspace_zone=workspace_zone, at=at))


def validity_span(
    validity: Validity | None, *, workspace_zone: str
) -> tuple[datetime | None, datetime | None]:
    """Return from when on and before when a rule holds; None is open."""
    if validity is None:
        return None, None
    start, end = validity.start, validity.end
    return (
        None if start is None else utc_of_local(workspace_zone, start),
        None if end is None or end == date.max else utc_of_local(workspace_zone, end + timedelta(days=1)),
    )
