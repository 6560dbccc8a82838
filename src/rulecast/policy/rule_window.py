"""The sending window a rule's schedule means."""

from rulecast.policy.local_time import SendingWindow
from rulecast.rule.language.document import Schedule, Weekday

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
