"""A batch of events as columns: for each value that occurs, the events that have it, one bit for each event."""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from operator import itemgetter
from typing import Any, Literal, TypeAlias

from rulecast.rule.engine.facts import PersonFacts
from rulecast.rule.engine.instants import full_years, today
from rulecast.rule.engine.matcher.columns import Column, MaskColumn, read_column
from rulecast.rule.engine.matcher.places import Mask, Span
from rulecast.rule.engine.matcher.records import TriggerEvent

NO_RANKS: Mapping[str, int] = {}

ColumnKind: TypeAlias = Literal["event", "person", "event list", "person list", "tags", "labels", "age"]


@dataclass(frozen=True, slots=True, eq=False)
class ColumnKey:
    """Which values a column holds: of the event or the person, under a name; ages also of which zone.

    Made by `column_key` alone, so that two equal keys are one object and a look-up costs no comparison.
    """

    kind: ColumnKind
    name: str
    zone: str | None


@cache
def column_key(kind: ColumnKind, name: str = "", zone: str | None = None) -> ColumnKey:
    """Return the key of a column."""
    return ColumnKey(kind, name, zone)


class Batch:
    """The events of one call, those of one name side by side, and what was worked out about them so far."""

    def __init__(
        self,
        events: Sequence[TriggerEvent],
        now: datetime,
        *,
        attributes: Sequence[str] = (),
        ranks: Mapping[str, int] = NO_RANKS,
    ) -> None:
        """Arrange the events; names of a low rank come first, and attributes are read person by person.

        Both only save time: masks of the first events are short, and a person's values lie close together.
        """
        last = len(ranks)
        by_name: dict[str, list[int]] = {}
        for place, one in enumerate(events):
            by_name.setdefault(one.event.name, []).append(place)
        names = sorted(by_name, key=lambda name: (ranks.get(name, last), name))
        self.order = [place for name in names for place in by_name[name]]
        self.events = [events[place] for place in self.order]
        self.people = [one.person for one in self.events]
        self.contact_ids = [person.contact_id for person in self.people]
        self.now = now
        self.bits = [1 << place for place in range(len(self.events))]
        self.all = (1 << len(self.events)) - 1
        self._values = _columns_of(self.people, attributes)
        self._columns: dict[ColumnKey, Column] = {}
        self._groups: dict[Hashable, dict[Hashable, tuple[int, Mask]]] = {}

    def column(self, key: ColumnKey) -> Column:
        """Return a column, read at its first use."""
        column = self._columns.get(key)
        if column is None:
            column = self._columns[key] = self._read(key)
        return column

    def names(self) -> Iterable[tuple[str, Mask]]:
        """Yield the names of events that occur, and the events of each."""
        groups = self.groups("name", lambda one: one.event.name)
        return ((one.event.name, mask) for one, mask in groups)

    def spans(self) -> dict[str, Span]:
        """Return where the events of each name lie."""
        return {name: Span.of(mask) for name, mask in self.names()}

    def bringing(self, name: str) -> Mask:
        """Return the events whose person brings an attribute along, be it only to say that it is missing."""
        return sum(
            bit for person, bit in zip(self.people, self.bits, strict=True) if name in person.attributes
        )

    def groups(
        self, key: Hashable, of: Callable[[TriggerEvent], Hashable]
    ) -> Iterable[tuple[TriggerEvent, Mask]]:
        """Yield one event of each group of events that look alike, and the group."""
        found = self._groups.get(key)
        if found is None:
            found = self._groups[key] = {}
            for place, event in enumerate(self.events):
                alike = of(event)
                first, mask = found.get(alike, (place, 0))
                found[alike] = first, mask | self.bits[place]
        return ((self.events[first], mask) for first, mask in found.values())

    def _read(self, key: ColumnKey) -> Column:  # noqa: PLR0911 - one return per kind
        match key.kind:
            case "event":
                return self._by_value(self._event_values(key.name))
            case "person":
                return self._by_value(self._person_values(key.name))
            case "event list":
                return self._by_item(self._event_values(key.name))
            case "person list":
                return self._by_item(self._person_values(key.name))
            case "tags":
                return self._by_item(person.tags for person in self.people)
            case "labels":
                return self._by_item(person.labels for person in self.people)
            case "age":
                born = self._by_value(self._person_values(key.name))
                return _ages(born.items(), today(key.zone, self.now))

    def _event_values(self, name: str) -> Iterable[Any]:
        if name == "occurred_at":
            return (one.event.occurred_at for one in self.events)
        return (one.event.properties.get(name) for one in self.events)

    def _person_values(self, name: str) -> Iterable[Any]:
        values = self._values.get(name)
        if values is None:
            values = tuple(person.attributes.get(name) for person in self.people)
        held = _HELD_ELSEWHERE.get(name)
        if held is None:
            return values
        return (
            value if name in person.attributes else held(person)
            for value, person in zip(values, self.people, strict=True)
        )

    def _by_value(self, values: Iterable[Any]) -> Column:
        return read_column(values if isinstance(values, tuple) else tuple(values), self.bits)

    def _by_item(self, values: Iterable[Iterable[Any] | None]) -> Column:
        masks: dict[Any, Mask] = {}
        present = 0
        for items, bit in zip(values, self.bits, strict=True):
            if items:
                present |= bit
                for item in items:
                    masks[item] = masks.get(item, 0) | bit
        return MaskColumn(masks, present)


def _columns_of(people: Sequence[PersonFacts], attributes: Sequence[str]) -> dict[str, Sequence[Any]]:
    """Return the values of each attribute, person by person; None stands for what a person does not bring."""
    if not people or not attributes:
        return {}
    whole = itemgetter(*attributes) if len(attributes) > 1 else None
    rows: list[tuple[Any, ...]] = []
    for person in people:
        held = person.attributes
        try:
            row = whole(held) if whole is not None else (held[attributes[0]],)
        except KeyError:
            row = tuple(map(held.get, attributes))
        rows.append(row)
    return dict(zip(attributes, zip(*rows, strict=True), strict=True))


_HELD_ELSEWHERE: Mapping[str, Callable[[PersonFacts], Any]] = {
    "first_seen_at": lambda person: person.first_seen_at,
    "zone": lambda person: person.zone,
}


def _ages(born: Iterable[tuple[Any, Mask]], day: date) -> Column:
    masks: dict[Any, Mask] = {}
    present = 0
    for value, mask in born:
        if isinstance(value, date):
            years = full_years(value, day)
            masks[years] = masks.get(years, 0) | mask
            present |= mask
    return MaskColumn(masks, present)
