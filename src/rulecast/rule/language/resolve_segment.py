"""Segments: a named condition of the workspace, read where a rule names it."""

from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

from rulecast.rule.language import condition as c
from rulecast.rule.language.limits import ATOMS_MAX, SEGMENT_DEPTH_MAX
from rulecast.rule.language.parse import parse_condition
from rulecast.rule.language.problem import (
    SEGMENT_CYCLE,
    TOO_DEEP,
    TOO_LARGE,
    UNKNOWN_SEGMENT,
    RuleProblem,
    RuleProblems,
)
from rulecast.rule.language.scope import Expanded, Scope
from rulecast.rule.language.walk import moved, size_of

Resolve: TypeAlias = Callable[[c.Condition, Scope], c.Condition]


def segment_of(atom: c.InSegment, scope: Scope, resolve: Resolve) -> c.InSegment:
    """Return the atom with the segment's condition resolved; what is wrong inside is reported at the atom."""
    text = scope.catalogue.segments.get(atom.name)
    if text is None:
        scope.report_unknown(
            UNKNOWN_SEGMENT,
            f'There is no segment "{atom.name}".',
            atom.span,
            name=atom.name,
            known=scope.catalogue.segments,
        )
        return atom
    if atom.name in scope.segments:
        path = [*scope.segments[scope.segments.index(atom.name) :], atom.name]
        scope.report(SEGMENT_CYCLE, f"The segment refers to itself: {' -> '.join(path)}.", atom.span)
        return atom
    if len(scope.segments) >= SEGMENT_DEPTH_MAX:
        scope.report(TOO_DEEP, f"Segments refer to each other more than {SEGMENT_DEPTH_MAX} deep.", atom.span)
        return atom
    if atom.name not in scope.expanded:
        scope.expanded[atom.name] = _expanded(atom.name, text, scope, resolve)
    found = scope.expanded[atom.name]
    scope.problems.extend(told_outside(problem, atom) for problem in found.problems)
    condition = found.condition
    return replace(atom, condition=moved(condition, atom.span) if condition is not None else None)


def _expanded(name: str, text: str, scope: Scope, resolve: Resolve) -> Expanded:
    parsed = parse_condition(text)
    if isinstance(parsed, RuleProblems):
        return Expanded(condition=None, size=0, problems=parsed.problems)
    if size_of(parsed) > ATOMS_MAX:
        return Expanded(condition=None, size=0, problems=(_too_large(size_of(parsed), parsed),))
    problems: list[RuleProblem] = []
    inner = replace(scope, problems=problems, segments=(*scope.segments, name))
    condition = resolve(parsed, inner)
    size = size_of(condition)
    if size > ATOMS_MAX:
        return Expanded(condition=None, size=0, problems=(*_each_once(problems), _too_large(size, condition)))
    return Expanded(condition=condition, size=size, problems=_each_once(problems))


def _each_once(problems: list[RuleProblem]) -> tuple[RuleProblem, ...]:
    """Return the problems without those that only stand at several places of a text the rule's author may not see."""
    return tuple({(problem.code, problem.message): problem for problem in problems}.values())


def _too_large(size: int, condition: c.Condition) -> RuleProblem:
    message = f"With its segments it has {size} conditions; at most {ATOMS_MAX} are allowed."
    return RuleProblem(kind=TOO_LARGE, message=message, span=condition.span)


def told_outside(problem: RuleProblem, atom: c.InSegment) -> RuleProblem:
    """Return a problem of a segment's text as one of the place that names the segment."""
    return replace(problem, span=atom.span, message=f'In the segment "{atom.name}": {problem.message}')
