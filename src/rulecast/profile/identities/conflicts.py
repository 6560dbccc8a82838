"""Two contacts that one identity names: kept apart, and both silent as soon as one is."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from rulecast.profile.identities import store
from rulecast.profile.identities.store import ConflictRow, Connection
from rulecast.profile.suppression import JournalEntry, Stop, SuppressionCause, suppress
from rulecast.profile.suppression.stop import Scope
from rulecast.profile.suppression.store import doubles_of
from rulecast.values.ids import ContactId


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """Two contacts that may be one person, and how it was learned: number, user_id, message or shared."""

    first: ContactId
    second: ContactId
    cause: str
    occurred_at: datetime


@dataclass(slots=True, kw_only=True)
class IdentitiesChanged:
    """What was done: whose identities changed by which update, conflicts opened, stops for the journal."""

    contact_of: dict[bytes, ContactId] = field(default_factory=dict)
    conflicts: list[Conflict] = field(default_factory=list)
    entries: list[JournalEntry] = field(default_factory=list)


async def open_conflicts(
    connection: Connection, conflicts: Iterable[Conflict], now: datetime
) -> tuple[list[Conflict], list[JournalEntry]]:
    """Keep the conflicts that are not open yet, stop both people where one is stopped, and return both."""
    wanted = {
        (ContactId(min(one.first, one.second)), ContactId(max(one.first, one.second))): one
        for one in conflicts
        if one.first != one.second
    }
    if not wanted:
        return [], []
    opened = await store.insert_conflicts(
        connection, [(*pair, one.cause, one.occurred_at) for pair, one in sorted(wanted.items())], now
    )
    return [wanted[pair] for pair in opened], await _share_stops(connection, opened, now)


async def _share_stops(
    connection: Connection, pairs: Sequence[tuple[ContactId, ContactId]], now: datetime
) -> list[JournalEntry]:
    """Stop everybody whom a chain of open conflicts joins to somebody stopped."""
    if not pairs:
        return []
    doubles = await doubles_of(connection, {person for pair in pairs for person in pair})
    people = doubles.keys() | {double for others in doubles.values() for double in others}
    stopped: dict[ContactId, set[Scope]] = {}
    for contact_id, scope, _ in await store.list_stops(connection, people):
        stopped.setdefault(contact_id, set()).add("all" if scope == "all" else "marketing")
    wanted = {
        (other, scope)
        for one, others in doubles.items()
        for other in (one, *others)
        for scope in set().union(*(stopped.get(person, set()) for person in (one, *others)))
        if scope not in stopped.get(other, set())
    }
    stops = [
        Stop(contact_id=contact_id, occurred_at=now, cause=SuppressionCause.IDENTITY_CONFLICT, scope=scope)
        for contact_id, scope in sorted(wanted)
    ]
    return await suppress(connection, stops, now)


async def list_conflicts(connection: Connection) -> list[ConflictRow]:
    """Return the open conflicts, the oldest first."""
    return await store.list_conflicts(connection)


async def settle_conflict(connection: Connection, conflict_id: int, *, by: str, now: datetime) -> bool:
    """Close a conflict because a person has found out that these are two people; return whether it was open.

    Stops that came of it stand: whoever was stopped is lifted, like anybody, by consent or by an agent.
    """
    return await store.settle_conflict(connection, conflict_id, by=by, now=now)
