"""The canonical text of conditions: one way to write each, so that formatting twice changes nothing."""

from rulecast.rule.language import condition as c
from rulecast.rule.language.format_values import (
    format_amount,
    format_decimal,
    format_duration,
    format_scalar,
    format_unit,
    quoted,
)

__all__ = [
    "format_condition",
    "format_decimal",
    "format_duration",
    "format_expression",
    "format_pattern",
    "format_scalar",
    "format_window",
    "quoted",
]

WORKING_DAYS = tuple(c.Weekday)[:5]
BIRTHDAY = "birth_date"
# What binds closer has the higher number; a bracket is needed around anything looser.
BINDING = {"+": 1, "-": 1, "*": 2, "/": 2}


def format_condition(condition: c.Condition, *, inside_and: bool = False) -> str:  # noqa: PLR0911 - one return per kind of node
    """Return a condition on one line, with only the brackets it needs."""
    match condition:
        case c.Or():
            text = " or ".join(
                format_condition(part, inside_and=isinstance(part, c.Or)) for part in condition.parts
            )
            return f"({text})" if inside_and else text
        case c.And():
            parts = (
                f"({format_condition(part)})"
                if isinstance(part, c.And)
                else format_condition(part, inside_and=True)
                for part in condition.parts
            )
            return " and ".join(parts)
        case c.Not(part=c.OneOf() as listed):
            return f"{listed.field.name} not in {_listing(listed.values)}"
        case c.Not(part=c.LocalWeekday() as weekday):
            return f"local_weekday not in {_weekdays(weekday.days)}"
        case c.Not(part=c.And() | c.Or() as joined):
            return f"not ({format_condition(joined)})"
        case c.Not():
            return f"not {format_condition(condition.part, inside_and=True)}"
        case c.Did() | c.DidInPeriods() | c.DidThen():
            return _done(condition)
        case c.Measure() | c.EdgeEvent() | c.Gap() | c.PerKey() | c.SilentFor():
            return _event_atom(condition)
        case (
            c.HasTag()
            | c.HasLabel()
            | c.InSegment()
            | c.ConsentGranted()
            | c.LocalTime()
            | c.LocalWeekday()
            | c.Bucket()
            | c.Everybody()
        ):
            return _person_atom(condition)
        case _:
            return _field_atom(condition)


def _listing(values: tuple[c.Constant, ...]) -> str:
    return f"({', '.join(format_scalar(value.value) for value in values)})"


def _field_atom(atom: c.FieldAtom) -> str:  # noqa: C901, PLR0911 - one case per kind of node
    name = atom.field.name
    match atom:
        case c.Comparison():
            return f"{name} {atom.operator} {format_scalar(atom.value.value)}"
        case c.Between():
            return f"{name} between {format_scalar(atom.low.value)} and {format_scalar(atom.high.value)}"
        case c.OneOf():
            return f"{name} in {_listing(atom.values)}"
        case c.Contains(mode="one"):
            return f"{name} contains {format_scalar(atom.values[0].value)}"
        case c.Contains():
            return f"{name} contains {atom.mode} of {_listing(atom.values)}"
        case c.StartsWith():
            return f"{name} starts with {format_scalar(atom.prefix.value)}"
        case c.Matches():
            return f"{name} matches {format_scalar(atom.pattern.value)}"
        case c.Presence():
            return f"{name} is {'set' if atom.is_set else 'missing'}"
        case c.Ago():
            return f"{name} {atom.direction} {format_duration(atom.duration)} ago"
        case c.FieldWindow():
            return f"{name} in {atom.direction} {format_duration(atom.duration)}"
        case c.Anniversary():
            what = "birthday" if name == BIRTHDAY else f"anniversary of {name}"
            return f"{what} in next {atom.days} {format_unit(atom.days, 'days')}"
        case c.Near():
            return f"{name} within {format_amount(atom.amount)} {atom.unit} of {_point(atom)}"


def _point(atom: c.Near) -> str:
    if atom.place_name is not None:
        return f"place {quoted(atom.place_name)}"
    if atom.latitude is None or atom.longitude is None:
        raise ValueError("a distance is measured from a place or from coordinates")
    return f"{format_amount(atom.latitude)}, {format_amount(atom.longitude)}"


def _person_atom(atom: c.PersonAtom) -> str:  # noqa: PLR0911 - one case per kind of node
    match atom:
        case c.HasTag():
            return f"tag {quoted(atom.tag)}"
        case c.HasLabel():
            value = f" is {quoted(atom.value)}" if atom.value is not None else ""
            return f"label {quoted(atom.label)}{value}"
        case c.InSegment():
            return f"in segment {quoted(atom.name)}"
        case c.LocalTime():
            return f"local_time between {atom.start:%H:%M} and {atom.end:%H:%M}"
        case c.LocalWeekday():
            return f"local_weekday in {_weekdays(atom.days)}"
        case c.Bucket():
            return f"bucket({quoted(atom.salt)}) < {atom.below}"
        case c.Everybody():
            return "everybody"
        case c.ConsentGranted():
            age = (
                f" {atom.direction} {format_duration(atom.duration)} ago" if atom.duration is not None else ""
            )
            return f"consent {atom.purpose} granted{age}"


def _weekdays(days: tuple[c.Weekday, ...]) -> str:
    return "weekdays" if days == WORKING_DAYS else f"({', '.join(days)})"


# ---- events
def _done(atom: c.Did | c.DidInPeriods | c.DidThen) -> str:
    match atom:
        case c.Did():
            return f"{_did(atom)} {format_pattern(atom.pattern)}{_times(atom)}{format_window(atom.window)}"
        case c.DidInPeriods():
            periods = f"in at least {atom.minimum} distinct {format_unit(atom.minimum, atom.unit)}"
            zone = f" of zone {quoted(atom.named_zone)}" if atom.named_zone is not None else ""
            return f"{_did(atom)} {format_pattern(atom.pattern)} {periods}{zone}{format_window(atom.window)}"
        case c.DidThen():
            did = "did first" if atom.first_only else "did"
            then = "then not" if atom.then_not else "then"
            same = f" for the same {', '.join(atom.same)}" if atom.same else ""
            return (
                f"{did} {format_pattern(atom.first)} {then} {format_pattern(atom.second)} "
                f"within {format_duration(atom.within)}{same}{format_window(atom.window)}"
            )


def _did(atom: c.Did | c.DidInPeriods) -> str:
    return "did not" if atom.negated else "did"


def _times(atom: c.Did) -> str:
    match (atom.minimum, atom.maximum):
        case (1, None):
            return ""
        case (minimum, None):
            return f" at least {minimum} times"
        case (0, maximum):
            return f" at most {maximum} times"
        case (minimum, maximum) if minimum == maximum:
            return f" exactly {maximum} times"
        case _:
            raise ValueError("a count is at least, at most, or exactly a number")


def _event_atom(atom: c.Measure | c.EdgeEvent | c.Gap | c.PerKey | c.SilentFor) -> str:
    match atom:
        case c.Measure():
            return f"{format_expression(atom.left)} {atom.operator} {format_expression(atom.right)}"
        case c.EdgeEvent():
            event = f"{atom.which} {format_pattern(atom.pattern)}{format_window(atom.window)}"
            return f"{event} has ({format_condition(atom.has)})"
        case c.Gap():
            event = f"{format_pattern(atom.pattern)}{format_window(atom.window)}"
            return f"{atom.which} gap between {event} {atom.operator} {format_duration(atom.duration)}"
        case c.PerKey():
            return f"for some {', '.join(atom.keys)} ({format_condition(atom.condition)})"
        case c.SilentFor():
            return f"silent for {format_duration(atom.duration)}"


def format_pattern(pattern: c.EventPattern) -> str:
    """Return an event with its `where`."""
    return f"{pattern.event}{_where(pattern.where)}"


def _where(condition: c.Condition | None) -> str:
    return "" if condition is None else f" where ({format_condition(condition)})"


def format_window(window: c.Window | None) -> str:  # noqa: PLR0911 - one return per kind of window
    """Return a window with a space before it, or nothing."""
    match window:
        case None:
            return ""
        case c.LastWindow():
            return f" in last {format_duration(window.duration)}"
        case c.CalendarWindow():
            return f" in last {window.amount} calendar {format_unit(window.amount, window.unit)}"
        case c.DayWindow():
            return f" on {format_scalar(window.day.value)}"
        case c.AbsoluteWindow():
            return f" between {format_scalar(window.start.value)} and {format_scalar(window.end.value)}"
        case c.AgoWindow():
            if window.start.unit != window.end.unit:
                raise ValueError("both ends of a window are counted in one unit")
            return f" between {window.start.amount} and {window.end.amount} {window.start.unit} ago"
        case c.BeforeWindow():
            return f" before {format_duration(window.duration)} ago"
        case c.FirstWindow():
            anchor = f" {format_pattern(window.anchor)}" if window.anchor is not None else ""
            return f" within {format_duration(window.duration)} of the first{anchor}"


# ---- calculations
def format_expression(expression: c.Expression) -> str:
    """Return a calculation with only the brackets it needs."""
    match expression:
        case c.Constant():
            return format_scalar(expression.value)
        case c.Field():
            return expression.name
        case c.Aggregate():
            name = f".{expression.property.name}" if expression.property is not None else ""
            call = f"{expression.kind}({expression.pattern.event}{name})"
            return f"{call}{_where(expression.pattern.where)}{format_window(expression.window)}"
        case c.Arithmetic():
            binding = BINDING[expression.operator]
            left = _operand(expression.left, binding)
            right = _operand(expression.right, binding + 1)
            return f"{left} {expression.operator} {right}"


def _operand(expression: c.Expression, binding: int) -> str:
    text = format_expression(expression)
    looser = isinstance(expression, c.Arithmetic) and BINDING[expression.operator] < binding
    return f"({text})" if looser else text
