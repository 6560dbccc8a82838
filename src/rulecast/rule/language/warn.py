"""What an author should know about a rule that is correct."""

from collections.abc import Iterator
from datetime import datetime

from rulecast.rule.language import condition as c
from rulecast.rule.language.check_sense import sense_problems
from rulecast.rule.language.lower import lower
from rulecast.rule.language.problem import (
    ADDS_MISSING,
    DROPS_MISSING,
    FUTURE_WINDOW,
    READS_SENSITIVE,
    RuleProblem,
)
from rulecast.rule.language.reads import Reads
from rulecast.rule.language.restrict import ALWAYS_SET
from rulecast.rule.language.simplify import simplify
from rulecast.rule.language.walk import atoms_of, attributes_of, windows_of


def warnings_of(condition: c.Condition, reads: Reads, *, now: datetime | None = None) -> list[RuleProblem]:
    """Return the warnings about a checked condition; with `now` also about windows that have not begun."""
    form = simplify(lower(condition))
    sense = (problem for problem in sense_problems(condition) if problem.severity == "warning")
    found = [*_missing(form), *sense, *_future(form, now)]
    for atom in atoms_of(condition):
        found.extend(sensitive_problem(name) for name in attributes_of(atom) if name.name in reads.sensitive)
    return found


def sensitive_problem(name: c.Field) -> RuleProblem:
    """Return the warning that a sensitive attribute decides about people."""
    return RuleProblem(
        kind=READS_SENSITIVE,
        message=f"{name.name} is sensitive; the plan names it and the approver must allow it.",
        span=name.span,
        attribute=name.name,
    )


def _missing(form: c.Condition, settled: frozenset[str] = ALWAYS_SET) -> Iterator[RuleProblem]:
    """Yield a warning for each value whose absence decides, unless `is set` or `is missing` beside it settles that."""
    match form:
        case c.And() | c.Or():
            told = _told(form)
            for part in form.parts:
                yield from _missing(part, settled | told)
        case c.Ago() if form.field.name not in settled:
            yield RuleProblem(
                kind=DROPS_MISSING,
                message=f"People whose {form.field.name} is missing are left out.",
                span=form.span,
                hint=f"to take them in: (... or {form.field.name} is missing)",
                attribute=form.field.name,
            )
        case c.Not(
            part=c.Comparison()
            | c.Between()
            | c.OneOf()
            | c.Contains()
            | c.StartsWith()
            | c.Matches()
            | c.Ago()
            | c.FieldWindow()
            | c.Anniversary()
            | c.Near() as atom
        ):
            if atom.field.name not in settled:
                yield RuleProblem(
                    kind=ADDS_MISSING,
                    message=f"People whose {atom.field.name} is missing are taken in.",
                    span=form.span,
                    hint=f"to leave them out add: and {atom.field.name} is set",
                    attribute=atom.field.name,
                )
        case _:
            return


def _told(form: c.And | c.Or) -> frozenset[str]:
    """Return what `is set` in a conjunction, or `is missing` (lowered: not set) in a disjunction, speaks of."""
    if isinstance(form, c.And):
        return frozenset(part.field.name for part in form.parts if isinstance(part, c.Presence))
    negated = (part.part for part in form.parts if isinstance(part, c.Not))
    return frozenset(part.field.name for part in negated if isinstance(part, c.Presence))


def _future(form: c.Condition, now: datetime | None) -> Iterator[RuleProblem]:
    if now is None:
        return
    for atom in atoms_of(form):
        for window in windows_of(atom):
            start = window.start if isinstance(window, c.DayWindow) else None
            if isinstance(window, c.AbsoluteWindow) and isinstance(window.start.value, datetime):
                start = window.start.value
            if isinstance(start, datetime) and start >= now:
                yield RuleProblem(
                    kind=FUTURE_WINDOW,
                    message="The window has not begun: nothing is counted in it today.",
                    span=atom.span,
                )
