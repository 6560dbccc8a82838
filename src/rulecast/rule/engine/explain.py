"""Why a person is in or out: the tree of the condition with this person's values."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from rulecast.rule.engine.explain_values import values_of
from rulecast.rule.engine.facts import PersonFacts
from rulecast.rule.engine.reference import evaluate
from rulecast.rule.language import condition as c
from rulecast.rule.language.check_pattern import IGNORE_CASE
from rulecast.rule.language.format_condition import format_condition


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplanationNode:
    """One condition, whether it is true for the person, the values that decided, and its parts."""

    text: str
    truth: bool
    values: Mapping[str, object] = field(default_factory=dict)
    children: "tuple[ExplanationNode, ...]" = ()


def explain(condition: c.Condition, person: PersonFacts, now: datetime) -> ExplanationNode:
    """Return the explanation of a checked condition; its truth is that of `evaluate`."""
    values: Mapping[str, object] = {}
    children: tuple[ExplanationNode, ...] = ()
    match condition:
        case c.And() | c.Or():
            text = "all of" if isinstance(condition, c.And) else "at least one of"
            children = tuple(explain(part, person, now) for part in condition.parts)
        case c.Not():
            text = "not"
            children = (explain(condition.part, person, now),)
        case c.InSegment():
            text = format_condition(condition)
            assert condition.condition is not None, "the resolve pass fills in the condition of a segment"
            children = (explain(condition.condition, person, now),)
        case _:
            text = format_condition(_as_written(condition))
            values = values_of(condition, person, now)
    return ExplanationNode(
        text=text, truth=evaluate(condition, person, now), values=values, children=children
    )


def _as_written(atom: c.Atom) -> c.Atom:
    """Return an atom without what the type pass put before its pattern; nobody wrote that."""
    if not isinstance(atom, c.Matches):
        return atom
    pattern = str(atom.pattern.value).removeprefix(IGNORE_CASE)
    return replace(atom, pattern=replace(atom.pattern, value=pattern))
