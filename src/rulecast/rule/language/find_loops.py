"""Rules that start themselves, alone or through each other (F94), found before they are kept.

A rule's effects are the facts about its own message (sent, delivered, clicked, ...) and what its actions do. Where
an effect can fulfil the trigger of a rule there is an edge; a cycle of edges could send without end. Schedules and
people start rules from outside and are no edges. Names are compared as written, after aliases and folding.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Self

from rulecast.rule.language import condition as c
from rulecast.rule.language import document as d
from rulecast.rule.language.loop_effects import (
    Cause,
    causes_of,
    describe_action,
    effects_of,
    fulfils,
    own_message,
    patterns_made_true,
    trigger_parts,
)
from rulecast.rule.language.problem import RuleProblem
from rulecast.rule.language.problem_clause import BOOK_LOOP, RULE_LOOP


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One edge: what a rule does, where it says so, and the rule that this starts."""

    rule: str
    effect: str
    starts: str
    span: c.Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Loop:
    """A cycle of steps; the last one starts the rule of the first."""

    steps: tuple[Step, ...]

    @property
    def problem(self) -> RuleProblem:
        """Return the problem at the place of the first step."""
        first = self.steps[0]
        if len(self.steps) == 1:
            return RuleProblem(
                kind=RULE_LOOP,
                message=f"{first.effect} starts the rule {first.rule} again.",
                span=first.span,
                hint='name other rules in the trigger, such as where (rule = "..."), or ask for the absence of the tag',
            )
        chain = "; ".join(f"{step.rule}: {step.effect} starts {step.starts}" for step in self.steps)
        return RuleProblem(
            kind=BOOK_LOOP,
            message=f"These rules start each other: {chain}.",
            span=first.span,
            hint="take one of these effects away, or let its rule ask that it has not happened yet",
        )


def find_loops(rule: d.Rule) -> tuple[Loop, ...]:
    """Return the ways in which a rule starts itself."""
    return tuple(Loop(steps=(step,)) for step in _steps(rule, rule))


def find_book_loops(rules: Iterable[d.Rule], *, through: str | None = None) -> tuple[Loop, ...]:
    """Return cycles of rules, so many that every rule on a cycle with others is in one of them.

    With `through`, only a cycle of that rule is looked for. The time grows with the rules and with the effects that
    fit a trigger, not with pairs of rules.
    """
    book = _Book.of(rules)
    edges = {name: tuple(book.steps_from(name)) for name in book.rules}
    inner = _inner(edges)
    found: list[Loop] = []
    named: set[str] = set()
    for name in inner if through is None else [name for name in inner if name == through]:
        steps = () if name in named else _shortest_way(name, edges)
        if steps:
            found.append(Loop(steps=steps))
            named.update(step.rule for step in steps)
    return tuple(found)


def _inner(edges: Mapping[str, tuple[Step, ...]]) -> list[str]:
    """Return the rules on cycles and between them: those are left once all others are taken off the ends."""
    forward = {name: [step.starts for step in steps] for name, steps in edges.items()}
    backward: dict[str, list[str]] = {name: [] for name in edges}
    for name, others in forward.items():
        for other in others:
            backward[other].append(name)
    ends = _ends(forward) | _ends(backward)
    return [name for name in edges if name not in ends]


def _ends(edges: Mapping[str, list[str]]) -> set[str]:
    """Return the names that no edge comes to, and those that none comes to once these are gone, and so on."""
    coming = Counter(other for others in edges.values() for other in others)
    waiting = [name for name in edges if coming[name] == 0]
    for name in waiting:
        for other in edges[name]:
            coming[other] -= 1
            if coming[other] == 0:
                waiting.append(other)
    return set(waiting)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Book:
    """Rules by name, and the names of the triggered ones by what may start them."""

    rules: Mapping[str, d.Rule]
    started_by: Mapping[Cause, list[str]]

    @classmethod
    def of(cls, rules: Iterable[d.Rule]) -> Self:
        """Return the rules with an index of their triggers."""
        by_name = {rule.name: rule for rule in rules}
        started_by: dict[Cause, list[str]] = {}
        for rule in by_name.values():
            for cause in dict.fromkeys(causes_of(rule)):
                started_by.setdefault(cause, []).append(rule.name)
        return cls(rules=by_name, started_by=started_by)

    def steps_from(self, name: str) -> Iterator[Step]:
        """Yield the first step from a rule to each other one that it starts."""
        rule = self.rules[name]
        candidates = dict.fromkeys(
            other for effect in effects_of(rule) for other in self.started_by.get(effect, ())
        )
        for other in candidates:
            step = next(_steps(rule, self.rules[other]), None) if other != name else None
            if step is not None:
                yield step


def _shortest_way(start: str, edges: Mapping[str, tuple[Step, ...]]) -> tuple[Step, ...]:
    """Return the fewest steps from a rule back to itself, at least one; nothing where there is no way."""
    came_by: dict[str, Step] = {}
    waiting = [start]
    for name in waiting:
        for step in edges[name]:
            if step.starts not in came_by:
                came_by[step.starts] = step
                waiting.append(step.starts)
        if start in came_by:
            break
    if start not in came_by:
        return ()
    way = [came_by[start]]
    while way[-1].rule != start:
        way.append(came_by[way[-1].rule])
    return tuple(reversed(way))


def _steps(rule: d.Rule, other: d.Rule) -> Iterator[Step]:
    """Yield what the first rule does that can fulfil the trigger of the second."""
    match other.trigger:
        case d.EventTrigger() as trigger:
            effect = own_message(rule, trigger.pattern)
            if effect is not None:
                span = trigger.span if rule is other else rule.send.span
                yield Step(rule=rule.name, effect=effect, starts=other.name, span=span)
        case d.EnteringTrigger():
            parts = tuple(trigger_parts(other.condition))
            for action in rule.actions:
                if any(fulfils(action, part) for part in parts):
                    effect = describe_action(action)
                    yield Step(rule=rule.name, effect=effect, starts=other.name, span=action.span)
            for part in parts:
                for pattern in patterns_made_true(part):
                    effect = own_message(rule, pattern, must_be_named=True)
                    if effect is not None:
                        span = pattern.span if rule is other else rule.send.span
                        yield Step(rule=rule.name, effect=effect, starts=other.name, span=span)
        case None:
            return
