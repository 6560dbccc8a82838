"""The pass to the form that engines compile: negation only on atoms, shorthands and segments written out."""

from dataclasses import replace
from typing import TypeVar

from rulecast.rule.language import condition as c
from rulecast.rule.language.check_types import SILENCE_EVENT
from rulecast.values.catalogue import AttributeType

Patterned = TypeVar("Patterned", c.Did, c.DidInPeriods, c.Gap, c.Aggregate, c.EdgeEvent)


def lower(condition: c.Condition, *, negated: bool = False) -> c.Condition:
    """Return the negation normal form of a condition or, with `negated`, of its negation.

    Truth has two values, so De Morgan's laws hold; only atoms below `Not` must mind missing values.
    """
    match condition:
        case c.Not():
            return lower(condition.part, negated=not negated)
        case c.And() | c.Or():
            parts = tuple(lower(part, negated=negated) for part in condition.parts)
            joins_all = isinstance(condition, c.And) is not negated
            return (
                c.And(parts=parts, span=condition.span)
                if joins_all
                else c.Or(parts=parts, span=condition.span)
            )
        case c.SilentFor():
            return lower(_silence(condition), negated=negated)
        case c.InSegment(condition=inner) if inner is not None:
            return lower(inner, negated=negated)
        case _:
            return _atom(condition, negated=negated)


def _silence(condition: c.SilentFor) -> c.Condition:
    known = c.Ago(
        field=c.Field(name="first_seen_at", type=AttributeType.INSTANT),
        direction="before",
        duration=condition.duration,
        span=condition.span,
    )
    wrote = c.Did(
        pattern=c.EventPattern(event=SILENCE_EVENT),
        window=c.LastWindow(duration=condition.duration),
        negated=True,
        span=condition.span,
    )
    return c.And(parts=(known, wrote), span=condition.span)


def _atom(condition: c.Atom, *, negated: bool) -> c.Condition:
    """Turn the negated spellings `!=`, `did not`, `at most`, `is missing` into a negation of the positive atom."""
    atom: c.Atom = condition
    match condition:
        case c.Comparison(operator="!="):
            atom, negated = replace(condition, operator="="), not negated
        case c.Presence(is_set=False):
            atom, negated = replace(condition, is_set=True), not negated
        case c.Did() | c.DidInPeriods():
            atom, negated = _positive(condition, negated=negated)
        case c.DidThen():
            first, second = _pattern(condition.first), _pattern(condition.second)
            atom = replace(condition, first=first, second=second, window=_window(condition.window))
        case c.Measure():
            left, right = _expression(condition.left), _expression(condition.right)
            atom = replace(condition, left=left, right=right)
        case c.EdgeEvent():
            atom = replace(_patterned(condition), has=lower(condition.has))
        case c.Gap():
            atom = _patterned(condition)
        case c.PerKey():
            atom = replace(condition, condition=lower(condition.condition))
        case _:
            pass
    return c.Not(part=atom, span=condition.span) if negated else atom


def _positive(condition: c.Did | c.DidInPeriods, *, negated: bool) -> tuple[c.Atom, bool]:
    """Return the atom that says how often at least, and whether it is negated."""
    negated = negated is not condition.negated
    if isinstance(condition, c.DidInPeriods):
        return replace(_patterned(condition), negated=False), negated
    atom = replace(_patterned(condition), negated=False)
    if atom.minimum == 0 and atom.maximum is not None:
        return replace(atom, minimum=atom.maximum + 1, maximum=None), not negated
    return atom, negated


def _patterned(atom: Patterned) -> Patterned:
    return replace(atom, pattern=_pattern(atom.pattern), window=_window(atom.window))


def _pattern(pattern: c.EventPattern) -> c.EventPattern:
    return pattern if pattern.where is None else replace(pattern, where=lower(pattern.where))


def _window(window: c.Window | None) -> c.Window | None:
    if isinstance(window, c.FirstWindow) and window.anchor is not None:
        return replace(window, anchor=_pattern(window.anchor))
    return window


def _expression(expression: c.Expression) -> c.Expression:
    match expression:
        case c.Aggregate():
            return _patterned(expression)
        case c.Arithmetic():
            left, right = _expression(expression.left), _expression(expression.right)
            return replace(expression, left=left, right=right)
        case _:
            return expression
