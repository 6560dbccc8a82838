"""Windows: exact instants of their ends, nothing empty, and nothing older than events are kept."""

from dataclasses import replace
from datetime import date, datetime, timedelta

from rulecast.rule.language import condition as c
from rulecast.rule.language.check_fields import check_pattern, check_range
from rulecast.rule.language.constants import YEAR_MAX, YEAR_MIN
from rulecast.rule.language.limits import DURATION_DAYS_MAX
from rulecast.rule.language.problem import BEYOND_RETENTION, EMPTY_RANGE, OUT_OF_LIMITS, WINDOW_NEEDED
from rulecast.rule.language.scope import Scope
from rulecast.values.catalogue import EventDefinition
from rulecast.values.zone_offsets import utc_of_local

# A calendar day lasts up to 25 hours where clocks go back.
CLOCK_CHANGE = timedelta(hours=1)
ALWAYS = timedelta.max
LONGEST_MONTHS = (31, 31, 30, 31, 30, 31, 31, 29, 31, 30, 31, 30)


def check_window(window: c.Window | None, event: str, span: c.Span, scope: Scope) -> c.Window | None:
    """Return the window of an event with exact instants; what cannot be answered becomes a problem."""
    window = _exact(window, scope)
    check_retention(event, window, span, scope)
    if isinstance(window, c.FirstWindow) and window.anchor is not None:
        check_retention(window.anchor.event, window, span, scope)
    return window


def _exact(window: c.Window | None, scope: Scope) -> c.Window | None:
    match window:
        case c.AbsoluteWindow():
            start, end = _edge(window.start, scope), _edge(window.end, scope)
            if isinstance(start.value, datetime) and isinstance(end.value, datetime):
                check_range(start, end, scope, half_open=True)
            return c.AbsoluteWindow(start=start, end=end)
        case c.DayWindow():
            return _day(window, scope)
        case c.AgoWindow():
            if window.start.length <= window.end.length:
                scope.report(
                    EMPTY_RANGE,
                    f"Nothing lies between {window.start.amount} and {window.end.amount} {window.start.unit} ago.",
                    window.start.span,
                    f"the earlier end stands first: between {window.end.amount} and {window.start.amount} "
                    f"{window.start.unit} ago",
                )
            return window
        case c.CalendarWindow():
            if calendar_days(window) > DURATION_DAYS_MAX:
                scope.report(
                    OUT_OF_LIMITS, f"A window reaches back at most {DURATION_DAYS_MAX} days.", window.span
                )
            return replace(window, zone=scope.catalogue.default_zone)
        case c.FirstWindow():
            anchor = check_pattern(window.anchor, scope) if window.anchor is not None else None
            return replace(window, anchor=anchor)
        case _:
            return window


def _day(window: c.DayWindow, scope: Scope) -> c.DayWindow:
    day = window.day.value
    if not isinstance(day, date) or not _is_usable(window.day, scope):
        return window
    zone = scope.catalogue.default_zone
    return replace(window, start=utc_of_local(zone, day), end=utc_of_local(zone, day + timedelta(days=1)))


def _is_usable(constant: c.Constant, scope: Scope) -> bool:
    """Return whether a date lies in the years in which rules make sense; another one is reported."""
    value = constant.value
    usable = not isinstance(value, date) or YEAR_MIN <= value.year <= YEAR_MAX
    if not usable:
        scope.report(OUT_OF_LIMITS, "The year is a typing mistake.", constant.span)
    return usable


def _edge(constant: c.Constant, scope: Scope) -> c.Constant:
    if not _is_usable(constant, scope):
        return constant
    if isinstance(constant.value, date) and not isinstance(constant.value, datetime):
        return replace(constant, value=utc_of_local(scope.catalogue.default_zone, constant.value))
    return constant


def calendar_days(window: c.CalendarWindow) -> int:
    """Return how many days a calendar window holds at most."""
    match window.unit:
        case "days":
            return window.amount
        case "weeks":
            return 7 * window.amount
        case "months":
            years, months = divmod(window.amount, 12)
            return 366 * years + sum(LONGEST_MONTHS[:months])


# ---- retention
def check_retention(name: str, window: c.Window | None, span: c.Span, scope: Scope) -> None:
    """Report a window that reaches back beyond the time for which the event is kept."""
    event: EventDefinition | None = scope.catalogue.event(name)
    if event is None or event.retention_days is None:
        return
    if window is None:
        scope.report(
            WINDOW_NEEDED,
            f"The event {event.name} is kept for {event.retention_days} days.",
            span,
            hint=f"add: in last {event.retention_days} days",
        )
    elif looks_back(window, scope.now) > timedelta(days=event.retention_days):
        scope.report(
            BEYOND_RETENTION,
            f"The event {event.name} is kept for {event.retention_days} days only.",
            _span_of(window, span),
            hint=_shorter(window, event.retention_days),
        )


def _shorter(window: c.Window, days: int) -> str:
    match window:
        case c.BeforeWindow(duration=duration) if duration.length < timedelta(days=days):
            end = duration.length.days
            return f"at most: between {days} and {end} days ago"
        case c.CalendarWindow():
            return f"at most: in last {days - 1} calendar days"
        case _:
            return f"at most: in last {days} days"


def _span_of(window: c.Window, span: c.Span) -> c.Span:
    match window:
        case c.LastWindow() | c.BeforeWindow() | c.FirstWindow():
            return window.duration.span
        case c.AbsoluteWindow() | c.AgoWindow():
            return window.start.span
        case c.DayWindow():
            return window.day.span
        case c.CalendarWindow():
            return window.span
    return span


def looks_back(window: c.Window, now: datetime | None) -> timedelta:
    """Return how far back a window reaches; for fixed dates that can be told only with `now`."""
    match window:
        case c.LastWindow():
            return window.duration.length
        case c.AgoWindow():
            return window.start.length
        case c.CalendarWindow():
            return timedelta(days=calendar_days(window)) + CLOCK_CHANGE
        case c.BeforeWindow() | c.FirstWindow():
            return ALWAYS
        case c.DayWindow():
            return _since(window.start, now)
        case c.AbsoluteWindow():
            return _since(window.start.value, now)


def _since(start: object, now: datetime | None) -> timedelta:
    return now - start if now is not None and isinstance(start, datetime) else timedelta(0)
