"""Which rules an event fires for its person, by the batch matcher; people are read only where the event itself fits."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

from rulecast.database import Connection
from rulecast.plan.person_facts import fold_events
from rulecast.plan.store import read_people
from rulecast.rule.engine import EventFact, PersonFacts
from rulecast.rule.engine.matcher import CompiledRules, EventsAsked, TriggeredRule, TriggerEvent
from rulecast.rule.engine.matcher.store import read_counters
from rulecast.rule.language.condition import Everybody
from rulecast.values.catalogue import Catalogue
from rulecast.values.ids import RuleVersionId
from rulecast.wiring.plan_audience import EVER
from rulecast.wiring.triggers.records import ArrivedEvent, Firing, ListeningRule

EFFECT_PROPERTY = '"rule"'
"""Facts about messages name the rule that sent them; a firing by one of them is an effect of messages."""
Match = tuple[int, RuleVersionId]


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRules:
    """The rules that wait for events, compiled once: by the event alone, and with the condition on the person.

    A rule with a delay is not evaluated for the person before that has passed, so its event alone fires it.
    """

    rules: dict[RuleVersionId, ListeningRule]
    by_event: CompiledRules
    by_person: CompiledRules

    @classmethod
    def of(cls, rules: Iterable[ListeningRule]) -> Self:
        """Compile rules; about a fifth of a millisecond each."""
        waiting = {rule.rule_version_id: rule for rule in rules if rule.pattern is not None}
        patterns = {
            version: TriggeredRule(pattern=rule.pattern, condition=Everybody())
            for version, rule in waiting.items()
            if rule.pattern is not None
        }
        at_once = {
            version: replace(patterns[version], condition=rule.checked.condition)
            for version, rule in waiting.items()
            if not rule.delay
        }
        return cls(rules=waiting, by_event=CompiledRules.of(patterns), by_person=CompiledRules.of(at_once))


async def match_events(
    connection: Connection,
    rules: EventRules,
    events: Sequence[ArrivedEvent],
    *,
    catalogue: Catalogue,
    now: datetime,
) -> list[Firing]:
    """Return what these events fire for their people now, delays and decision windows apart."""
    if not events or not rules.rules:
        return []
    facts = event_facts(events, catalogue)
    nobody = [TriggerEvent(event=fact, person=PersonFacts(contact_id=0)) for fact in facts]
    fitting = [
        (place, version)
        for place, version in rules.by_event.match(nobody, now)
        if rules.rules[version].takes(events[place])
    ]
    # An event ahead of our clock is in nobody's past yet: it waits for its instant as for a delay.
    delayed = [
        (place, version)
        for place, version in fitting
        if rules.rules[version].delay or events[place].occurred_at >= now
    ]
    asked = sorted({place for place, _ in set(fitting).difference(delayed)})
    people = await _read_people(connection, [events[place].contact_id for place in asked], catalogue, now)
    known = [place for place in asked if events[place].contact_id in people]
    batch = [TriggerEvent(event=facts[place], person=people[events[place].contact_id]) for place in known]
    found = {
        (known[place], version)
        for place, version in await _match(connection, rules, batch, catalogue=catalogue, now=now)
    }
    return [
        Firing(
            rule=rules.rules[version],
            contact_id=events[place].contact_id,
            event_id=events[place].event_id,
            occurred_at=events[place].occurred_at,
            is_effect=EFFECT_PROPERTY in events[place].properties,
        )
        for place, version in sorted(found.intersection(fitting).union(delayed))
    ]


async def _match(
    connection: Connection,
    rules: EventRules,
    batch: Sequence[TriggerEvent],
    *,
    catalogue: Catalogue,
    now: datetime,
) -> list[Match]:
    if not batch:
        return []
    matching = rules.by_person.begin(batch, now)
    counted = matching.counters_asked()
    if counted:
        matching.use_counters(await read_counters(connection, counted))
    asked = matching.events_asked()
    if asked.contact_ids:
        matching.use_events(await _read_events(connection, asked, catalogue, now))
    return matching.matches()


def event_facts(events: Sequence[ArrivedEvent], catalogue: Catalogue) -> list[EventFact]:
    """Return events as evaluators read them, in their order."""
    return fold_events(((one.name, one.occurred_at, one.properties) for one in events), catalogue)


async def _read_people(
    connection: Connection, contact_ids: Sequence[int], catalogue: Catalogue, now: datetime
) -> dict[int, PersonFacts]:
    """Return people without what they did; the matcher asks for that where it decides."""
    if not contact_ids:
        return {}
    people = await read_people(
        connection,
        sorted(set(contact_ids)),
        catalogue=catalogue,
        events_read=(),
        valid_until=now,
        known_until=EVER,
    )
    return {contact_id: replace(person, events=()) for contact_id, person in people.items()}


async def _read_events(
    connection: Connection, asked: EventsAsked, catalogue: Catalogue, now: datetime
) -> dict[int, Sequence[EventFact]]:
    people = await read_people(
        connection,
        sorted(asked.contact_ids),
        catalogue=catalogue,
        events_read=asked.names,
        valid_until=now,
        known_until=EVER,
    )
    return {contact_id: person.events for contact_id, person in people.items()}
