"""What goes into the batch matcher and what comes out of it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, TypeAlias

from typing_extensions import override

from rulecast.rule.engine.facts import EventFact, PersonFacts
from rulecast.rule.engine.matcher.counters import CountedPair, Series
from rulecast.rule.language import condition as c
from rulecast.values.ids import RuleVersionId

Match: TypeAlias = tuple[int, RuleVersionId]
"""The place of an event in its batch and a rule that it fires."""

Counters: TypeAlias = Mapping[bytes, Mapping[int, Series | None]]
"""By the hash of a pair, then by contact. A pair that is not in it is not kept; a contact who is not did nothing.

A contact with None has counters that are not to be believed; their events are read instead.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggeredRule:
    """What the matcher needs of a rule: the event it waits for and the checked condition on the person."""

    pattern: c.EventPattern
    condition: c.Condition


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggerEvent:
    """One stored event and the person it is about.

    The person comes without `events`: what they did is asked for later, and only of those on whom it depends. The
    attribute `last_inbound_at`, which stands for events, counts as known only where `attributes` has the name.
    """

    event: EventFact
    person: PersonFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class EventsAsked:
    """The events that must be read: of these people, of these names, from an instant on (None: from the first)."""

    contact_ids: frozenset[int] = frozenset()
    names: frozenset[str] = frozenset()
    since: datetime | None = None


CountersAsked: TypeAlias = Mapping[CountedPair, Collection[int]]
EventsByContact: TypeAlias = Mapping[int, Sequence[EventFact]]


class History(Protocol):
    """Where the past of people is read from, for matching in one call."""

    def counters(self, asked: CountersAsked) -> Counters:
        """Return the counters of these people for these pairs."""
        ...

    def events(self, asked: EventsAsked) -> EventsByContact:
        """Return the events asked for by contact, in order of recording."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryInMemory(History):
    """A history that is already read; without counters every question goes to the events."""

    events_by_contact: EventsByContact = field(default_factory=dict)
    kept: Counters = field(default_factory=dict)

    @override
    def counters(self, asked: CountersAsked) -> Counters:
        return self.kept

    @override
    def events(self, asked: EventsAsked) -> EventsByContact:
        return self.events_by_contact
