"""The batch matcher beside the reference: rules that all wait for one event, for every person of a population."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from tests.generative.rule_differential import Difference, expected_of
from tests.generative.rule_world import World

from rulecast.rule.engine import EventFact, PersonFacts
from rulecast.rule.engine.matcher import CompiledRules, HistoryInMemory, TriggeredRule, TriggerEvent
from rulecast.rule.engine.matcher.counters import Series, tally
from rulecast.rule.language import condition as c
from rulecast.values.ids import RuleVersionId

ENGINE = "matcher"


def history_of(
    compiled: CompiledRules, people: dict[int, PersonFacts], now: datetime, *, has_counters: bool
) -> HistoryInMemory:
    """Return what people did, with the counters by day that the rules ask for or without any."""
    events: dict[int, tuple[EventFact, ...]] = {key: tuple(one.events) for key, one in people.items()}
    pairs = compiled.pairs(now) if has_counters else {}
    kept = {
        pair.hash: {
            key: Series.of(day for day in tally(pair, facts) if first is None or day.day >= first)
            for key, facts in events.items()
        }
        for pair, first in pairs.items()
    }
    return HistoryInMemory(events_by_contact=events, kept=kept)


def matcher_differences(
    world: World, conditions: Sequence[c.Condition], *, has_counters: bool
) -> Iterator[Difference]:
    """Yield the conditions for which the matcher fires for others than the reference names."""
    people = {person.contact_id: person for person in world.people}
    name = world.events[0]
    batch = [
        TriggerEvent(
            event=EventFact(name=name, occurred_at=world.now - timedelta(seconds=1), properties={}),
            person=replace(person, events=()),
        )
        for person in world.people
    ]
    compiled = CompiledRules.of(
        {
            RuleVersionId(place): TriggeredRule(pattern=c.EventPattern(event=name), condition=condition)
            for place, condition in enumerate(conditions)
        }
    )
    history = history_of(compiled, people, world.now, has_counters=has_counters)
    found: dict[int, list[int]] = {place: [] for place in range(len(conditions))}
    for place, version in compiled.match(batch, world.now, history=history):
        found[int(version)].append(batch[place].person.contact_id)
    for place, condition in enumerate(conditions):
        expected, fired = expected_of(condition, world), tuple(sorted(found[place]))
        if fired != expected:
            yield Difference(engine=ENGINE, condition=condition, expected=expected, found=fired)
