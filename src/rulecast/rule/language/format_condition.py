"""The canonical text of conditions: one way to write each, so that formatting twice changes nothing."""

from datetime import UTC, date, datetime
from decimal import Decimal

from rulecast.rule.language import condition as c


def format_scalar(value: c.Scalar) -> str:
    """Return a value as a rule writes it."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return quoted(value)
        case datetime():
            moment = value.astimezone(UTC)
            return moment.strftime("%Y-%m-%dT%H:%M:%SZ" if moment.second else "%Y-%m-%dT%H:%MZ")
        case date():
            return value.isoformat()
        case Decimal():
            return format_decimal(value)
        case int():
            return str(value)


def quoted(text: str) -> str:
    """Return a text in quotes."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def format_decimal(value: Decimal) -> str:
    """Return a decimal with a point and without needless zeros."""
    whole, _, digits = format(value, "f").partition(".")
    return f"{whole}.{digits.rstrip('0') or '0'}"


def format_duration(duration: c.Duration) -> str:
    """Return a duration with its unit in the right number."""
    unit = duration.unit[:-1] if duration.amount == 1 else duration.unit
    return f"{duration.amount} {unit}"


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
        case c.Not(part=c.And() | c.Or() as joined):
            return f"not ({format_condition(joined)})"
        case c.Not():
            return f"not {format_condition(condition.part, inside_and=True)}"
        case c.Did() | c.DidInPeriods() | c.DidThen() | c.SumOf() | c.SilentFor():
            return _event_atom(condition)
        case _:
            return _atom(condition)


def _listing(values: tuple[c.Constant, ...]) -> str:
    return f"({', '.join(format_scalar(value.value) for value in values)})"


def _atom(atom: c.FieldAtom | c.HasTag | c.ConsentGranted) -> str:  # noqa: C901, PLR0911 - one case per kind of node
    match atom:
        case c.Comparison():
            return f"{atom.field.name} {atom.operator} {format_scalar(atom.value.value)}"
        case c.Between():
            return f"{atom.field.name} between {format_scalar(atom.low.value)} and {format_scalar(atom.high.value)}"
        case c.OneOf():
            return f"{atom.field.name} in {_listing(atom.values)}"
        case c.Contains(mode="one"):
            return f"{atom.field.name} contains {format_scalar(atom.values[0].value)}"
        case c.Contains():
            return f"{atom.field.name} contains {atom.mode} of {_listing(atom.values)}"
        case c.StartsWith():
            return f"{atom.field.name} starts with {format_scalar(atom.prefix.value)}"
        case c.Presence():
            return f"{atom.field.name} is {'set' if atom.is_set else 'missing'}"
        case c.Ago():
            return f"{atom.field.name} {atom.direction} {format_duration(atom.duration)} ago"
        case c.HasTag():
            return f"tag {quoted(atom.tag)}"
        case c.ConsentGranted():
            age = (
                f" {atom.direction} {format_duration(atom.duration)} ago" if atom.duration is not None else ""
            )
            return f"consent {atom.purpose} granted{age}"


def _event_atom(atom: c.EventAtom) -> str:
    match atom:
        case c.Did():
            times = "" if atom.minimum == 1 else f" at least {atom.minimum} times"
            return f"{_did(atom)} {format_pattern(atom.pattern)}{times}{_window(atom.window)}"
        case c.DidInPeriods():
            unit = atom.unit[:-1] if atom.minimum == 1 else atom.unit
            periods = f"in at least {atom.minimum} distinct {unit}"
            return f"{_did(atom)} {format_pattern(atom.pattern)} {periods}{_window(atom.window)}"
        case c.DidThen():
            then = "then not" if atom.then_not else "then"
            same = f" for the same {', '.join(atom.same)}" if atom.same else ""
            return (
                f"did {format_pattern(atom.first)} {then} {format_pattern(atom.second)} "
                f"within {format_duration(atom.within)}{same}{_window(atom.window)}"
            )
        case c.SumOf():
            where = _where(atom.pattern.where)
            return (
                f"sum({atom.pattern.event}.{atom.property.name}){where}{_window(atom.window)} "
                f"{atom.operator} {format_scalar(atom.value.value)}"
            )
        case c.SilentFor():
            return f"silent for {format_duration(atom.duration)}"


def _did(atom: c.Did | c.DidInPeriods) -> str:
    return "did not" if atom.negated else "did"


def format_pattern(pattern: c.EventPattern) -> str:
    """Return an event with its `where`."""
    return f"{pattern.event}{_where(pattern.where)}"


def _where(condition: c.Condition | None) -> str:
    return "" if condition is None else f" where ({format_condition(condition)})"


def _window(window: c.Window | None) -> str:
    match window:
        case None:
            return ""
        case c.LastWindow():
            return f" in last {format_duration(window.duration)}"
        case c.AbsoluteWindow():
            return f" between {format_scalar(window.start.value)} and {format_scalar(window.end.value)}"
