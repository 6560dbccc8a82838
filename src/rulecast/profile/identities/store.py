"""The only file of this part that reaches the database."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from rulecast.database import Connection, execute, fetch_all, fetch_value, load_queries
from rulecast.profile.store import IdentityRow
from rulecast.values.ids import ContactId

__all__ = [
    "QUERIES",
    "Connection",
    "FormerOwner",
    "IdentityRow",
    "Owner",
    "PartedRow",
    "SeenRow",
    "WaitingRow",
]

QUERIES = load_queries(__package__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Who has an identity now, and since when."""

    contact_id: ContactId
    kind: str
    scope: str
    lookup: bytes = field(repr=False)
    valid_from: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FormerOwner:
    """Who had an identity, and from when until when; what was only claimed has no length."""

    contact_id: ContactId
    kind: str
    scope: str
    lookup: bytes = field(repr=False)
    valid_from: datetime
    valid_to: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingRow:
    """A change whose old identities nobody had."""

    change_key: bytes
    kind: str
    sealed_change: bytes = field(repr=False)
    occurred_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ConflictRow:
    """An open conflict."""

    conflict_id: int
    first_contact_id: ContactId
    second_contact_id: ContactId
    cause: str
    occurred_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenRow:
    """A number in every spelling and a BSUID that somebody was seen under at once, hashed."""

    numbers: tuple[bytes, ...] = field(repr=False)
    bsuid: bytes = field(repr=False)
    scope: str
    parent: bytes | None = field(repr=False)
    occurred_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PartedRow:
    """An open conflict over a number that passed from one contact to the other."""

    conflict_id: int
    former: ContactId
    taker: ContactId
    occurred_at: datetime


async def find_owners(connection: Connection, lookups: Iterable[bytes]) -> list[Owner]:
    """Return the current identities with these keyed hashes, of every kind."""
    wanted = sorted(set(lookups))
    if not wanted:
        return []
    return await fetch_all(connection, QUERIES["find_owners"], {"lookups": wanted}, record=Owner)


async def find_former(connection: Connection, lookups: Iterable[bytes]) -> list[FormerOwner]:
    """Return whose identities with these keyed hashes were, the latest end first."""
    wanted = sorted(set(lookups))
    if not wanted:
        return []
    return await fetch_all(connection, QUERIES["find_former"], {"lookups": wanted}, record=FormerOwner)


async def list_current(connection: Connection, contact_ids: Iterable[ContactId]) -> list[Owner]:
    """Return every current identity of these people."""
    wanted = sorted(set(contact_ids))
    return await fetch_all(connection, QUERIES["list_current"], {"contact_ids": wanted}, record=Owner)


async def close_identities(connection: Connection, closed: Sequence[tuple[Owner, datetime]]) -> None:
    """End identities at an instant, or when they began where that is later."""
    if not closed:
        return
    await execute(
        connection,
        QUERIES["close_identities"],
        {
            "contact_ids": [one.contact_id for one, _ in closed],
            "kinds": [one.kind for one, _ in closed],
            "scopes": [one.scope for one, _ in closed],
            "lookups": [one.lookup for one, _ in closed],
            "ended": [at for _, at in closed],
        },
    )


async def open_identities(connection: Connection, opened: Sequence[tuple[IdentityRow, datetime]]) -> None:
    """Begin identities, each at its instant."""
    if opened:
        await execute(connection, QUERIES["open_identities"], _columns(opened))


async def claim_identities(connection: Connection, claimed: Sequence[tuple[IdentityRow, datetime]]) -> None:
    """Keep identities that somebody else has as ones the person had at an instant."""
    if claimed:
        await execute(connection, QUERIES["claim_identities"], _columns(claimed))


def _columns(opened: Sequence[tuple[IdentityRow, datetime]]) -> dict[str, object]:
    return {
        "contact_ids": [one.contact_id for one, _ in opened],
        "kinds": [one.kind for one, _ in opened],
        "scopes": [one.scope for one, _ in opened],
        "lookups": [one.lookup for one, _ in opened],
        "suppression_indexes": [one.suppression_index for one, _ in opened],
        "sealed_values": [one.sealed_value for one, _ in opened],
        "begun": [at for _, at in opened],
    }


async def mark_reachability(connection: Connection, contact_ids: Iterable[ContactId], now: datetime) -> None:
    """Bring the flag of these people up to their identities, with a change row where it differs."""
    wanted = sorted(set(contact_ids))
    if wanted:
        await execute(connection, QUERIES["mark_reachability"], {"contact_ids": wanted, "now": now})


async def find_known_changes(connection: Connection, change_keys: Sequence[bytes]) -> set[bytes]:
    """Return which of these changes were taken before."""
    rows = await fetch_all(connection, QUERIES["find_known_changes"], {"keys": list(change_keys)})
    return {bytes(key) for (key,) in rows}


async def insert_change(  # noqa: PLR0913 - one argument a column
    connection: Connection,
    *,
    change_key: bytes,
    kind: str,
    contact_id: ContactId | None,
    old_lookups: Sequence[bytes],
    sealed_change: bytes | None,
    key_day: date,
    occurred_at: datetime,
    now: datetime,
) -> None:
    """Keep a change: acted upon for a contact, or waiting with what it says, sealed."""
    await execute(
        connection,
        QUERIES["insert_change"],
        {
            "change_key": change_key,
            "kind": kind,
            "contact_id": contact_id,
            "old_lookups": list(old_lookups),
            "sealed_change": sealed_change,
            "key_day": key_day,
            "occurred_at": occurred_at,
            "now": now,
        },
    )


async def take_waiting(
    connection: Connection, lookups: Sequence[bytes], *, since: datetime
) -> list[WaitingRow]:
    """Remove and return the waiting changes of these old identities, not older than an instant, the oldest first."""
    rows = await fetch_all(
        connection, QUERIES["take_waiting"], {"lookups": list(lookups), "since": since}, record=WaitingRow
    )
    return sorted(rows, key=lambda row: row.occurred_at)


async def insert_conflicts(
    connection: Connection, conflicts: Sequence[tuple[ContactId, ContactId, str, datetime]], now: datetime
) -> list[tuple[ContactId, ContactId]]:
    """Open conflicts between (smaller id, larger id) and return those that were not open."""
    rows = await fetch_all(
        connection,
        QUERIES["insert_conflicts"],
        {
            "firsts": [first for first, _, _, _ in conflicts],
            "seconds": [second for _, second, _, _ in conflicts],
            "causes": [cause for _, _, cause, _ in conflicts],
            "occurred": [at for _, _, _, at in conflicts],
            "now": now,
        },
    )
    return [(ContactId(first), ContactId(second)) for first, second in rows]


async def list_stops(
    connection: Connection, contact_ids: Iterable[ContactId]
) -> list[tuple[ContactId, str, datetime]]:
    """Return person, scope and instant of every stop in force, through every identity they ever had."""
    rows = await fetch_all(connection, QUERIES["list_stops"], {"contact_ids": sorted(set(contact_ids))})
    return [(ContactId(contact_id), scope, at) for contact_id, scope, at in rows]


async def list_conflicts(connection: Connection) -> list[ConflictRow]:
    """Return the open conflicts, the oldest first, at most 1,000."""
    return await fetch_all(connection, QUERIES["list_conflicts"], record=ConflictRow)


async def settle_conflict(connection: Connection, conflict_id: int, *, by: str, now: datetime) -> bool:
    """Close an open conflict and return whether there was one."""
    parameters = {"conflict_id": conflict_id, "by": by, "now": now}
    return bool(await fetch_value(connection, QUERIES["settle_conflict"], parameters))


async def find_passed(
    connection: Connection, seen: Sequence[SeenRow]
) -> list[tuple[int, ContactId, ContactId | None]]:
    """Return the place of each sighting under an id its number's contact never had, that contact, and the id's."""
    spelled = [(place, number) for place, one in enumerate(seen) for number in one.numbers]
    if not spelled:
        return []
    rows = await fetch_all(
        connection,
        QUERIES["find_passed"],
        {
            "places": [place for place, _ in spelled],
            "numbers": [number for _, number in spelled],
            "bsuids": [seen[place].bsuid for place, _ in spelled],
            "scopes": [seen[place].scope for place, _ in spelled],
            "parents": [seen[place].parent or b"" for place, _ in spelled],
            "occurred": [seen[place].occurred_at for place, _ in spelled],
        },
    )
    return [
        (place, ContactId(former), None if taker is None else ContactId(taker))
        for place, former, taker in rows
    ]


async def find_parted(connection: Connection, conflict_id: int) -> PartedRow | None:
    """Return an open conflict over a number that changed hands; None where it is another one or none."""
    found = await fetch_all(
        connection, QUERIES["find_parted"], {"conflict_id": conflict_id}, record=PartedRow
    )
    return found[0] if found else None


async def find_parted_by_ids(
    connection: Connection, olds: Sequence[bytes], news: Sequence[bytes]
) -> list[int]:
    """Return the open conflicts in which one had one of the old ids and the other has one of the new ones."""
    rows = await fetch_all(
        connection, QUERIES["find_parted_by_ids"], {"olds": list(olds), "news": list(news)}
    )
    return [conflict_id for (conflict_id,) in rows]


async def open_again(
    connection: Connection, contact_id: ContactId, *, ended_at: datetime, now: datetime
) -> None:
    """Begin again the numbers of a contact that ended at an instant and are nobody's now."""
    await execute(
        connection,
        QUERIES["open_again"],
        {"contact_id": contact_id, "ended_at": ended_at, "now": now},
    )


async def list_granted(
    connection: Connection, contact_ids: Iterable[ContactId]
) -> set[tuple[ContactId, str]]:
    """Return which of these people granted which purposes and stand by it."""
    wanted = sorted(set(contact_ids))
    if not wanted:
        return set()
    rows = await fetch_all(connection, QUERIES["list_granted"], {"contact_ids": wanted})
    return {(ContactId(contact_id), purpose) for contact_id, purpose in rows}
