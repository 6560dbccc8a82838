"""The pass that checks operators, constants, windows and consent, and makes constants exact."""

from dataclasses import replace
from typing import TypeVar

from rulecast.rule.language import condition as c
from rulecast.rule.language.check_fields import check_field, check_pattern, check_where
from rulecast.rule.language.check_measures import check_measure
from rulecast.rule.language.check_per_key import check_inside
from rulecast.rule.language.check_windows import check_retention, check_window
from rulecast.rule.language.constants import NUMERIC
from rulecast.rule.language.limits import TAG_LENGTH_MAX
from rulecast.rule.language.problem import (
    BUCKET_RANGE,
    CONSENT_NEGATED,
    EMPTY_RANGE,
    OUT_OF_LIMITS,
    UNKNOWN_ZONE,
    RuleProblem,
)
from rulecast.rule.language.problem_clause import TAG_UNUSABLE
from rulecast.rule.language.resolve_segment import told_outside
from rulecast.rule.language.scope import Scope
from rulecast.values.catalogue import fold_text
from rulecast.values.zone_offsets import zone_names

__all__ = ["NUMERIC", "SILENCE_EVENT", "check_pattern", "check_types"]

SILENCE_EVENT = "message_received"
BUCKETS = 100
Windowed = TypeVar("Windowed", c.Did, c.DidInPeriods, c.EdgeEvent, c.Gap)


def check_types(condition: c.Condition, scope: Scope, *, negated: bool = False) -> c.Condition:  # noqa: PLR0911 - one return per kind of node
    """Return the condition with exact constants; what does not fit becomes a problem."""
    match condition:
        case c.And() | c.Or():
            parts = tuple(check_types(part, scope, negated=negated) for part in condition.parts)
            return replace(condition, parts=parts)
        case c.Not():
            return replace(condition, part=check_types(condition.part, scope, negated=True))
        case c.InSegment():
            return _segment(condition, scope, negated=negated)
        case c.ConsentGranted():
            if negated:
                _refuse_negation(condition, scope)
            return condition
        case c.HasTag() | c.HasLabel() | c.LocalTime() | c.LocalWeekday() | c.Bucket() | c.Everybody():
            return _person(condition, scope)
        case c.Did() | c.DidInPeriods() | c.DidThen() | c.SilentFor() | c.EdgeEvent() | c.Gap():
            return _event_atom(condition, scope)
        case c.Measure():
            return check_measure(condition, scope)
        case c.PerKey():
            check_inside(condition, scope)
            inner = check_types(condition.condition, scope, negated=negated)
            return replace(condition, condition=inner, zone=scope.catalogue.default_zone)
        case _:
            return check_field(condition, scope)


def _refuse_negation(condition: c.ConsentGranted, scope: Scope) -> None:
    scope.report(
        CONSENT_NEGATED,
        f"`consent {condition.purpose} granted` cannot stand below `not`.",
        condition.span,
        hint="leave it out: the gate excludes everybody without a proven consent",
    )


def _segment(atom: c.InSegment, scope: Scope, *, negated: bool) -> c.InSegment:
    """Check the condition of a segment; what is wrong with it is told where the rule names it."""
    if atom.condition is None:
        return atom
    problems: list[RuleProblem] = []
    inner = check_types(atom.condition, replace(scope, problems=problems), negated=negated)
    scope.problems.extend(told_outside(problem, atom) for problem in problems)
    return replace(atom, condition=inner)


# ---- people
def _person(
    condition: c.HasTag | c.HasLabel | c.LocalTime | c.LocalWeekday | c.Bucket | c.Everybody, scope: Scope
) -> c.Condition:
    match condition:
        case c.HasTag():
            tag = fold_text(condition.tag.strip())
            if not 1 <= len(tag) <= TAG_LENGTH_MAX:
                message = f"A tag has 1 to {TAG_LENGTH_MAX} characters, this one {len(tag)}."
                scope.report(TAG_UNUSABLE, message, condition.span)
            return replace(condition, tag=tag)
        case c.LocalTime():
            if condition.start == condition.end:
                scope.report(
                    EMPTY_RANGE, "Nothing lies between a time of the day and itself.", condition.span
                )
            return replace(condition, zone=scope.catalogue.default_zone)
        case c.LocalWeekday():
            return replace(condition, zone=scope.catalogue.default_zone)
        case c.Bucket():
            _check_bucket(condition, scope)
            return condition
        case c.HasLabel() | c.Everybody():
            return condition


def _check_bucket(atom: c.Bucket, scope: Scope) -> None:
    if not atom.salt:
        scope.report(OUT_OF_LIMITS, "A bucket needs a word that tells it from others.", atom.span)
    if not 0 < atom.below < BUCKETS:
        whom = "nobody" if atom.below <= 0 else "everybody"
        scope.report(
            BUCKET_RANGE,
            f"People fall into {BUCKETS} parts, 0 to {BUCKETS - 1}: below {atom.below} lies {whom}.",
            atom.span,
        )


# ---- events
def _event_atom(
    condition: c.Did | c.DidInPeriods | c.DidThen | c.SilentFor | c.EdgeEvent | c.Gap, scope: Scope
) -> c.Condition:
    match condition:
        case c.SilentFor():
            check_retention(SILENCE_EVENT, c.LastWindow(duration=condition.duration), condition.span, scope)
            return condition
        case c.DidThen():
            window = check_window(condition.window, condition.first.event, condition.span, scope)
            check_retention(condition.second.event, window, condition.span, scope)
            first, second = check_pattern(condition.first, scope), check_pattern(condition.second, scope)
            return replace(condition, window=window, first=first, second=second)
        case c.EdgeEvent():
            event = scope.catalogue.event(condition.pattern.event)
            has = check_where(condition.has, replace(scope, event=event))
            return replace(_windowed(condition, scope), has=has)
        case c.DidInPeriods():
            _check_zone(condition, scope)
            return replace(_windowed(condition, scope), zone=scope.catalogue.default_zone)
        case c.Did():
            return _windowed(condition, scope)
        case c.Gap():
            return _windowed(condition, scope)


def _windowed(condition: Windowed, scope: Scope) -> Windowed:
    pattern = check_pattern(condition.pattern, scope)
    window = check_window(condition.window, condition.pattern.event, condition.span, scope)
    return replace(condition, pattern=pattern, window=window)


def _check_zone(condition: c.DidInPeriods, scope: Scope) -> None:
    zone = condition.named_zone
    if zone is not None and zone not in zone_names():
        scope.report_unknown(
            UNKNOWN_ZONE,
            f'There is no time zone "{zone}".',
            condition.span,
            name=zone,
            known=zone_names(),
        )
