"""Events as they are stored, as a pair sees them: only its own properties, in the types of its conditions."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
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


def tally_events(
    readers: Mapping[int, PairReader], events: Iterable[StoredEvent]
) -> dict[CounterKey, DayCounts]:
    """Return what events add to pairs, by contact, pair id and day, in that order."""
    by_name: dict[str, list[tuple[int, PairReader]]] = {}
    for pair_id, reader in readers.items():
        by_name.setdefault(reader.pair.pattern.event, []).append((pair_id, reader))
    is_read = {
        name: any(one.reads_properties for _, one in readers_of) for name, readers_of in by_name.items()
    }
    found: dict[CounterKey, DayCounts] = {}
    for event in events:
        wanted = by_name.get(event.name, ())
        properties = _DECODER.decode(event.properties) if wanted and is_read[event.name] else {}
        for pair_id, reader in wanted:
            added = reader.count(event, properties)
            if added is not None:
                key = event.contact_id, pair_id, added.day
                known = found.get(key)
                found[key] = added if known is None else known.plus(added)
    return dict(sorted(found.items()))


def _fields_of(value: Any) -> Iterator[c.Field]:
    if isinstance(value, c.Field):
        yield value
    elif isinstance(value, tuple):
        for part in value:
            yield from _fields_of(part)
    elif is_dataclass(value):
        for one in fields(value):
            yield from _fields_of(getattr(value, one.name))
