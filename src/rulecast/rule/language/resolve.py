"""The pass that gives names their meaning: attributes, events, properties, from the workspace's catalogue."""

from dataclasses import dataclass, replace
from datetime import datetime

from rulecast.rule.language import condition as c
from rulecast.rule.language.availability import NAMES, not_available
from rulecast.rule.language.problem import (
    OTHER_PURPOSE,
    SEALED,
    UNKNOWN_ATTRIBUTE,
    UNKNOWN_EVENT,
    UNKNOWN_PROPERTY,
    UNKNOWN_WORD,
    WHERE_SCOPE,
    ProblemKind,
    RuleProblem,
)
from rulecast.rule.language.walk import map_parts
from rulecast.values.catalogue import Catalogue, EventDefinition, closest_name
from rulecast.values.purpose import Purpose


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What names mean here; `event` is set inside `where`. Problems gather in the list.

    With `now`, windows of fixed dates are held against how long events are kept.
    """

    catalogue: Catalogue
    purpose: str
    problems: list[RuleProblem]
    now: datetime | None = None
    event: EventDefinition | None = None

    def report(self, kind: ProblemKind, message: str, span: c.Span, hint: str | None = None) -> None:
        """Add a problem."""
        self.problems.append(RuleProblem(kind=kind, message=message, span=span, hint=hint))


def resolve(condition: c.Condition, scope: Scope) -> c.Condition:
    """Return the condition with types filled in and events by their own names; unknown names become problems."""
    if isinstance(condition, (c.And, c.Or, c.Not)):
        return map_parts(condition, lambda part: resolve(part, scope))
    if isinstance(condition, (c.Comparison, c.Between, c.OneOf, c.Contains, c.StartsWith, c.Presence, c.Ago)):
        return replace(condition, field=_field(condition.field, scope))
    if scope.event is not None:
        scope.report(
            WHERE_SCOPE,
            "Inside `where` only properties of the event can be compared.",
            condition.span,
            hint="put this condition outside the brackets, joined by `and`",
        )
        return condition
    return _resolve_atom(condition, scope)


def _resolve_atom(condition: c.EventAtom | c.HasTag | c.ConsentGranted, scope: Scope) -> c.Condition:
    match condition:
        case c.Did() | c.DidInPeriods():
            return replace(condition, pattern=pattern_of(condition.pattern, scope))
        case c.SumOf():
            pattern = pattern_of(condition.pattern, scope)
            return replace(condition, pattern=pattern, property=_summed(condition.property, pattern, scope))
        case c.DidThen():
            first = pattern_of(condition.first, scope)
            second = pattern_of(condition.second, scope)
            for name in condition.same:
                for pattern in (first, second):
                    _summed(c.Field(name=name, span=condition.span), pattern, scope)
            return replace(condition, first=first, second=second)
        case c.ConsentGranted():
            check_purpose_word(condition.purpose, condition.span, scope)
            return condition
        case c.HasTag() | c.SilentFor():
            return condition


def check_purpose_word(purpose: str, span: c.Span, scope: Scope) -> None:
    """Report a purpose that is not in the closed list."""
    known = [member.value for member in Purpose]
    if purpose not in known:
        near = closest_name(purpose, known)
        scope.report(
            UNKNOWN_WORD,
            f"{purpose} is not one of the purposes {', '.join(known)}.",
            span,
            hint=f"did you mean {near}?" if near else None,
        )


def pattern_of(pattern: c.EventPattern, scope: Scope) -> c.EventPattern:
    """Return the pattern with the event's own name and its `where` resolved against the event's properties."""
    event = scope.catalogue.event(pattern.event)
    if event is None:
        known = [
            *scope.catalogue.events,
            *(alias for e in scope.catalogue.events.values() for alias in e.aliases),
        ]
        near = closest_name(pattern.event, known)
        scope.report(
            UNKNOWN_EVENT,
            f"There is no event {pattern.event}.",
            pattern.span,
            hint=f"did you mean {near}?" if near else None,
        )
        return pattern
    _check_purpose(event.purpose, f"The event {event.name}", pattern.span, scope)
    inner = replace(scope, event=event)
    where = resolve(pattern.where, inner) if pattern.where is not None else None
    return replace(pattern, event=event.name, where=where)


def _check_purpose(purpose: str | None, what: str, span: c.Span, scope: Scope) -> None:
    if purpose is not None and purpose != scope.purpose:
        scope.report(
            OTHER_PURPOSE,
            f"{what} was collected for {purpose}; a rule for {scope.purpose} may not read it.",
            span,
        )


def _field(name: c.Field, scope: Scope) -> c.Field:
    if scope.event is not None:
        return _property(name, scope.event, scope)
    attribute = scope.catalogue.attribute(name.name)
    if attribute is None:
        _unknown_attribute(name, scope)
        return name
    if attribute.is_sealed:
        scope.report(
            SEALED,
            f"{name.name} is stored sealed and cannot be compared.",
            name.span,
            hint="it can fill a parameter of the template",
        )
    _check_purpose(attribute.purpose, f"The attribute {name.name}", name.span, scope)
    return replace(
        name,
        type=attribute.type,
        years_since=attribute.derived_from,
        zone=scope.catalogue.default_zone if attribute.derived_from else None,
    )


def _unknown_attribute(name: c.Field, scope: Scope) -> None:
    if name.name in NAMES:
        scope.problems.append(not_available(NAMES[name.name], name.span))
        return
    near = closest_name(name.name, scope.catalogue.attributes)
    hint = f"did you mean {near}?" if near else None
    if hint is None and scope.catalogue.event(name.name) is not None:
        hint = f"for an event write: did {name.name}"
    scope.report(UNKNOWN_ATTRIBUTE, f"There is no attribute {name.name}.", name.span, hint)


def _property(name: c.Field, event: EventDefinition, scope: Scope) -> c.Field:
    kind = event.properties.get(name.name)
    if kind is None:
        near = closest_name(name.name, event.properties)
        listed = ", ".join(event.properties) or "none"
        scope.report(
            UNKNOWN_PROPERTY,
            f"The event {event.name} has no property {name.name}.",
            name.span,
            hint=f"did you mean {near}?" if near else f"its properties: {listed}",
        )
        return name
    return replace(name, type=kind)


def _summed(name: c.Field, pattern: c.EventPattern, scope: Scope) -> c.Field:
    event = scope.catalogue.event(pattern.event)
    return name if event is None else _property(name, event, scope)
