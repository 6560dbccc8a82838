"""Why a person is in or out: the tree of the condition with this person's values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from rulecast.rule.engine.facts import FactValue, PersonFacts
from rulecast.rule.engine.reference import (
    attribute_values,
    evaluate,
    field_value,
    matching,
    periods_of,
    sum_of,
)
from rulecast.rule.language import condition as c
from rulecast.rule.language.check_types import SILENCE_EVENT
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
    match condition:
        case c.And() | c.Or():
            text = "all of" if isinstance(condition, c.And) else "at least one of"
            children = tuple(explain(part, person, now) for part in condition.parts)
        case c.Not():
            text = "not"
            children = (explain(condition.part, person, now),)
        case _:
            text = format_condition(condition)
            children = ()
    values = {} if children else _values(condition, person, now)
    return ExplanationNode(
        text=text, truth=evaluate(condition, person, now), values=values, children=children
    )


def _values(atom: c.Condition, person: PersonFacts, now: datetime) -> dict[str, object]:  # noqa: PLR0911 - one return per kind of node
    match atom:
        case c.HasTag():
            return {"tags": tuple(sorted(person.tags))}
        case c.ConsentGranted():
            record = person.consents.get(atom.purpose)
            found = (
                None
                if record is None
                else {"granted": record.granted, "proven": record.proven, "at": record.at}
            )
            return {f"consent {atom.purpose}": found}
        case c.SilentFor():
            return {
                "first_seen_at": person.first_seen_at,
                "last message": _last(c.EventPattern(event=SILENCE_EVENT), None, person, now),
            }
        case c.Did():
            found_events = matching(atom.pattern, atom.window, person, now)
            return {"times": len(found_events), "last": _last(atom.pattern, atom.window, person, now)}
        case c.SumOf():
            return {"sum": sum_of(atom, person, now)}
        case c.DidInPeriods():
            return {atom.unit: tuple(sorted(periods_of(atom, person, now)))}
        case c.DidThen():
            return {
                f"{atom.first.event} at": _instants(atom.first, atom.window, person, now),
                f"{atom.second.event} at": _instants(atom.second, None, person, now),
            }
        case c.And() | c.Or() | c.Not():
            return {}
        case _:
            values = attribute_values(person)
            found_value: FactValue = field_value(atom.field, values, now)
            return {atom.field.name: found_value}


def _instants(
    pattern: c.EventPattern, window: c.Window | None, person: PersonFacts, now: datetime
) -> tuple[datetime, ...]:
    return tuple(sorted(event.occurred_at for event in matching(pattern, window, person, now)))


def _last(
    pattern: c.EventPattern, window: c.Window | None, person: PersonFacts, now: datetime
) -> datetime | None:
    return max(_instants(pattern, window, person, now), default=None)
