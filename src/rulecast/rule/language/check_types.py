"""The pass that checks operators, constants, windows and consent, and makes constants exact."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import TypeVar

from rulecast.rule.language import condition as c
from rulecast.rule.language.constants import TEXTS, typed
from rulecast.rule.language.problem import (
    BEYOND_RETENTION,
    CONSENT_NEGATED,
    EMPTY_RANGE,
    NOT_NUMERIC,
    WINDOW_NEEDED,
    WRONG_OPERATOR,
)
from rulecast.rule.language.resolve import Scope
from rulecast.values.catalogue import AttributeType, EventDefinition, fold_text
from rulecast.values.zone_offsets import utc_of_local

NUMERIC = frozenset({AttributeType.INTEGER, AttributeType.DECIMAL})
TIMES = frozenset({AttributeType.DATE, AttributeType.INSTANT})
ORDERED = NUMERIC | TIMES
SILENCE_EVENT = "message_received"
Windowed = TypeVar("Windowed", c.Did, c.DidInPeriods, c.DidThen, c.SumOf)


def check_types(condition: c.Condition, scope: Scope, *, negated: bool = False) -> c.Condition:
    """Return the condition with exact constants; what does not fit becomes a problem."""
    match condition:
        case c.And() | c.Or():
            parts = tuple(check_types(part, scope, negated=negated) for part in condition.parts)
            return replace(condition, parts=parts)
        case c.Not():
            return replace(condition, part=check_types(condition.part, scope, negated=True))
        case c.ConsentGranted():
            if negated:
                scope.report(
                    CONSENT_NEGATED,
                    f"`consent {condition.purpose} granted` cannot stand below `not`.",
                    condition.span,
                    hint="leave it out: the gate excludes everybody without a proven consent",
                )
            return condition
        case c.HasTag():
            return replace(condition, tag=fold_text(condition.tag))
        case c.Did() | c.DidInPeriods() | c.DidThen() | c.SumOf() | c.SilentFor():
            return _event_atom(condition, scope)
        case _:
            return FIELD_CHECKS[type(condition)](condition, scope)


# ---- fields
def _refuse_operator(condition: c.FieldAtom, what: str, scope: Scope) -> None:
    kind = condition.field.type
    hint = None
    if kind is AttributeType.TEXT_LIST:
        hint = f'for a list write: {condition.field.name} contains "..."'
    elif kind is AttributeType.TEXT:
        hint = "a text can be compared by =, !=, in, contains, starts with"
    scope.report(
        WRONG_OPERATOR, f"{condition.field.name} is of type {kind}; it has no {what}.", condition.span, hint
    )


def _comparison(condition: c.Comparison, scope: Scope) -> c.Condition:
    kind = condition.field.type
    if kind is None:
        return condition
    fits = kind in ORDERED or (kind is not AttributeType.TEXT_LIST and condition.operator in {"=", "!="})
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
        _check_range(low, high, scope, half_open=kind is AttributeType.INSTANT)
    return replace(condition, low=low, high=high)


def _check_range(low: c.Constant, high: c.Constant, scope: Scope, *, half_open: bool) -> None:
    # Both were typed alike just before; the cast-free comparison is what the type system cannot see.
    ordered = low.value < high.value or (not half_open and low.value == high.value)  # type: ignore[operator]  # see above
    if not ordered:
        scope.report(EMPTY_RANGE, f"Nothing lies between {low.value} and {high.value}.", low.span)


def _one_of(condition: c.OneOf, scope: Scope) -> c.Condition:
    kind = condition.field.type
    if kind is AttributeType.TEXT_LIST:
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


def _presence(condition: c.Presence, _scope: Scope) -> c.Condition:
    return condition


def _ago(condition: c.Ago, scope: Scope) -> c.Condition:
    kind = condition.field.type
    if kind is None:
        return condition
    if kind not in TIMES:
        _refuse_operator(condition, "age", scope)
    elif kind is AttributeType.DATE and condition.duration.unit not in {"days", "weeks"}:
        scope.report(
            WRONG_OPERATOR,
            f"{condition.field.name} is a date: its age is counted in days or weeks.",
            condition.duration.span,
        )
    return replace(condition, zone=scope.catalogue.default_zone)


FIELD_CHECKS: dict[type, Callable[..., c.Condition]] = {
    c.Comparison: _comparison,
    c.Between: _between,
    c.OneOf: _one_of,
    c.Contains: _contains,
    c.StartsWith: _starts_with,
    c.Presence: _presence,
    c.Ago: _ago,
}


# ---- events
def _event_atom(condition: c.EventAtom, scope: Scope) -> c.Condition:
    match condition:
        case c.SilentFor():
            _check_retention(SILENCE_EVENT, c.LastWindow(duration=condition.duration), condition.span, scope)
            return condition
        case c.DidThen():
            first = check_pattern(condition.first, scope)
            second = check_pattern(condition.second, scope)
            windowed = _windowed(condition, condition.first.event, scope)
            _check_retention(condition.second.event, windowed.window, condition.span, scope)
            return replace(windowed, first=first, second=second)
        case c.SumOf():
            checked = replace(condition, pattern=check_pattern(condition.pattern, scope))
            if condition.property.type is not None and condition.property.type not in NUMERIC:
                scope.report(
                    NOT_NUMERIC,
                    f"{condition.property.name} is of type {condition.property.type} and cannot be summed.",
                    condition.property.span,
                )
                return checked
            checked = replace(checked, value=typed(condition.value, condition.property, scope))
            return _windowed(checked, condition.pattern.event, scope)
        case c.DidInPeriods():
            checked_periods = replace(
                condition, pattern=check_pattern(condition.pattern, scope), zone=scope.catalogue.default_zone
            )
            return _windowed(checked_periods, condition.pattern.event, scope)
        case c.Did():
            checked_did = replace(condition, pattern=check_pattern(condition.pattern, scope))
            return _windowed(checked_did, condition.pattern.event, scope)


def check_pattern(pattern: c.EventPattern, scope: Scope) -> c.EventPattern:
    """Return the pattern with the constants of its `where` made exact."""
    if pattern.where is None:
        return pattern
    inner = replace(scope, event=scope.catalogue.event(pattern.event))
    return replace(pattern, where=check_types(pattern.where, inner))


def _windowed(condition: Windowed, event: str, scope: Scope) -> Windowed:
    window = condition.window
    if isinstance(window, c.AbsoluteWindow):
        start = _window_edge(window.start, scope)
        end = _window_edge(window.end, scope)
        _check_range(start, end, scope, half_open=True)
        window = c.AbsoluteWindow(start=start, end=end)
    _check_retention(event, window, condition.span, scope)
    return replace(condition, window=window)


def _window_edge(constant: c.Constant, scope: Scope) -> c.Constant:
    if isinstance(constant.value, date) and not isinstance(constant.value, datetime):
        return replace(constant, value=utc_of_local(scope.catalogue.default_zone, constant.value))
    return constant


def _check_retention(name: str, window: c.Window | None, span: c.Span, scope: Scope) -> None:
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
    elif _looks_back(window, scope.now) > timedelta(days=event.retention_days):
        scope.report(
            BEYOND_RETENTION,
            f"The event {event.name} is kept for {event.retention_days} days only.",
            window.duration.span if isinstance(window, c.LastWindow) else window.start.span,
            hint=f"at most: in last {event.retention_days} days",
        )


def _looks_back(window: c.Window, now: datetime | None) -> timedelta:
    """Return how far back a window reaches; for fixed dates that can be told only with `now`."""
    if isinstance(window, c.LastWindow):
        return window.duration.length
    start = window.start.value
    return now - start if now is not None and isinstance(start, datetime) else timedelta(0)
