"""Conditions in plain words."""

from rulecast.rule.language import condition as c
from rulecast.rule.language import explain_measure as measure
from rulecast.rule.language.format_values import (
    format_amount,
    format_duration,
    format_scalar,
    format_unit,
    quoted,
)

OPERATORS: dict[c.Operator, str] = {
    "=": "is",
    "!=": "is not",
    "<": "is below",
    "<=": "is at most",
    ">": "is above",
    ">=": "is at least",
}
WORKING_DAYS = tuple(c.Weekday)[:5]


def describe_condition(condition: c.Condition) -> str:  # noqa: PLR0911 - one return per kind of node
    """Return a condition as a clause of a sentence."""
    match condition:
        case c.And():
            return "(" + " and ".join(describe_condition(part) for part in condition.parts) + ")"
        case c.Or():
            return "(" + " or ".join(describe_condition(part) for part in condition.parts) + ")"
        case c.Not():
            return f"it is not true that {describe_condition(condition.part)}"
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


# ---- fields
def _field_atom(atom: c.FieldAtom) -> str:  # noqa: C901, PLR0911 - one return per kind of node
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
        case c.Matches():
            return f"{name} fits the expression {format_scalar(atom.pattern.value)}"
        case c.Presence():
            return f"{name} is {'known' if atom.is_set else 'missing'}"
        case c.Ago():
            when = "more than" if atom.direction == "before" else "at most"
            return f"{name} lies {when} {format_duration(atom.duration)} back"
        case c.FieldWindow():
            return f"{name} lies in the {atom.direction} {format_duration(atom.duration)}"
        case c.Anniversary():
            what = "their birthday" if name == "birth_date" else f"the anniversary of {name}"
            if atom.days == 1:
                return f"{what} is today"
            return f"{what} is today or in the {_days(atom.days - 1)} after"
        case c.Near():
            return f"{name} lies at most {format_amount(atom.amount)} {atom.unit} from {_point(atom)}"


def _days(amount: int) -> str:
    return f"{amount} {format_unit(amount, 'days')}"


def _point(atom: c.Near) -> str:
    if atom.place_name is not None:
        return f"the place {quoted(atom.place_name)}"
    latitude, longitude = atom.latitude, atom.longitude
    return f"the point {latitude} degrees north, {longitude} degrees east"


def _listing(values: tuple[c.Constant, ...]) -> str:
    return ", ".join(format_scalar(value.value) for value in values)


# ---- people
def _person_atom(atom: c.PersonAtom) -> str:  # noqa: PLR0911 - one return per kind of node
    match atom:
        case c.HasTag():
            return f"they have the tag {quoted(atom.tag)}"
        case c.HasLabel():
            value = f" with the value {quoted(atom.value)}" if atom.value is not None else ""
            return f"they have the label {quoted(atom.label)}{value}"
        case c.InSegment():
            return f"they are in the segment {quoted(atom.name)}"
        case c.ConsentGranted():
            age = (
                f", {atom.direction} {format_duration(atom.duration)} ago"
                if atom.duration is not None
                else ""
            )
            return f"they proved consent to {atom.purpose}{age}"
        case c.LocalTime():
            return f"their clock shows {atom.start:%H:%M} or later and not yet {atom.end:%H:%M}"
        case c.LocalWeekday():
            days = "a day from monday to friday" if atom.days == WORKING_DAYS else " or ".join(atom.days)
            return f"where they are it is {days}"
        case c.Bucket():
            return f"they are in the first {atom.below} of 100 parts of the people by {quoted(atom.salt)}"
        case c.Everybody():
            return "they are a contact"


# ---- events
def _done(atom: c.Did | c.DidInPeriods | c.DidThen) -> str:
    match atom:
        case c.Did():
            event = describe_pattern(atom.pattern)
            return f"{_they(atom.negated)} {event}{_times(atom)}{_window(atom.window)}"
        case c.DidInPeriods():
            event = describe_pattern(atom.pattern)
            unit = atom.unit[:-1] if atom.minimum == 1 else f"different {atom.unit}"
            zone = f" by the clock of {atom.named_zone}" if atom.named_zone is not None else ""
            return (
                f"{_they(atom.negated)} {event} in at least {atom.minimum} {unit}{zone}{_window(atom.window)}"
            )
        case c.DidThen():
            same = f" with the same {' and '.join(atom.same)}" if atom.same else ""
            then = "and then had no" if atom.then_not else "and then had"
            first = "for the first time " if atom.first_only else ""
            return (
                f"they {first}had {describe_pattern(atom.first)}{_window(atom.window)} {then} "
                f"{describe_pattern(atom.second)}{same} within {format_duration(atom.within)}"
            )


def describe_pattern(pattern: c.EventPattern) -> str:
    """Return an event in words."""
    return measure.describe_pattern(pattern, describe_condition)


def _they(negated: bool) -> str:  # noqa: FBT001 - the atom's own field
    return "they did not have" if negated else "they had"


def _times(atom: c.Did) -> str:
    if atom.maximum is None:
        return f" at least {atom.minimum} times" if atom.minimum > 1 else ""
    unit = "time" if atom.maximum == 1 else "times"
    often = "exactly" if atom.minimum == atom.maximum else "at most"
    return f" {often} {atom.maximum} {unit}"


def _window(window: c.Window | None) -> str:
    return measure.describe_window(window, describe_condition)


def _event_atom(atom: c.Measure | c.EdgeEvent | c.Gap | c.PerKey | c.SilentFor) -> str:
    match atom:
        case c.Measure():
            left, right = (
                measure.describe_expression(side, describe_condition) for side in (atom.left, atom.right)
            )
            return f"{left} {OPERATORS[atom.operator]} {right}"
        case c.EdgeEvent():
            event = f"{describe_pattern(atom.pattern)}{_window(atom.window)}"
            return f"of their {atom.which} time with {event} it is true that {describe_condition(atom.has)}"
        case c.Gap():
            event = f"{describe_pattern(atom.pattern)}{_window(atom.window)}"
            length = format_duration(atom.duration)
            return f"the {atom.which} time between one and the next of {event} {OPERATORS[atom.operator]} {length}"
        case c.PerKey():
            keys = " and ".join(f"one and the same {key}" for key in atom.keys)
            return f"for {keys}: {describe_condition(atom.condition)}"
        case c.SilentFor():
            duration = format_duration(atom.duration)
            return f"they are known for more than {duration} and wrote nothing in the last {duration}"
