"""The pass to the form that engines compile: negation only on atoms, shorthands written out."""

from dataclasses import replace

from rulecast.rule.language import condition as c
from rulecast.rule.language.check_types import SILENCE_EVENT
from rulecast.values.catalogue import AttributeType


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
    """Turn the negated spellings `!=`, `did not`, `is missing` into a negation of the positive atom."""
    atom: c.Atom = condition
    match condition:
        case c.Comparison(operator="!="):
            atom, negated = replace(condition, operator="="), not negated
        case c.Presence(is_set=False):
            atom, negated = replace(condition, is_set=True), not negated
        case c.Did() | c.DidInPeriods():
            pattern = _pattern(condition.pattern)
            atom, negated = (
                replace(condition, negated=False, pattern=pattern),
                negated is not condition.negated,
            )
        case c.DidThen():
            atom = replace(condition, first=_pattern(condition.first), second=_pattern(condition.second))
        case c.SumOf():
            atom = replace(condition, pattern=_pattern(condition.pattern))
        case _:
            pass
    return c.Not(part=atom, span=condition.span) if negated else atom


def _pattern(pattern: c.EventPattern) -> c.EventPattern:
    return pattern if pattern.where is None else replace(pattern, where=lower(pattern.where))
