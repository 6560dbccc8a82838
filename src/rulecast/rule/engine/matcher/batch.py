"""A batch of events as columns: for each value that occurs, the events that have it, one bit for each event."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from itertools import accumulate, count
from operator import or_
from typing import Any, Literal, TypeAlias

from rulecast.rule.engine.facts import PersonFacts
from rulecast.rule.engine.instants import full_years, today
from rulecast.rule.engine.matcher.records import TriggerEvent

NO_RANKS: Mapping[str, int] = {}

Mask: TypeAlias = int
"""Bit n stands for event n of the batch."""


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


@dataclass(frozen=True, slots=True)
class Ordered:
    """The values that occur, in order, and before each place the events that have one of the values before it."""

    values: list[Any]
    below: list[Mask]


class Column:
    """The events by value; missing values are in no mask. Lists stand under each of their items."""

    __slots__ = ("_ordered", "masks", "present")

    def __init__(self, masks: Mapping[Any, Mask], present: Mask) -> None:
        self.masks = masks
        self.present = present
        self._ordered: Ordered | None = None

    def ordered(self) -> Ordered:
        """Return the values in order."""
        if self._ordered is None:
            values = sorted(self.masks)
            below = list(accumulate((self.masks[value] for value in values), or_, initial=0))
            self._ordered = Ordered(values, below)
        return self._ordered

    def less(self, value: Any) -> Mask:
        """Return the events with a value below the given one."""
        ordered = self.ordered()
        return ordered.below[bisect_left(ordered.values, value)]

    def at_most(self, value: Any) -> Mask:
        """Return the events with a value up to and with the given one."""
        ordered = self.ordered()
        return ordered.below[bisect_right(ordered.values, value)]


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
        names = [one.event.name for one in events]
        self.order = sorted(
            range(len(events)), key=lambda place: (ranks.get(names[place], last), names[place])
        )
        self.events = [events[place] for place in self.order]
        self.people = [one.person for one in self.events]
        self.now = now
        self.bits = [1 << place for place in range(len(self.events))]
        self.all = (1 << len(self.events)) - 1
        rows = [tuple(map(person.attributes.get, attributes)) for person in self.people]
        self._values = dict(zip(attributes, zip(*rows, strict=True), strict=True)) if rows else {}
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

    def spans(self) -> dict[str, tuple[int, int]]:
        """Return where the events of each name begin and how many bytes hold their bits from there on."""
        return {
            name: ((mask & -mask).bit_length() - 1, (mask.bit_count() + 7) // 8)
            for name, mask in self.names()
        }

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
                return _ages(born.masks, today(key.zone, self.now))

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
        masks: dict[Any, Mask] = {}
        for value, bit in zip(values, self.bits, strict=True):
            if value in masks:
                masks[value] |= bit
            else:
                masks[value] = bit
        missing = masks.pop(None, 0) | masks.pop("", 0)
        return Column(masks, self.all ^ missing)

    def _by_item(self, values: Iterable[Iterable[Any] | None]) -> Column:
        masks: dict[Any, Mask] = {}
        present = 0
        for items, bit in zip(values, self.bits, strict=True):
            if items:
                present |= bit
                for item in items:
                    masks[item] = masks.get(item, 0) | bit
        return Column(masks, present)


_HELD_ELSEWHERE: Mapping[str, Callable[[PersonFacts], Any]] = {
    "first_seen_at": lambda person: person.first_seen_at,
    "zone": lambda person: person.zone,
}


def _ages(born: Mapping[Any, Mask], day: date) -> Column:
    masks: dict[Any, Mask] = {}
    present = 0
    for value, mask in born.items():
        if isinstance(value, date):
            years = full_years(value, day)
            masks[years] = masks.get(years, 0) | mask
            present |= mask
    return Column(masks, present)


_PLACES_IN_BYTE = tuple(tuple(place for place in range(8) if byte >> place & 1) for byte in range(256))
# Below one bit in so many it is quicker to look for the next bit than to look at every byte.
_SPARSE = 16


def places_within(mask: Mask, start: int, size_bytes: int) -> list[int]:
    """Return the places of a mask's bits where it is known in how many bytes from which place they lie."""
    octets = (mask >> start).to_bytes(size_bytes, "little")
    if size_bytes == 1:
        return [start + place for place in _PLACES_IN_BYTE[octets[0]]]
    return [
        base + place
        for base, octet in zip(count(start, 8), octets, strict=False)
        if octet
        for place in _PLACES_IN_BYTE[octet]
    ]


def places(mask: Mask) -> list[int]:
    """Return the places of a mask's bits, the lowest first."""
    if not mask:
        return []
    # Events of one name stand side by side, so that what is left after the shift is short.
    start = (mask & -mask).bit_length() - 1
    length = mask.bit_length() - start
    if mask.bit_count() * _SPARSE >= length:
        return places_within(mask, start, (length + 7) // 8)
    mask >>= start
    found: list[int] = []
    while mask:
        lowest = mask & -mask
        found.append(start + lowest.bit_length() - 1)
        mask ^= lowest
    return found
