"""Our side of the trigger benchmark: the plain workload as rules, people and counters of the matcher."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache

from benchmarks.trigger_workload import (
    ATTRIBUTES,
    NOW_SECONDS,
    Plain,
    PlainAtom,
    PlainCount,
    PlainEvent,
    PlainRule,
    Workload,
)
from rulecast.rule.engine import EventFact, PersonFacts
from rulecast.rule.engine.matcher import CompiledRules, HistoryInMemory, TriggeredRule, TriggerEvent
from rulecast.rule.engine.matcher.counters import Series, tally
from rulecast.rule.language import condition as c
from rulecast.values.catalogue import AttributeType
from rulecast.values.ids import RuleVersionId

NOW = datetime.fromtimestamp(NOW_SECONDS, UTC)
CHANNEL = c.Field(name="channel", type=AttributeType.TEXT)


@cache
def field_of(name: str) -> c.Field:
    """Return an attribute as the checker leaves it."""
    return c.Field(name=name, type=AttributeType(ATTRIBUTES[name]))


def condition_of(rule: PlainRule) -> c.Condition:
    """Return the condition of a rule on the person."""
    parts: list[c.Condition] = [atom_of(atom) for atom in rule.atoms]
    if rule.count is not None:
        parts.append(count_of(rule.count))
    return c.And(parts=tuple(parts))


def atom_of(atom: PlainAtom) -> c.Condition:
    """Return one atom on an attribute."""
    field = field_of(atom.attribute)
    values = tuple(c.Constant(value=value) for value in atom.values)
    match atom.operator:
        case "=" | "<" | ">=":
            return c.Comparison(field=field, operator=atom.operator, value=values[0])
        case "in":
            return c.OneOf(field=field, values=values)
        case "between":
            return c.Between(field=field, low=values[0], high=values[1])
        case "before" | "after":
            length = c.Duration(amount=int(atom.values[0]), unit="days")
            return c.Ago(field=field, direction=atom.operator, duration=length)


def count_of(count: PlainCount) -> c.Condition:
    """Return the windowed count."""
    window = c.LastWindow(duration=c.Duration(amount=count.days, unit="days"))
    return c.Did(pattern=pattern_of(count.event, count.channel), minimum=count.minimum, window=window)


def pattern_of(event: str, channel: str | None) -> c.EventPattern:
    """Return an event, of one channel or of any."""
    if channel is None:
        return c.EventPattern(event=event)
    is_channel = c.Comparison(field=CHANNEL, operator="=", value=c.Constant(value=channel))
    return c.EventPattern(event=event, where=is_channel)


def rules_of(workload: Workload) -> dict[RuleVersionId, TriggeredRule]:
    """Return the rules by their places."""
    return {
        RuleVersionId(place): TriggeredRule(
            pattern=pattern_of(rule.event, rule.channel), condition=condition_of(rule)
        )
        for place, rule in enumerate(workload.rules)
    }


def fact_of(event: PlainEvent) -> EventFact:
    """Return an event as the engine knows it."""
    at = datetime.fromtimestamp(event.at_seconds, UTC)
    return EventFact(name=event.name, occurred_at=at, properties={"channel": event.channel})


def people_of(people: Sequence[dict[str, Plain | None]]) -> list[PersonFacts]:
    """Return the people without their past."""
    return [
        PersonFacts(
            contact_id=place,
            attributes={
                name: datetime.fromtimestamp(value, UTC)
                if ATTRIBUTES[name] == "instant" and isinstance(value, int)
                else value
                for name, value in person.items()
            },
        )
        for place, person in enumerate(people)
    ]


def history_of(workload: Workload, compiled: CompiledRules) -> HistoryInMemory:
    """Return everybody's counters, and their events for the edges of windows."""
    past = {place: tuple(map(fact_of, events)) for place, events in enumerate(workload.past)}
    kept: dict[bytes, dict[int, Series]] = {}
    for pair in compiled.pairs(NOW):
        days = {place: tally(pair, events) for place, events in past.items()}
        kept[pair.hash] = {place: Series.of(found) for place, found in days.items() if found}
    return HistoryInMemory(events_by_contact=past, kept=kept)


def batch_of(events: Sequence[PlainEvent], people: Sequence[PersonFacts]) -> list[TriggerEvent]:
    """Return events for matching."""
    return [TriggerEvent(event=fact_of(event), person=people[event.person]) for event in events]
