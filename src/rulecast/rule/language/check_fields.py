"""Types of conditions on one attribute or property: which comparison fits, and the exact constant."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

from rulecast.rule.language import condition as c
from rulecast.rule.language.check_pattern import checked_pattern
from rulecast.rule.language.constants import NUMERIC, TEXTS, typed
from rulecast.rule.language.problem import (
    DISTANCE_RANGE,
    EMPTY_RANGE,
    UNIT_MISTAKE,
    WRONG_OPERATOR,
)
from rulecast.rule.language.scope import Scope
from rulecast.rule.language.walk import map_parts
from rulecast.values.catalogue import AttributeType

__all__ = ["NUMERIC", "check_field", "check_pattern", "check_range", "check_where"]

TIMES = frozenset({AttributeType.DATE, AttributeType.INSTANT})
ORDERED = NUMERIC | TIMES
# They have parts or a place, no value that could equal another.
NOT_COMPARABLE = frozenset({AttributeType.TEXT_LIST, AttributeType.PLACE})
DATE_UNITS = frozenset({"days", "weeks"})
METRES_PER_KM = 1_000
# Half around the earth: nothing is farther away.
DISTANCE_KM_MAX = 20_016
LATITUDE_MAX, LONGITUDE_MAX = 90, 180
# From 366 days on it would be true of everybody with a date.
ANNIVERSARY_DAYS_MAX = 364


def check_where(condition: c.Condition, scope: Scope) -> c.Condition:
    """Return the condition on the properties of one event with exact constants."""
    if isinstance(condition, (c.And, c.Or, c.Not)):
        return map_parts(condition, lambda part: check_where(part, scope))
    return check_field(condition, scope) if type(condition) in FIELD_CHECKS else condition


def check_pattern(pattern: c.EventPattern, scope: Scope) -> c.EventPattern:
    """Return the pattern with the constants of its `where` made exact."""
    if pattern.where is None:
        return pattern
    inner = replace(scope, event=scope.catalogue.event(pattern.event))
    return replace(pattern, where=check_where(pattern.where, inner))


def check_field(condition: c.Condition, scope: Scope) -> c.Condition:
    """Return a condition on one field with exact constants; what does not fit becomes a problem."""
    return FIELD_CHECKS[type(condition)](condition, scope)


def _refuse_operator(condition: c.FieldAtom, what: str, scope: Scope) -> None:
    kind = condition.field.type
    hint = None
    if kind is AttributeType.TEXT_LIST:
        hint = f'for a list write: {condition.field.name} contains "..."'
    elif kind is AttributeType.TEXT:
        hint = "a text can be compared by =, !=, in, contains, starts with, matches"
    elif kind is AttributeType.PLACE:
        hint = f'for a place write: {condition.field.name} within 10 km of place "..."'
    scope.report(
        WRONG_OPERATOR, f"{condition.field.name} is of type {kind}; it has no {what}.", condition.span, hint
    )


def _comparison(condition: c.Comparison, scope: Scope) -> c.Condition:
    kind = condition.field.type
    if kind is None:
        return condition
    fits = kind in ORDERED or (kind not in NOT_COMPARABLE and condition.operator in {"=", "!="})
    if not fits:
        _refuse_operator(condition, f"comparison by {condition.operator}", scope)
        return condition
    return replace(condition, value=typed(condition.value, condition.field, scope))


def _between(condition: c.Between, scope: Scope) -> c.Condition:
    kind = condition.field.type
    if kind is None:
        return condition
    if kind not in ORDERED:
        _refuse_operator(condition, "order", scope)
        return condition
    low = typed(condition.low, condition.field, scope)
    high = typed(condition.high, condition.field, scope)
    if type(low.value) is type(high.value):
        check_range(low, high, scope, half_open=kind is AttributeType.INSTANT)
    return replace(condition, low=low, high=high)


def check_range(low: c.Constant, high: c.Constant, scope: Scope, *, half_open: bool) -> None:
    """Report ends between which nothing can lie."""
    # Both were typed alike just before; the cast-free comparison is what the type system cannot see.
    ordered = low.value < high.value or (not half_open and low.value == high.value)  # type: ignore[operator]  # see above
    if not ordered:
        scope.report(EMPTY_RANGE, f"Nothing lies between {low.value} and {high.value}.", low.span)


def _one_of(condition: c.OneOf, scope: Scope) -> c.Condition:
    if condition.field.type in NOT_COMPARABLE:
        _refuse_operator(condition, "comparison by in", scope)
        return condition
    values = tuple(dict.fromkeys(typed(value, condition.field, scope) for value in condition.values))
    return replace(condition, values=values)


def _contains(condition: c.Contains, scope: Scope) -> c.Condition:
    kind = condition.field.type
    if kind is not None and kind not in TEXTS:
        _refuse_operator(condition, "parts", scope)
        return condition
    values = tuple(dict.fromkeys(typed(value, condition.field, scope) for value in condition.values))
    return replace(condition, values=values)


def _starts_with(condition: c.StartsWith, scope: Scope) -> c.Condition:
    kind = condition.field.type
    if kind is not None and kind is not AttributeType.TEXT:
        _refuse_operator(condition, "beginning", scope)
        return condition
    return replace(condition, prefix=typed(condition.prefix, condition.field, scope))


def _matches(condition: c.Matches, scope: Scope) -> c.Condition:
    kind = condition.field.type
    if kind is not None and kind is not AttributeType.TEXT:
        _refuse_operator(condition, "letters", scope)
        return condition
    return replace(condition, pattern=checked_pattern(condition, scope))


def _presence(condition: c.Presence, _scope: Scope) -> c.Condition:
    return condition


def _check_units(condition: c.Ago | c.FieldWindow, scope: Scope) -> None:
    kind = condition.field.type
    if kind is not None and kind not in TIMES:
        _refuse_operator(condition, "age", scope)
    elif kind is AttributeType.DATE and condition.duration.unit not in DATE_UNITS:
        scope.report(
            UNIT_MISTAKE,
            f"{condition.field.name} is a date: its age is counted in days or weeks.",
            condition.duration.span,
        )


def _ago(condition: c.Ago, scope: Scope) -> c.Condition:
    _check_units(condition, scope)
    return replace(condition, zone=scope.catalogue.default_zone)


def _field_window(condition: c.FieldWindow, scope: Scope) -> c.Condition:
    _check_units(condition, scope)
    return replace(condition, zone=scope.catalogue.default_zone)


def _anniversary(condition: c.Anniversary, scope: Scope) -> c.Condition:
    kind = condition.field.type
    if kind is not None and kind is not AttributeType.DATE:
        scope.report(
            WRONG_OPERATOR,
            f"{condition.field.name} is of type {kind}; only a date has anniversaries.",
            condition.field.span,
        )
    if not 1 <= condition.days <= ANNIVERSARY_DAYS_MAX:
        scope.report(
            UNIT_MISTAKE,
            "Every anniversary falls into the next year: ask for fewer days.",
            condition.span,
            f"from 1 to {ANNIVERSARY_DAYS_MAX} days",
        )
    return replace(condition, zone=scope.catalogue.default_zone)


def _near(condition: c.Near, scope: Scope) -> c.Condition:
    kind = condition.field.type
    if kind is not None and kind is not AttributeType.PLACE:
        scope.report(
            WRONG_OPERATOR,
            f"{condition.field.name} is of type {kind}; only a place has a distance.",
            condition.field.span,
        )
    kilometres = condition.amount if condition.unit == "km" else condition.amount / METRES_PER_KM
    if not 0 < kilometres <= DISTANCE_KM_MAX:
        scope.report(
            DISTANCE_RANGE,
            f"A distance lies above zero and up to {DISTANCE_KM_MAX} km, half around the earth.",
            condition.span,
        )
    _check_coordinates(condition, scope)
    return condition


def _check_coordinates(condition: c.Near, scope: Scope) -> None:
    latitude, longitude = condition.latitude or Decimal(0), condition.longitude or Decimal(0)
    if abs(latitude) <= LATITUDE_MAX and abs(longitude) <= LONGITUDE_MAX:
        return
    swapped = abs(longitude) <= LATITUDE_MAX and abs(latitude) <= LONGITUDE_MAX
    scope.report(
        DISTANCE_RANGE,
        f"Latitude lies between -{LATITUDE_MAX} and {LATITUDE_MAX}, longitude between -{LONGITUDE_MAX} and "
        f"{LONGITUDE_MAX} degrees.",
        condition.span,
        "latitude stands first" if swapped else None,
    )


FIELD_CHECKS: dict[type, Callable[..., c.Condition]] = {
    c.Comparison: _comparison,
    c.Between: _between,
    c.OneOf: _one_of,
    c.Contains: _contains,
    c.StartsWith: _starts_with,
    c.Matches: _matches,
    c.Presence: _presence,
    c.Ago: _ago,
    c.FieldWindow: _field_window,
    c.Anniversary: _anniversary,
    c.Near: _near,
}
