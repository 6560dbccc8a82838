"""The pass that gives names their meaning: attributes, events, properties, segments, from the workspace's catalogue."""

from dataclasses import replace
from typing import TypeVar

from rulecast.rule.language import condition as c
from rulecast.rule.language.constants import NUMERIC
from rulecast.rule.language.problem import OUT_OF_LIMITS, UNKNOWN_ATTRIBUTE, UNKNOWN_PROPERTY, WHERE_SCOPE
from rulecast.rule.language.resolve_names import check_label, event_of, field_of, near_of, property_of
from rulecast.rule.language.resolve_segment import segment_of
from rulecast.rule.language.scope import Scope, check_purpose_word
from rulecast.rule.language.walk import map_parts, patterns_of

__all__ = ["Scope", "check_purpose_word", "pattern_of", "resolve"]

DAY_KEY = "day"
FIELD_ATOMS = (
    c.Comparison,
    c.Between,
    c.OneOf,
    c.Contains,
    c.StartsWith,
    c.Matches,
    c.Presence,
    c.Ago,
    c.FieldWindow,
    c.Anniversary,
)
OneWindow = TypeVar("OneWindow", c.Did, c.DidInPeriods, c.Gap, c.Aggregate, c.EdgeEvent)


def resolve(condition: c.Condition, scope: Scope) -> c.Condition:
    """Return the condition with types filled in and events by their own names; unknown names become problems."""
    if isinstance(condition, (c.And, c.Or, c.Not)):
        return map_parts(condition, lambda part: resolve(part, scope))
    if isinstance(condition, FIELD_ATOMS):
        return replace(condition, field=field_of(condition.field, scope))
    if isinstance(condition, c.Near):
        return near_of(condition, scope)
    if scope.event is not None:
        _refuse_inside_where(condition, scope)
        return condition
    if isinstance(condition, (c.Did, c.DidInPeriods, c.DidThen, c.Measure, c.EdgeEvent, c.Gap, c.PerKey)):
        return _behaviour(condition, scope)
    return _person(condition, scope)


def _refuse_inside_where(condition: c.Condition, scope: Scope) -> None:
    hint = "put this condition outside the brackets, joined by `and`"
    if isinstance(condition, c.Measure):
        hint = "compare one property with one value"
        if isinstance(condition.right, c.Field):
            hint = f'text stands in quotes: "{condition.right.name}"'
    scope.report(
        WHERE_SCOPE, "Inside `where` only properties of the event can be compared.", condition.span, hint
    )


def _person(condition: c.Condition, scope: Scope) -> c.Condition:
    match condition:
        case c.ConsentGranted():
            check_purpose_word(condition.purpose, condition.span, scope)
        case c.HasLabel():
            check_label(condition, scope)
        case c.InSegment():
            return segment_of(condition, scope, resolve)
        case _:
            pass
    return condition


def _behaviour(  # noqa: PLR0911 - one return per kind of node
    condition: c.Did | c.DidInPeriods | c.DidThen | c.Measure | c.EdgeEvent | c.Gap | c.PerKey, scope: Scope
) -> c.Condition:
    match condition:
        case c.Did():
            return _patterned(condition, scope)
        case c.DidInPeriods():
            return _patterned(condition, scope)
        case c.Gap():
            return _patterned(condition, scope)
        case c.EdgeEvent():
            found = _patterned(condition, scope)
            event = scope.catalogue.event(found.pattern.event)
            has = resolve(condition.has, replace(scope, event=event)) if event else condition.has
            return replace(found, has=has)
        case c.Measure():
            return _measure(condition, scope)
        case c.DidThen():
            first = pattern_of(condition.first, scope)
            second = pattern_of(condition.second, scope)
            _check_twice(condition.same, condition.span, scope)
            for name in condition.same:
                for pattern in (first, second):
                    _property_of(c.Field(name=name, span=condition.span), pattern, scope)
            window = _window(condition.window, scope)
            return replace(condition, first=first, second=second, window=window)
        case c.PerKey():
            found_key = replace(condition, condition=resolve(condition.condition, scope))
            _check_keys(found_key, scope)
            return found_key


def _patterned(atom: OneWindow, scope: Scope) -> OneWindow:
    return replace(atom, pattern=pattern_of(atom.pattern, scope), window=_window(atom.window, scope))


def _window(window: c.Window | None, scope: Scope) -> c.Window | None:
    if isinstance(window, c.FirstWindow) and window.anchor is not None:
        return replace(window, anchor=pattern_of(window.anchor, scope))
    return window


def _measure(condition: c.Measure, scope: Scope) -> c.Measure:
    """Resolve both sides; an unknown name where a text could stand is a text without its quotes."""
    left, right = condition.left, condition.right
    if isinstance(left, c.Field) and isinstance(right, c.Field):
        known = scope.catalogue.attribute(left.name)
        text_expected = known is None or known.type not in NUMERIC
        if text_expected and scope.catalogue.attribute(right.name) is None:
            scope.report(
                UNKNOWN_ATTRIBUTE,
                f"There is no attribute {right.name}.",
                right.span,
                hint=f'text stands in quotes: "{right.name}"',
            )
            return condition
    return replace(condition, left=_expression(left, scope), right=_expression(right, scope))


def _expression(expression: c.Expression, scope: Scope) -> c.Expression:
    match expression:
        case c.Constant():
            return expression
        case c.Field():
            return field_of(expression, scope)
        case c.Arithmetic():
            left, right = _expression(expression.left, scope), _expression(expression.right, scope)
            return replace(expression, left=left, right=right)
        case c.Aggregate():
            found = _patterned(expression, scope)
            if found.property is None:
                return found
            return replace(found, property=_property_of(found.property, found.pattern, scope))


def _property_of(name: c.Field, pattern: c.EventPattern, scope: Scope) -> c.Field:
    event = scope.catalogue.event(pattern.event)
    return name if event is None else property_of(name, event, scope)


def _check_twice(names: tuple[str, ...], span: c.Span, scope: Scope) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        scope.report(OUT_OF_LIMITS, f"Given twice: {', '.join(twice)}.", span)


def _check_keys(atom: c.PerKey, scope: Scope) -> None:
    """Report keys that an event inside does not have: about such an event nothing could be said per key."""
    _check_twice(atom.keys, atom.span, scope)
    events = dict.fromkeys(pattern.event for pattern in patterns_of(atom))
    for name in atom.keys:
        for event_name in events:
            event = scope.catalogue.event(event_name)
            if name != DAY_KEY and event is not None and name not in event.properties:
                scope.report(
                    UNKNOWN_PROPERTY,
                    f"The event {event.name} has no property {name} to tell its {name} apart.",
                    atom.span,
                    hint=f"its properties: {', '.join(event.properties) or 'none'}, and day",
                )


def pattern_of(pattern: c.EventPattern, scope: Scope) -> c.EventPattern:
    """Return the pattern with the event's own name and its `where` resolved against the event's properties."""
    event = event_of(pattern.event, pattern.span, scope)
    if event is None:
        return pattern
    inner = replace(scope, event=event)
    where = resolve(pattern.where, inner) if pattern.where is not None else None
    return replace(pattern, event=event.name, where=where)
