"""Rules that start themselves, alone or through each other (F94), found before they are kept.

A rule's effects are the facts about its own message (sent, delivered, clicked, ...) and what its actions do. Where
an effect can fulfil the trigger of a rule there is an edge; a cycle of edges could send without end. Schedules and
people start rules from outside and are no edges. Names are compared as written, after aliases and folding.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from rulecast.rule.language import condition as c
from rulecast.rule.language import document as d
from rulecast.rule.language.loop_effects import describe_action, fulfils, own_message, trigger_parts
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


def find_book_loops(rules: Iterable[d.Rule]) -> tuple[Loop, ...]:
    """Return for each rule that lies on a cycle with others its shortest cycle, each cycle once."""
    by_name = {rule.name: rule for rule in rules}
    edges = _edges(by_name)
    found: dict[frozenset[str], Loop] = {}
    for name in by_name:
        steps = _shortest_way(name, name, edges)
        if len(steps) > 1:
            found.setdefault(frozenset(step.rule for step in steps), Loop(steps=steps))
    return tuple(found.values())


def _edges(rules: Mapping[str, d.Rule]) -> dict[str, tuple[Step, ...]]:
    """Return the first step from each rule to each other one that it starts."""
    triggered = [rule for rule in rules.values() if rule.trigger is not None]
    return {
        name: tuple(
            step for other in triggered if other.name != name for step in list(_steps(rule, other))[:1]
        )
        for name, rule in rules.items()
    }


def _shortest_way(start: str, goal: str, edges: Mapping[str, tuple[Step, ...]]) -> tuple[Step, ...]:
    """Return the fewest steps from a rule to a rule, at least one; nothing where there is no way."""
    ways: dict[str, tuple[Step, ...]] = {start: ()}
    waiting = [start]
    for name in waiting:
        for step in edges.get(name, ()):
            way = (*ways[name], step)
            if step.starts == goal:
                return way
            if step.starts not in ways:
                ways[step.starts] = way
                waiting.append(step.starts)
    return ()


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
                if isinstance(part, c.Did):
                    effect = own_message(rule, part.pattern, must_be_named=True)
                    if effect is not None:
                        span = part.span if rule is other else rule.send.span
                        yield Step(rule=rule.name, effect=effect, starts=other.name, span=span)
        case None:
            return
