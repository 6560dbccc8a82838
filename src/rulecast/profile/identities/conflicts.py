"""Two contacts that one identity names: kept apart, and both silent as soon as one is."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from rulecast.profile.identities import store
from rulecast.profile.identities.store import ConflictRow, Connection
from rulecast.profile.suppression import JournalEntry, Stop, SuppressionCause, suppress
from rulecast.profile.suppression.stop import Scope
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
    stopped: dict[ContactId, set[Scope]] = {}
    people = {person for pair in pairs for person in pair}
    for contact_id, scope, _ in await store.list_stops(connection, people) if people else ():
        stopped.setdefault(contact_id, set()).add("all" if scope == "all" else "marketing")
    stops = [
        Stop(contact_id=other, occurred_at=now, cause=SuppressionCause.IDENTITY_CONFLICT, scope=scope)
        for first, second in pairs
        for one, other in ((first, second), (second, first))
        for scope in sorted(stopped.get(one, set()) - stopped.get(other, set()))
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
