"""The counters in PostgreSQL: which pairs are kept, how they are filled, read, and compared with the events.

Storing transactions share a lock and add what their events mean to the pairs they see. Whoever changes the pairs takes
the lock alone: what is stored before is filled in afterwards from the snapshot of that moment, what is stored later is
counted as it is stored, and nothing twice. Whatever else touches events leaves a gap, and people in a gap are matched
by their events until they are counted anew.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any, Self
from uuid import UUID

from typing_extensions import override

from rulecast.collect.event import AddedEvent
from rulecast.collect.listeners import EventListener
from rulecast.database import Connection, execute, fetch_all, fetch_one, fetch_value, load_queries
from rulecast.database.locks import key_of
from rulecast.rule.engine.matcher.counters import CountedPair, DayCounts, Series
from rulecast.rule.engine.matcher.pair_document import pair_from_text, pair_to_text
from rulecast.rule.engine.matcher.records import Counters, CountersAsked
from rulecast.rule.engine.matcher.stored_event import (
    CounterKey,
    PairIndex,
    PairReader,
    StoredEvent,
    tally_events,
)

QUERIES = load_queries(__package__)

LOCK = "rulecast.counters"
# A thousand people have some twenty thousand events: a fraction of a second, and no long transaction.
PEOPLE_AT_ONCE = 1_000
# Counting anew holds up whoever stores events, so it takes few people at a time.
MENDED_AT_ONCE = 100
# Forgetting days earlier would change the pairs, and with them every process, once a day.
DAYS_TOO_MANY_MAX = 7
ROWS_FORGOTTEN_AT_ONCE = 10_000
# A process works for one workspace; tests and a doctor may open a few more.
EDITIONS_KEPT_MAX = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptPair:
    """A pair as the database keeps it."""

    pair_id: int
    reader: PairReader
    first_day: date | None
    is_filled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Recount:
    """What comparing counters with events found: how many people, and who differed."""

    people: int
    different: frozenset[int]


# ---- while events are stored
class EventCounters(EventListener):
    """Adds new events to the counters in the transaction that stores them."""

    def __init__(self) -> None:
        # By edition: an edition names one state of the pairs of one database.
        self._known: dict[UUID, _Kept] = {}

    @override
    async def names(self, connection: Connection) -> frozenset[str]:
        edition = await fetch_value(connection, QUERIES["share_counting"], {"key": key_of(LOCK)})
        return (await self._pairs(connection, edition)).names

    @override
    async def hear(self, connection: Connection, added: Sequence[AddedEvent]) -> None:
        kept = await self._pairs(connection, await fetch_value(connection, QUERIES["find_edition"]))
        events = (StoredEvent(one.contact_id, one.name, one.occurred_at, one.properties) for one in added)
        await _add(connection, _from_first_day(kept.index.tally(events), kept.first_days))

    async def _pairs(self, connection: Connection, edition: UUID) -> "_Kept":
        pairs = self._known.get(edition)
        if pairs is None:
            while len(self._known) >= EDITIONS_KEPT_MAX:
                self._known.pop(next(iter(self._known)))
            pairs = self._known[edition] = _Kept.of(await list_pairs(connection))
        return pairs


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """The pairs of one edition, arranged once for all events that are stored under it."""

    names: frozenset[str]
    first_days: Mapping[int, date | None]
    index: PairIndex

    @classmethod
    def of(cls, pairs: Sequence[KeptPair]) -> Self:
        return cls(
            names=frozenset(one.reader.pair.pattern.event for one in pairs),
            first_days={one.pair_id: one.first_day for one in pairs},
            index=PairIndex({one.pair_id: one.reader for one in pairs}),
        )


COUNTERS = EventCounters()
"""The listener that wiring registers in every process that stores events."""


# ---- which pairs are kept
async def list_pairs(connection: Connection) -> list[KeptPair]:
    """Return the pairs that are counted."""
    return [
        KeptPair(
            pair_id=pair_id,
            reader=PairReader(pair_from_text(text)),
            first_day=first_day,
            is_filled=is_filled,
        )
        for pair_id, text, first_day, is_filled in await fetch_all(connection, QUERIES["list_pairs"])
    ]


async def keep_pairs(
    connection: Connection, wanted: Mapping[CountedPair, date | None], now: datetime
) -> bool:
    """Count exactly these pairs from here on, each from its first UTC day (None: every day).

    Returns whether the pairs changed. Then this transaction must end soon, for nobody stores events before, and
    `fill_pairs` must be called until it has nothing left; until then those pairs are matched by events.
    """
    if _change(await list_pairs(connection), wanted) is None:
        return False
    await execute(connection, QUERIES["lock_counting"], {"key": key_of(LOCK)})
    change = _change(await list_pairs(connection), wanted)
    if change is None:
        return False
    await execute(connection, QUERIES["delete_pairs"], {"pair_ids": change.deleted})
    await execute(
        connection,
        QUERIES["insert_pairs"],
        {
            "hashes": [pair.hash for pair in change.added],
            "event_names": [pair.pattern.event for pair in change.added],
            "definitions": [pair_to_text(pair) for pair in change.added],
            "first_days": [wanted[pair] for pair in change.added],
            "now": now,
        },
    )
    days = {"pair_ids": list(change.moved), "first_days": list(change.moved.values())}
    await execute(connection, QUERIES["set_first_days"], days)
    await execute(connection, QUERIES["set_edition"])
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class _Change:
    deleted: list[int]
    added: list[CountedPair]
    moved: dict[int, date | None]


def _change(kept: Sequence[KeptPair], wanted: Mapping[CountedPair, date | None]) -> _Change | None:
    """Return what must change; a pair that needs earlier days is counted from the beginning."""
    fitting = {
        one.reader.pair: one
        for one in kept
        if one.reader.pair in wanted and _reaches(one.first_day, wanted[one.reader.pair])
    }
    deleted = [one.pair_id for one in kept if fitting.get(one.reader.pair) is not one]
    added = [pair for pair in wanted if pair not in fitting]
    moved = {one.pair_id: wanted[pair] for pair, one in fitting.items() if one.first_day != wanted[pair]}
    # A move of days alone is worth the lock once in a while only: every day that is kept too long costs little.
    late = any(_is_much_later(fitting[pair].first_day, wanted[pair]) for pair in fitting)
    return _Change(deleted=deleted, added=added, moved=moved) if deleted or added or late else None


def _reaches(kept_from: date | None, wanted_from: date | None) -> bool:
    return kept_from is None or (wanted_from is not None and kept_from <= wanted_from)


def _is_much_later(kept_from: date | None, wanted_from: date | None) -> bool:
    return wanted_from is not None and (
        kept_from is None or (wanted_from - kept_from).days > DAYS_TOO_MANY_MAX
    )


async def fill_pairs(connection: Connection, *, people: int = PEOPLE_AT_ONCE) -> bool:
    """Count what some people did before a pair was kept, and return whether more is to be done.

    One call is one transaction's work; a kill between two of them loses nothing.
    """
    row = await fetch_one(connection, QUERIES["find_unfilled"])
    if row is None:
        return False
    pair_id, text, first_day, filled_until, is_foreign = row
    if is_foreign:
        # Restored from another cluster: whoever keeps the pairs registers it again.
        await execute(connection, QUERIES["delete_pairs"], {"pair_ids": [pair_id]})
        await execute(connection, QUERIES["set_edition"])
        return True
    contact_ids = await list_people_after(connection, filled_until, count=people)
    rows = await fetch_all(
        connection,
        QUERIES["list_events_before_pair"],
        {"pair_id": pair_id, "contact_ids": contact_ids, "since": _midnight(first_day)},
    )
    found = tally_events({pair_id: PairReader(pair_from_text(text))}, (StoredEvent(*one) for one in rows))
    await _add(connection, found)
    is_filled = len(contact_ids) < people
    progress = {"filled_until": max(contact_ids, default=filled_until), "is_filled": is_filled}
    await execute(connection, QUERIES["advance_filling"], {"pair_id": pair_id, **progress})
    return True


# ---- reading
async def read_counters(connection: Connection, asked: CountersAsked) -> Counters:
    """Return the counters of these people for these pairs, for `Matching.use_counters`."""
    people = frozenset[int]().union(*asked.values())
    rows = await fetch_all(
        connection,
        QUERIES["read_counters"],
        {"hashes": [pair.hash for pair in asked], "contact_ids": sorted(people)},
    )
    kept: dict[bytes, dict[int, list[DayCounts]]] = {}
    unsure: list[int] = []
    for pair_hash, contact_id, *day in rows:
        if pair_hash is None:
            unsure.append(contact_id)
        else:
            by_contact = kept.setdefault(bytes(pair_hash), {})
            if contact_id is not None:
                by_contact.setdefault(contact_id, []).append(DayCounts(*day))
    counters: dict[bytes, dict[int, Series | None]] = {}
    for key, by_contact in kept.items():
        counters[key] = {one: Series.of(sorted(days)) for one, days in by_contact.items()}
        counters[key].update(dict.fromkeys(unsure))
    return counters


# ---- comparing and mending
async def find_last_contact(connection: Connection) -> int:
    """Return the largest id of a person, 0 where there is none."""
    return int(await fetch_value(connection, QUERIES["find_last_contact"]))


async def list_people_after(connection: Connection, contact_id: int, *, count: int) -> list[int]:
    """Return the next people by id."""
    parameters = {"after": contact_id, "count": count}
    return [one for (one,) in await fetch_all(connection, QUERIES["list_next_contacts"], parameters)]


async def recount(connection: Connection, contact_ids: Collection[int]) -> Recount:
    """Compare the counters of these people with their events; who differs is matched by events until mended.

    Nobody stores events before the transaction ends: some hundred people at a time are enough.
    """
    await execute(connection, QUERIES["lock_counting"], {"key": key_of(LOCK)})
    pairs = [one for one in await list_pairs(connection) if one.is_filled]
    wanted = {"contact_ids": sorted(contact_ids)}
    gaps = {one for (one,) in await fetch_all(connection, QUERIES["list_gaps_among"], wanted)}
    first_days = {one.pair_id: one.first_day for one in pairs}
    rows = await fetch_all(connection, QUERIES["list_counters_of"], wanted)
    said = {
        (contact_id, pair_id, day[0]): DayCounts(*day)
        for contact_id, pair_id, *day in rows
        if pair_id in first_days
    }
    found = await _count(connection, pairs, [one for one in contact_ids if one not in gaps])
    said, true = _from_first_day(said, first_days), _from_first_day(found, first_days)
    different = frozenset(key[0] for key in said.keys() | true.keys() if said.get(key) != true.get(key))
    if different:
        await execute(connection, QUERIES["add_gaps"], {"contact_ids": sorted(different)})
    return Recount(people=len(contact_ids) - len(gaps), different=different)


async def mend_gaps(connection: Connection, *, people: int = MENDED_AT_ONCE) -> int:
    """Count some of those anew whose counters are not believed, and return how many; none while pairs are filled."""
    pairs = await list_pairs(connection)
    if not all(one.is_filled for one in pairs):
        return 0
    await execute(connection, QUERIES["lock_counting"], {"key": key_of(LOCK)})
    contact_ids = [one for (one,) in await fetch_all(connection, QUERIES["lock_gaps"], {"count": people})]
    if not contact_ids:
        return 0
    pairs = await list_pairs(connection)
    if not all(one.is_filled for one in pairs):
        return 0
    await execute(connection, QUERIES["delete_counters_of"], {"contact_ids": contact_ids})
    await _add(connection, await _count(connection, pairs, contact_ids))
    await execute(connection, QUERIES["delete_gaps"], {"contact_ids": contact_ids})
    return len(contact_ids)


async def forget_unused(connection: Connection, *, rows: int = ROWS_FORGOTTEN_AT_ONCE) -> int:
    """Delete some counters that no rule asks for any more, and return how many."""
    return await execute(connection, QUERIES["delete_unused_counters"], {"count": rows})


async def _count(
    connection: Connection, pairs: Sequence[KeptPair], contact_ids: Sequence[int]
) -> dict[CounterKey, DayCounts]:
    days = [one.first_day for one in pairs]
    known = [day for day in days if day is not None]
    since = min(known) if known and len(known) == len(days) else None
    names = sorted({one.reader.pair.pattern.event for one in pairs})
    parameters = {"contact_ids": list(contact_ids), "names": names, "since": _midnight(since)}
    rows = await fetch_all(connection, QUERIES["list_events_of"], parameters)
    found = tally_events({one.pair_id: one.reader for one in pairs}, (StoredEvent(*one) for one in rows))
    return _from_first_day(found, {one.pair_id: one.first_day for one in pairs})


def _from_first_day(
    counts: Mapping[CounterKey, DayCounts], first_days: Mapping[int, date | None]
) -> dict[CounterKey, DayCounts]:
    return {
        key: counts[key]
        for key in counts
        if (first := first_days[key[1]]) is None or counts[key].day >= first
    }


async def _add(connection: Connection, counts: Mapping[CounterKey, DayCounts]) -> None:
    if not counts:
        return
    days = counts.values()
    parameters: dict[str, Any] = {
        "contact_ids": [key[0] for key in counts],
        "pair_ids": [key[1] for key in counts],
        "days": [one.day for one in days],
        "times": [one.times for one in days],
        "totals": [format(one.total, "f") for one in days],
        "first_at": [one.first_at for one in days],
        "last_at": [one.last_at for one in days],
    }
    await execute(connection, QUERIES["add_counts"], parameters)


def _midnight(day: date | None) -> datetime | None:
    return None if day is None else datetime.combine(day, time(), UTC)
