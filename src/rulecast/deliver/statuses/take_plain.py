"""Merge ordinary statuses in one statement; what it leaves is for `apply_statuses`, and both leave the same rows."""

from collections.abc import Callable, Sequence
from datetime import datetime

from rulecast.collect.event import AddedEvent
from rulecast.collect.plain_statuses import PlainStatuses
from rulecast.collect.record_events import hearing
from rulecast.deliver.statuses import store
from rulecast.deliver.statuses.message_directory import MessageDirectory
from rulecast.deliver.statuses.outcome import MessageMoment, PlainTaken
from rulecast.deliver.statuses.store import Connection, KeyedStatuses, PlainRow
from rulecast.values.ids import ContactId, RunId


async def take_plain(
    connection: Connection,
    directory: MessageDirectory,
    statuses: PlainStatuses,
    *,
    listening: Callable[[int], int | None],
    now: datetime,
) -> PlainTaken:
    """Merge the statuses of accepted messages of familiar runs in the caller's transaction, and record their facts.

    `listening` tells of a run who waits for deliveries (see `FamiliarRow`).
    """
    indexes = directory.vault.lookup_indexes("wamid", statuses.wamids)
    directory.forget_old(now)
    familiar = directory.familiar(listening)
    if not familiar:
        return PlainTaken(left=range(len(statuses)))
    places = _first_places(statuses, indexes)
    if len(places) < len(statuses):
        statuses, indexes = statuses.picked(places), [indexes[place] for place in places]
    keys = directory.vault.lookup_indexes(
        "event", [fact_text(word, index) for word, index in zip(statuses.words, indexes, strict=True)]
    )
    ears = await hearing(connection)
    rows = await store.take_plain(
        connection,
        KeyedStatuses(statuses, indexes, keys),
        familiar,
        heard=sorted(ears.names.intersection(statuses.words)),
        now=now,
    )
    await ears.tell(connection, _facts(rows))
    return PlainTaken(
        left=[places[row.number - 1] for row in rows if row.what == "left"],
        moments=[
            MessageMoment(run_id=RunId(row.run_id), contact_id=ContactId(row.contact_id), moment="delivered")
            for row in rows
            if row.what == "delivered"
        ],
        delivered={RunId(row.run_id): row.number for row in rows if row.what == "counted"},
    )


def _first_places(statuses: PlainStatuses, indexes: Sequence[bytes]) -> Sequence[int]:
    """Return the places of the statuses, of equal ones only the first."""
    keys = list(zip(indexes, statuses.seconds, statuses.words, strict=True))
    if len(set(keys)) == len(keys):
        return range(len(keys))
    found: dict[tuple[bytes, int, str], int] = {}
    for place, key in enumerate(keys):
        found.setdefault(key, place)
    return list(found.values())


def fact_text(word: str, wamid_index: bytes) -> str:
    """Return what makes a status the same fact when it is told again."""
    return f"{word}\x1f{wamid_index.hex()}"


def _facts(rows: Sequence[PlainRow]) -> list[AddedEvent]:
    return [
        AddedEvent(
            contact_id=row.contact_id,
            name=row.name,
            occurred_at=row.occurred_at,
            properties=row.properties,
        )
        for row in rows
        if row.occurred_at is not None
    ]
