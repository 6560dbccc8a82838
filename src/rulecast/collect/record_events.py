"""Append facts about people; saying one twice does nothing."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta

from rulecast.collect import store
from rulecast.collect.event import EventColumns, NewEvent
from rulecast.collect.listeners import listeners
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
    # Listeners take their locks before a new partition takes the table: who counts anew does so in this order too.
    heard = [(one, await one.names(connection)) for one in listeners()]
    await store.ensure_event_months(connection, months_of(columns.occurred, now))
    names = frozenset[str]().union(*(wanted for _, wanted in heard)).intersection(columns.names)
    if not names:
        return sum([await store.insert_events(connection, chunk, now) for chunk in columns.chunks()])
    count = 0
    for chunk in columns.chunks():
        added = await store.insert_heard_events(connection, chunk, names, now=now)
        count += len(added)
        for listener, wanted in heard:
            await listener.hear(connection, [one for one in added if one.name in wanted])
    return count


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
