"""Events, windows and calculations in plain words; conditions inside are described by the caller's function."""

from collections.abc import Callable
from decimal import Decimal
from typing import TypeAlias

from rulecast.rule.language import condition as c
from rulecast.rule.language.format_values import format_amount, format_duration, format_scalar, format_unit

Describe: TypeAlias = Callable[[c.Condition], str]

OPERATIONS = {"+": "plus", "-": "minus", "*": "times", "/": "divided by"}
BINDING = {"+": 1, "-": 1, "*": 2, "/": 2}
KINDS = {
    "sum": "the sum of",
    "average": "the average",
    "smallest": "the smallest",
    "largest": "the largest",
    "distinct": "how many different values of",
}


def describe_pattern(pattern: c.EventPattern, describe: Describe) -> str:
    """Return an event in words."""
    where = f" where {describe(pattern.where)}" if pattern.where is not None else ""
    return f"the event {pattern.event}{where}"


def describe_window(window: c.Window | None, describe: Describe) -> str:  # noqa: PLR0911 - one return per kind of window
    """Return a window in words, with a space before it, or nothing."""
    match window:
        case None:
            return ""
        case c.LastWindow():
            return f" in the last {format_duration(window.duration)}"
        case c.CalendarWindow():
            return f" in {_current(window)}"
        case c.DayWindow():
            return f" on {format_scalar(window.day.value)}"
        case c.AbsoluteWindow():
            start, end = format_scalar(window.start.value), format_scalar(window.end.value)
            return f" from {start} until before {end}"
        case c.AgoWindow():
            return f" from {format_duration(window.start)} ago until {format_duration(window.end)} ago"
        case c.BeforeWindow():
            return f" more than {format_duration(window.duration)} ago"
        case c.FirstWindow():
            anchor = describe_pattern(window.anchor, describe) if window.anchor is not None else "it"
            return f" in the {format_duration(window.duration)} from the first time of {anchor} on"


def _current(window: c.CalendarWindow) -> str:
    """Name the current day (week, month) of the contact and those before it."""
    current = {"days": "the current day", "weeks": "the current week", "months": "the current month"}[
        window.unit
    ]
    if window.amount == 1:
        return current
    before = window.amount - 1
    count = "" if before == 1 else f"{before} "
    return f"{current} or the {count}{format_unit(before, window.unit)} before"


def describe_expression(expression: c.Expression, describe: Describe) -> str:
    """Return a calculation in words."""
    match expression:
        case c.Constant():
            value = expression.value
            return format_amount(value) if isinstance(value, Decimal) else format_scalar(value)
        case c.Field():
            return expression.name
        case c.Aggregate():
            event = f"{describe_pattern(expression.pattern, describe)}{describe_window(expression.window, describe)}"
            if expression.property is None:
                return f"how often they had {event}"
            return f"{KINDS[expression.kind]} {expression.property.name} over {event}"
        case c.Arithmetic():
            binding = BINDING[expression.operator]
            left = _operand(expression.left, binding, describe)
            right = _operand(expression.right, binding + 1, describe)
            return f"{left} {OPERATIONS[expression.operator]} {right}"


def _operand(expression: c.Expression, binding: int, describe: Describe) -> str:
    text = describe_expression(expression, describe)
    looser = isinstance(expression, c.Arithmetic) and BINDING[expression.operator] < binding
    return f"({text})" if looser else text
