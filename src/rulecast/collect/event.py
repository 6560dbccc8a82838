"""A fact about a person at an instant, and the columns in which many of them travel to the database."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Self

import msgspec

from rulecast.values.ids import ContactId, ImportId

EventSource = Literal["import", "webhook", "link", "track", "rulecast"]

# Bytes of one event beside its properties: ids, instant, name, key.
EVENT_OVERHEAD_BYTES = 80
# A list of events is sent in parameters of at most this size; larger ones have hung the driver's pipeline.
PARAMETER_BYTES_MAX = 192 * 1024

# Decimals travel as JSON numbers, digit for digit: PostgreSQL keeps them exact.
_ENCODER = msgspec.json.Encoder(decimal_format="number", order="deterministic")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEvent:
    """One event to be recorded.

    `properties` hold text already folded (`values.catalogue.fold_text`), numbers, booleans, ISO dates and UTC
    instants; never free text. `event_key` is a keyed hash of 16 bytes: two events of one instant and one key
    are the same event.
    """

    contact_id: ContactId
    name: str
    occurred_at: datetime
    event_key: bytes
    source: EventSource
    properties: Mapping[str, object] = field(default_factory=dict)
    import_id: ImportId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedEvent:
    """An event as it is stored."""

    name: str
    occurred_at: datetime
    source: EventSource
    properties: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class AddedEvent:
    """An event that was new; its properties as JSON text."""

    contact_id: int
    name: str
    occurred_at: datetime
    properties: str


@dataclass(frozen=True, slots=True)
class EventColumns:
    """Events as columns of equal length, the shape in which they are sent; `import_ids` holds 0 for none."""

    contact_ids: list[int] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    occurred: list[datetime] = field(default_factory=list)
    keys: list[bytes] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    import_ids: list[int] = field(default_factory=list)
    properties: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, events: Iterable[NewEvent]) -> Self:
        """Return the events as columns, in their order."""
        columns = cls()
        # Facts about messages of one run share their properties; the mapping is kept so that its id stays its own.
        known: dict[int, tuple[Mapping[str, object], str]] = {}
        for event in events:
            encoded = known.get(id(event.properties))
            if encoded is None:
                encoded = (event.properties, encode_properties(event.properties))
                known[id(event.properties)] = encoded
            columns.contact_ids.append(event.contact_id)
            columns.names.append(event.name)
            columns.occurred.append(event.occurred_at)
            columns.keys.append(event.event_key)
            columns.sources.append(event.source)
            columns.import_ids.append(event.import_id or 0)
            columns.properties.append(encoded[1])
        return columns

    def chunks(self) -> Iterable[Self]:
        """Yield the events in pieces of at most `PARAMETER_BYTES_MAX` bytes, each of one event at least."""
        start, size_bytes = 0, 0
        for position, text in enumerate(self.properties):
            size_bytes += EVENT_OVERHEAD_BYTES + len(text)
            if size_bytes >= PARAMETER_BYTES_MAX:
                yield self._slice(start, position + 1)
                start, size_bytes = position + 1, 0
        if start < len(self.properties):
            yield self._slice(start, len(self.properties))

    def _slice(self, start: int, end: int) -> Self:
        return type(self)(
            contact_ids=self.contact_ids[start:end],
            names=self.names[start:end],
            occurred=self.occurred[start:end],
            keys=self.keys[start:end],
            sources=self.sources[start:end],
            import_ids=self.import_ids[start:end],
            properties=self.properties[start:end],
        )


def encode_properties(properties: Mapping[str, object]) -> str:
    """Return properties as JSON text with sorted names and exact decimals."""
    return _ENCODER.encode(properties).decode()
