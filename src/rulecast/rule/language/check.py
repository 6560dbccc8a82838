"""The pipeline from a parsed rule to a checked one: named passes, listed once, in order."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeAlias

from rulecast.rule.language import condition as c
from rulecast.rule.language.check_actions import check_actions
from rulecast.rule.language.check_clauses import check_limits, check_score, check_trigger, check_validity
from rulecast.rule.language.check_examples import check_examples
from rulecast.rule.language.check_experiment import check_follow_ups, check_variants
from rulecast.rule.language.check_send import check_send, check_success
from rulecast.rule.language.check_sense import sense_problems
from rulecast.rule.language.check_types import check_types
from rulecast.rule.language.document import Action, Rule, Success, Trigger
from rulecast.rule.language.find_loops import find_loops
from rulecast.rule.language.limits import ATOMS_MAX
from rulecast.rule.language.lower import lower
from rulecast.rule.language.parse import parse_condition, read_rule
from rulecast.rule.language.problem import TOO_LARGE, RuleProblem, RuleProblems, in_order
from rulecast.rule.language.reads import Reads, reads_of
from rulecast.rule.language.resolve import Scope, check_purpose_word, resolve
from rulecast.rule.language.simplify import simplify
from rulecast.rule.language.walk import size_of
from rulecast.rule.language.warn import warnings_of
from rulecast.values.catalogue import Catalogue, Template

Pass: TypeAlias = Callable[[c.Condition, Scope], c.Condition]

PASSES: tuple[tuple[str, Pass], ...] = (
    ("resolve", resolve),
    ("check types", check_types),
    ("simplify", lambda condition, _scope: simplify(condition)),
    ("lower", lambda condition, _scope: simplify(lower(condition))),
)
"""From the parsed condition to the one that engines compile; `parse` stands before, `compile` after."""

CLAUSE_CHECKS: tuple[Callable[[Rule, Scope], None], ...] = (
    check_validity,
    check_score,
    check_limits,
    check_variants,
    check_follow_ups,
    check_examples,
)
"""Checks of clauses that only report."""

MEANING_PASSES = PASSES[:2]
"""The passes that leave the condition as the author wrote it, for explaining; they alone can report problems."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedRule:
    """A rule that can run: as written, condition and success with exact meaning, its template, and what it reads."""

    rule: Rule
    condition: c.Condition
    template: Template
    trigger: Trigger | None
    actions: tuple[Action, ...]
    success: Success | None
    warnings: tuple[RuleProblem, ...]
    reads: Reads

    @property
    def attributes_read(self) -> frozenset[str]:
        """Return the attributes that decide about people."""
        return self.reads.attributes

    @property
    def events_read(self) -> frozenset[str]:
        """Return the events that decide about people."""
        return self.reads.events

    @property
    def sensitive_read(self) -> frozenset[str]:
        """Return the attributes of the class sensitive among those read."""
        return self.reads.sensitive

    @property
    def reads_behaviour(self) -> bool:
        """Return whether the condition reads what people did, so that objectors to profiling are left out."""
        return bool(self.reads.events)


def check_rule(
    source: str | Rule, catalogue: Catalogue, *, now: datetime | None = None
) -> CheckedRule | RuleProblems:
    """Check a rule, given as text or as records, and return it or all problems that can be found at once.

    With `now` (aware UTC), windows of fixed dates that begin before the events kept today are refused too.
    """
    rule, unread = read_rule(source) if isinstance(source, str) else (source, ())
    if rule is None:
        return RuleProblems(problems=unread)
    scope = Scope(catalogue=catalogue, purpose=rule.purpose, problems=[], now=now)
    check_purpose_word(rule.purpose, rule.purpose_span, scope)
    condition = _meaning(rule.condition, scope, must_make_sense=not unread)
    template = check_send(rule, scope)
    trigger = check_trigger(rule, scope)
    actions = check_actions(rule, scope)
    success = check_success(rule.success, scope)
    for check in CLAUSE_CHECKS:
        check(rule, scope)
    scope.problems.extend(
        loop.problem for loop in find_loops(replace(rule, condition=condition, actions=actions))
    )
    errors = [problem for problem in scope.problems if problem.severity == "error"]
    errors = [*unread, *_elsewhere(errors, unread)]
    if errors or template is None:
        return RuleProblems(problems=in_order(errors))
    reads = reads_of(condition, catalogue, also=(rule.score.name,) if rule.score is not None else ())
    return CheckedRule(
        rule=rule,
        condition=condition,
        template=template,
        trigger=trigger,
        actions=actions,
        success=success,
        warnings=in_order([*scope.problems, *warnings_of(condition, reads, now=now)]),
        reads=reads,
    )


def _elsewhere(problems: Sequence[RuleProblem], known: Sequence[RuleProblem]) -> list[RuleProblem]:
    """Return the problems at no place that has a known one already, nor nowhere: they would follow from those."""
    return [
        problem
        for problem in problems
        if not (known and problem.span == c.NOWHERE)
        and not any(_overlap(problem.span, one.span) for one in known)
    ]


def _overlap(one: c.Span, other: c.Span) -> bool:
    return (
        one.line == other.line
        and one.column < other.column + other.length
        and other.column < one.column + one.length
    )


def check_condition(
    text: str, catalogue: Catalogue, purpose: str = "marketing", *, must_make_sense: bool = True
) -> c.Condition | RuleProblems:
    """Read and check a condition alone; one that need not make sense may be true of nobody or everybody."""
    parsed = parse_condition(text)
    if isinstance(parsed, RuleProblems):
        return parsed
    scope = Scope(catalogue=catalogue, purpose=purpose, problems=[])
    condition = _meaning(parsed, scope, must_make_sense=must_make_sense)
    return RuleProblems(problems=in_order(scope.problems)) if scope.problems else condition


def _meaning(condition: c.Condition, scope: Scope, *, must_make_sense: bool = True) -> c.Condition:
    """Run the passes that report; whether the whole makes sense can be asked once names and types are right."""
    if _is_too_large(condition, scope):
        return condition
    before = len(scope.problems)
    resolved = resolve(condition, scope)
    if _is_too_large(resolved, scope):
        return condition
    checked = check_types(resolved, scope)
    if must_make_sense and len(scope.problems) == before:
        sense = sense_problems(checked)
        scope.problems.extend(problem for problem in sense if problem.severity == "error")
    return checked


def _is_too_large(condition: c.Condition, scope: Scope) -> bool:
    atoms = size_of(condition)
    if atoms <= ATOMS_MAX:
        return False
    message = f"The rule has {atoms} conditions; at most {ATOMS_MAX} are allowed."
    scope.report(TOO_LARGE, message, condition.span, hint="mark the people with a tag and ask for the tag")
    return True


def lowered(condition: c.Condition) -> c.Condition:
    """Return a checked condition in the form that engines compile."""
    return simplify(lower(simplify(condition)))
