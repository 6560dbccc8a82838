"""Events as they are stored, as a pair sees them: only its own properties, in the types of its conditions."""

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec

from rulecast.rule.engine.facts import EventFact
from rulecast.rule.engine.matcher.counters import CountedPair, DayCounts, counted
from rulecast.rule.engine.read_value import read_value
from rulecast.rule.language import condition as c
from rulecast.values.catalogue import AttributeType

_DECODER = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal)


class StoredEvent(NamedTuple):
    """A row of the events; properties as JSON text."""

    contact_id: int
    name: str
    occurred_at: datetime
    properties: str


class PairReader:
    """Counts stored events for one pair."""

    def __init__(self, pair: CountedPair) -> None:
        self.pair = pair
        self._types: dict[str, AttributeType] = {
            one.name: one.type
            for one in _fields_of((pair.pattern.where, pair.property))
            if one.type is not None
        }

    @property
    def reads_properties(self) -> bool:
        """Return whether an event's properties bear on the pair."""
        return bool(self._types)

    def count(self, event: StoredEvent, properties: Mapping[str, Any]) -> DayCounts | None:
        """Return what an event of the pair's name adds, None where it does not belong; properties as decoded."""
        typed = {name: read_value(properties.get(name), kind) for name, kind in self._types.items()}
        return counted(self.pair, EventFact(name=event.name, occurred_at=event.occurred_at, properties=typed))


CounterKey = tuple[int, int, Any]
_Pairs = list[tuple[int, PairReader]]
_ByValue = dict[Hashable, _Pairs]


@dataclass(slots=True)
class _Route:
    """The pairs of one event's name: by the value one of its properties must have, and the others."""

    by_property: dict[tuple[str, AttributeType], _ByValue] = field(default_factory=dict)
    others: _Pairs = field(default_factory=list)
    reads_properties: bool = False

    def add(self, pair_id: int, reader: PairReader) -> None:
        self.reads_properties = self.reads_properties or reader.reads_properties
        key = _must_equal(reader.pair.pattern.where)
        if key is None:
            self.others.append((pair_id, reader))
        else:
            name, kind, value = key
            self.by_property.setdefault((name, kind), {}).setdefault(value, []).append((pair_id, reader))

    def candidates(self, properties: Mapping[str, Any]) -> Iterator[tuple[int, PairReader]]:
        """Yield the pairs to which an event may belong."""
        yield from self.others
        for (name, kind), by_value in self.by_property.items():
            yield from by_value.get(read_value(properties.get(name), kind), ())


class PairIndex:
    """Finds the pairs an event may belong to without asking every pair of its name."""

    def __init__(self, readers: Mapping[int, PairReader]) -> None:
        """Arrange the pairs, given by their ids."""
        self._routes: dict[str, _Route] = {}
        for pair_id, reader in readers.items():
            self._routes.setdefault(reader.pair.pattern.event, _Route()).add(pair_id, reader)

    def tally(self, events: Iterable[StoredEvent]) -> dict[CounterKey, DayCounts]:
        """Return what events add to pairs, by contact, pair id and day, in that order."""
        found: dict[CounterKey, DayCounts] = {}
        for event in events:
            route = self._routes.get(event.name)
            if route is None:
                continue
            properties = _DECODER.decode(event.properties) if route.reads_properties else {}
            for pair_id, reader in route.candidates(properties):
                added = reader.count(event, properties)
                if added is not None:
                    key = event.contact_id, pair_id, added.day
                    known = found.get(key)
                    found[key] = added if known is None else known.plus(added)
        return dict(sorted(found.items()))


def tally_events(
    readers: Mapping[int, PairReader], events: Iterable[StoredEvent]
) -> dict[CounterKey, DayCounts]:
    """Return what events add to pairs, by contact, pair id and day, in that order."""
    return PairIndex(readers).tally(events)


def _must_equal(where: c.Condition | None) -> tuple[str, AttributeType, Hashable] | None:
    """Return a property that has one value in every event of a pattern, its type and that value."""
    for part in where.parts if isinstance(where, c.And) else (where,):
        if not isinstance(part, c.Comparison) or part.operator != "=":
            continue
        kind = part.field.type
        # A list holds several values, an age is not what was written, and when it occurred an event knows itself.
        is_plain = part.field.years_since is None and part.field.name != "occurred_at"
        if kind is not None and kind is not AttributeType.TEXT_LIST and is_plain:
            return part.field.name, kind, part.value.value
    return None


def _fields_of(value: Any) -> Iterator[c.Field]:
    if isinstance(value, c.Field):
        yield value
    elif isinstance(value, tuple):
        for part in value:
            yield from _fields_of(part)
    elif is_dataclass(value):
        for one in fields(value):
            yield from _fields_of(getattr(value, one.name))
