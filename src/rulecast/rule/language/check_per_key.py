"""What can stand inside `for some`: events counted and measured, in windows alike for all people."""

from rulecast.rule.language import condition as c
from rulecast.rule.language.problem import INSIDE_PER_KEY, WRONG_OPERATOR
from rulecast.rule.language.scope import Scope
from rulecast.rule.language.walk import aggregates_of, atoms_of, fields_of, patterns_of
from rulecast.values.catalogue import AttributeType


def check_inside(atom: c.PerKey, scope: Scope) -> None:
    """Report what cannot be asked for one value of a key."""
    for part in _parts(atom.condition):
        what = _refused(part)
        if what is not None:
            scope.report(
                INSIDE_PER_KEY,
                f"{what} cannot be asked for one value of {' and '.join(atom.keys)}.",
                part.span,
                hint="put it outside the brackets, joined by `and`",
            )
    _check_key_types(atom, scope)


def _parts(condition: c.Condition) -> list[c.Condition]:
    """Return the atoms, a segment as such."""
    if isinstance(condition, (c.And, c.Or)):
        return [found for part in condition.parts for found in _parts(part)]
    if isinstance(condition, c.Not):
        return _parts(condition.part)
    return [condition]


def _refused(part: c.Condition) -> str | None:  # noqa: PLR0911 - one return per kind of node
    match part:
        case c.Did():
            return _refused_window(part.window)
        case c.Measure():
            sides = (part.left, part.right)
            if any(True for side in sides for _ in fields_of(side)):
                return "An attribute of the contact"
            windows = (_refused_window(found.window) for side in sides for found in aggregates_of(side))
            return next((what for what in windows if what is not None), None)
        case c.DidThen():
            return "A sequence"
        case c.DidInPeriods():
            return "A number of calendar periods"
        case c.Gap() | c.EdgeEvent():
            return "A gap, or the first or last event,"
        case c.PerKey():
            return "Another `for some`"
        case _:
            return "A condition on the contact"


def _refused_window(window: c.Window | None) -> str | None:
    if isinstance(window, c.CalendarWindow):
        return "A window of calendar days"
    if isinstance(window, c.FirstWindow):
        return "A window from a first event on"
    return None


def _check_key_types(atom: c.PerKey, scope: Scope) -> None:
    events = {pattern.event for part in atoms_of(atom.condition) for pattern in patterns_of(part)}
    for name in atom.keys:
        for event_name in events:
            event = scope.catalogue.event(event_name)
            if event is not None and event.properties.get(name) is AttributeType.TEXT_LIST:
                scope.report(
                    WRONG_OPERATOR, f"{name} is a list: it has no single value to tell apart.", atom.span
                )
                break
