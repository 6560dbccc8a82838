"""Conditions in plain words."""

from rulecast.rule.language import condition as c
from rulecast.rule.language.format_condition import format_duration, format_scalar, quoted

OPERATORS: dict[c.Operator, str] = {
    "=": "is",
    "!=": "is not",
    "<": "is below",
    "<=": "is at most",
    ">": "is above",
    ">=": "is at least",
}


def describe_condition(condition: c.Condition) -> str:  # noqa: PLR0911 - one return per kind of node
    """Return a condition as a clause of a sentence."""
    match condition:
        case c.And():
            return "(" + " and ".join(describe_condition(part) for part in condition.parts) + ")"
        case c.Or():
            return "(" + " or ".join(describe_condition(part) for part in condition.parts) + ")"
        case c.Not():
            return f"it is not true that {describe_condition(condition.part)}"
        case c.HasTag():
            return f"they have the tag {quoted(condition.tag)}"
        case c.ConsentGranted():
            age = (
                f", {condition.direction} {format_duration(condition.duration)} ago"
                if condition.duration
                else ""
            )
            return f"they proved consent to {condition.purpose}{age}"
        case c.Did() | c.DidInPeriods() | c.DidThen() | c.SumOf() | c.SilentFor():
            return _event_atom(condition)
        case _:
            return _field_atom(condition)


def _field_atom(atom: c.FieldAtom) -> str:  # noqa: PLR0911 - one return per kind of node
    name = atom.field.name
    match atom:
        case c.Comparison():
            missing = " or is missing" if atom.operator == "!=" else ""
            return f"{name} {OPERATORS[atom.operator]} {format_scalar(atom.value.value)}{missing}"
        case c.Between():
            return f"{name} lies between {format_scalar(atom.low.value)} and {format_scalar(atom.high.value)}"
        case c.OneOf():
            return f"{name} is one of {_listing(atom.values)}"
        case c.Contains():
            quantity = {"one": "", "any": "any of ", "all": "all of "}[atom.mode]
            return f"{name} contains {quantity}{_listing(atom.values)}"
        case c.StartsWith():
            return f"{name} starts with {format_scalar(atom.prefix.value)}"
        case c.Presence():
            return f"{name} is {'known' if atom.is_set else 'missing'}"
        case c.Ago():
            when = "more than" if atom.direction == "before" else "at most"
            return f"{name} lies {when} {format_duration(atom.duration)} back"


def _listing(values: tuple[c.Constant, ...]) -> str:
    return ", ".join(format_scalar(value.value) for value in values)


def _event_atom(atom: c.EventAtom) -> str:
    match atom:
        case c.Did():
            times = f" at least {atom.minimum} times" if atom.minimum > 1 else ""
            return f"{_they(atom.negated)} {describe_pattern(atom.pattern)}{times}{_window(atom.window)}"
        case c.DidInPeriods():
            event = describe_pattern(atom.pattern)
            unit = atom.unit[:-1] if atom.minimum == 1 else f"different {atom.unit}"
            return f"{_they(atom.negated)} {event} in at least {atom.minimum} {unit}{_window(atom.window)}"
        case c.DidThen():
            same = f" with the same {' and '.join(atom.same)}" if atom.same else ""
            then = "and then had no" if atom.then_not else "and then had"
            return (
                f"they had {describe_pattern(atom.first)}{_window(atom.window)} {then} "
                f"{describe_pattern(atom.second)}{same} within {format_duration(atom.within)}"
            )
        case c.SumOf():
            total = (
                f"the sum of {atom.property.name} over {describe_pattern(atom.pattern)}{_window(atom.window)}"
            )
            return f"{total} {OPERATORS[atom.operator]} {format_scalar(atom.value.value)}"
        case c.SilentFor():
            duration = format_duration(atom.duration)
            return f"they are known for more than {duration} and wrote nothing in the last {duration}"


def _they(negated: bool) -> str:  # noqa: FBT001 - the atom's own field
    return "they did not have" if negated else "they had"


def describe_pattern(pattern: c.EventPattern) -> str:
    """Return an event in words."""
    where = f" where {describe_condition(pattern.where)}" if pattern.where is not None else ""
    return f"the event {pattern.event}{where}"


def _window(window: c.Window | None) -> str:
    match window:
        case None:
            return ""
        case c.LastWindow():
            return f" in the last {format_duration(window.duration)}"
        case c.AbsoluteWindow():
            start, end = format_scalar(window.start.value), format_scalar(window.end.value)
            return f" from {start} until before {end}"
