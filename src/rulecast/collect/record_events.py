"""Append facts about people; saying one twice does nothing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from rulecast.collect import store
from rulecast.collect.event import AddedEvent, EventColumns, NewEvent
from rulecast.collect.listeners import EventListener, listeners
from rulecast.collect.store import Connection

# Partitions are made for months in this range; a stray instant outside it goes to the default partition, so
# that no input can make thousands of tables.
FIRST_PARTITION = datetime(1990, 1, 1, tzinfo=UTC)
PARTITIONS_AHEAD = timedelta(days=400)


async def record_events(connection: Connection, events: Sequence[NewEvent], now: datetime) -> int:
    """Append the events in the caller's transaction and return how many were new.

    An event is known by its instant and key. Monthly partitions are made where they are missing.
    """
    if not events:
        return 0
    return await record_event_columns(connection, EventColumns.of(events), now)


async def record_event_columns(connection: Connection, columns: EventColumns, now: datetime) -> int:
    """Append events given as columns, as `record_events` does; listeners hear of those that are new."""
    ears = await hearing(connection)
    await store.ensure_event_months(connection, months_of(columns.occurred, now))
    names = ears.names.intersection(columns.names)
    if not names:
        return sum([await store.insert_events(connection, chunk, now) for chunk in columns.chunks()])
    count = 0
    for chunk in columns.chunks():
        added = await store.insert_heard_events(connection, chunk, names, now=now)
        count += len(added)
        await ears.tell(connection, added)
    return count


@dataclass(frozen=True, slots=True, kw_only=True)
class Ears:
    """The listeners of a transaction, with the events each wants to hear of."""

    wanted: Sequence[tuple[EventListener, frozenset[str]]]

    @property
    def names(self) -> frozenset[str]:
        """Return the events anybody wants to hear of."""
        return frozenset[str]().union(*(names for _, names in self.wanted))

    async def tell(self, connection: Connection, added: Sequence[AddedEvent]) -> None:
        """Tell every listener of the new events it wants to hear of, whichever they are; none is told of none."""
        if not added:
            return
        for listener, names in self.wanted:
            await listener.hear(connection, [one for one in added if one.name in names])


async def hearing(connection: Connection) -> Ears:
    """Return who listens in this transaction, before events are stored in it.

    Listeners take their locks before a new partition takes the table: who counts anew does so in this order too.
    """
    return Ears(wanted=[(one, await one.names(connection)) for one in listeners()])


def months_of(instants: Iterable[datetime], now: datetime) -> list[date]:
    """Return the first days of the UTC months that deserve a partition, in order."""
    last = now + PARTITIONS_AHEAD
    return sorted(
        {
            date(instant.year, instant.month, 1)
            for instant in (one.astimezone(UTC) for one in instants)
            if FIRST_PARTITION <= instant <= last
        }
    )
