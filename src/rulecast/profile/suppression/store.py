"""Reads and writes the suppression record; the only file of this part that reaches the database."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from rulecast.database import Connection, execute, fetch_all, load_queries
from rulecast.profile.suppression.journal import JournalEntry
from rulecast.profile.suppression.lifting import Lifting
from rulecast.profile.suppression.stop import Level, Scope, SuppressionAction, SuppressionCause
from rulecast.values.ids import ContactId

__all__ = [
    "QUERIES",
    "Connection",
    "Ownership",
    "SuppressionRow",
    "doubles_of",
    "ended_identities_of",
    "identities_of",
    "insert_changes",
    "insert_suppressions",
    "lacking_entries",
    "lock_people",
    "newest_resumes",
    "people_behind",
    "people_liftable",
    "people_stopped_by_whatsapp_only",
    "standing_words",
    "uncarried_stops",
]

QUERIES = load_queries(__package__)


@dataclass(frozen=True, slots=True, kw_only=True)
class SuppressionRow:
    """One row of the record: what was said, and the contact it was said by where one is known."""

    contact_id: ContactId | None
    entry: JournalEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class Ownership:
    """Who has or had an identity; without `ended_at` it is theirs now."""

    contact_id: ContactId
    ended_at: datetime | None


async def lock_people(connection: Connection, contact_ids: Iterable[ContactId]) -> None:
    """Lock the guard rows of these people, in the one order everybody takes them."""
    wanted = sorted(set(contact_ids))
    if wanted:
        await fetch_all(connection, QUERIES["lock_people"], {"contact_ids": wanted})


async def people_behind(connection: Connection, indexes: Iterable[bytes]) -> dict[bytes, list[Ownership]]:
    """Return who has or had these identities, by keyed hash; a hash nobody ever had is absent."""
    wanted = sorted(set(indexes))
    found: dict[bytes, list[Ownership]] = defaultdict(list)
    if wanted:
        rows = await fetch_all(connection, QUERIES["people_behind"], {"indexes": wanted})
        for index, contact_id, ended_at in rows:
            found[bytes(index)].append(Ownership(contact_id=ContactId(contact_id), ended_at=ended_at))
    return dict(found)


async def ended_identities_of(
    connection: Connection, contact_ids: Iterable[ContactId]
) -> dict[ContactId, dict[bytes, datetime]]:
    """Return when each identity that is no longer these people's ended, by person and keyed hash."""
    wanted = sorted(set(contact_ids))
    found: dict[ContactId, dict[bytes, datetime]] = defaultdict(dict)
    if wanted:
        rows = await fetch_all(connection, QUERIES["ended_identities_of"], {"contact_ids": wanted})
        for contact_id, index, ended_at in rows:
            found[ContactId(contact_id)][bytes(index)] = ended_at
    return dict(found)


async def uncarried_stops(connection: Connection, contact_ids: Iterable[ContactId]) -> list[SuppressionRow]:
    """Return the stops in force of these people as rows for those of their identities that lack them."""
    wanted = sorted(set(contact_ids))
    if not wanted:
        return []
    return [
        _row(*columns)
        for columns in await fetch_all(connection, QUERIES["uncarried_stops"], {"contact_ids": wanted})
    ]


async def doubles_of(
    connection: Connection, contact_ids: Iterable[ContactId]
) -> dict[ContactId, set[ContactId]]:
    """Return who may be the same person as each of these, as long as nobody has settled it."""
    wanted = sorted(set(contact_ids))
    found: dict[ContactId, set[ContactId]] = defaultdict(set)
    if wanted:
        for contact_id, double in await fetch_all(connection, QUERIES["doubles_of"], {"contact_ids": wanted}):
            found[ContactId(contact_id)].add(ContactId(double))
    return dict(found)


async def identities_of(
    connection: Connection, contact_ids: Iterable[ContactId]
) -> dict[ContactId, set[bytes]]:
    """Return the keyed hashes of every current identity of these people, of ended ones where there is no other."""
    wanted = sorted(set(contact_ids))
    found: dict[ContactId, set[bytes]] = defaultdict(set)
    if wanted:
        for contact_id, index in await fetch_all(
            connection, QUERIES["identities_of"], {"contact_ids": wanted}
        ):
            found[ContactId(contact_id)].add(bytes(index))
    return dict(found)


async def people_stopped_by_whatsapp_only(
    connection: Connection, contact_ids: Iterable[ContactId]
) -> set[ContactId]:
    """Return those whose proven consent stands and who never stopped us but inside WhatsApp since the last resume."""
    found = await fetch_all(
        connection, QUERIES["people_stopped_by_whatsapp_only"], {"contact_ids": sorted(set(contact_ids))}
    )
    return {ContactId(contact_id) for (contact_id,) in found}


async def people_liftable(
    connection: Connection, contact_ids: Iterable[ContactId], *, scope: Scope, lifting: Lifting
) -> set[ContactId]:
    """Return those in whose scope no stop stands that this lifting does not cover."""
    found = await fetch_all(
        connection,
        QUERIES["people_liftable"],
        {
            "contact_ids": sorted(set(contact_ids)),
            "scope": scope,
            "causes": sorted(str(one) for one in lifting.causes),
            "levels": sorted(lifting.levels),
        },
    )
    return {ContactId(contact_id) for (contact_id,) in found}


async def newest_resumes(
    connection: Connection, indexes: Iterable[bytes]
) -> dict[tuple[bytes, str], dict[SuppressionCause, datetime]]:
    """Return when these identities were last resumed by each cause, by keyed hash and scope."""
    wanted = sorted(set(indexes))
    found: dict[tuple[bytes, str], dict[SuppressionCause, datetime]] = defaultdict(dict)
    if wanted:
        rows = await fetch_all(connection, QUERIES["newest_resumes"], {"indexes": wanted})
        for index, scope, cause, resumed_at in rows:
            found[bytes(index), scope][SuppressionCause(cause)] = resumed_at
    return dict(found)


async def standing_words(
    connection: Connection, indexes: Iterable[bytes]
) -> set[tuple[bytes, str, str, str]]:
    """Return keyed hash, scope, action and cause of the newest word under each of these identities."""
    wanted = sorted(set(indexes))
    if not wanted:
        return set()
    found = await fetch_all(connection, QUERIES["standing_words"], {"indexes": wanted})
    return {(bytes(index), scope, action, cause) for index, scope, action, cause in found}


async def lacking_entries(connection: Connection, entries: Sequence[JournalEntry]) -> list[JournalEntry]:
    """Return those entries that the record does not hold, in their order."""
    found = await fetch_all(
        connection,
        QUERIES["lacking_entries"],
        {
            "indexes": [entry.suppression_index for entry in entries],
            "scopes": [str(entry.scope) for entry in entries],
            "actions": [str(entry.action) for entry in entries],
            "causes": [str(entry.cause) for entry in entries],
            "occurred": [entry.occurred_at for entry in entries],
        },
    )
    return [entries[position - 1] for (position,) in found]


async def insert_suppressions(
    connection: Connection, rows: Sequence[SuppressionRow], now: datetime
) -> list[SuppressionRow]:
    """Append rows and return those that were new."""
    if not rows:
        return []
    written = await fetch_all(
        connection,
        QUERIES["insert_suppressions"],
        {
            "now": now,
            "indexes": [row.entry.suppression_index for row in rows],
            "contact_ids": [row.contact_id or 0 for row in rows],
            "scopes": [str(row.entry.scope) for row in rows],
            "actions": [str(row.entry.action) for row in rows],
            "causes": [str(row.entry.cause) for row in rows],
            "levels": [str(row.entry.level) for row in rows],
            "occurred": [row.entry.occurred_at for row in rows],
        },
    )
    return [_row(*columns) for columns in written]


async def insert_changes(connection: Connection, rows: Sequence[SuppressionRow], now: datetime) -> None:
    """Append one change row per person and word, however many identities the person has."""
    said = {
        (row.contact_id, row.entry.scope, row.entry.action, row.entry.occurred_at): None
        for row in rows
        if row.contact_id is not None
    }
    if not said:
        return
    await execute(
        connection,
        QUERIES["insert_changes"],
        {
            "now": now,
            "contact_ids": [contact_id for contact_id, _, _, _ in said],
            "scopes": [str(scope) for _, scope, _, _ in said],
            "actions": [str(action) for _, _, action, _ in said],
            "occurred": [occurred_at for _, _, _, occurred_at in said],
        },
    )


def _row(*columns: object) -> SuppressionRow:
    index, contact_id, scope, action, cause, level, occurred_at = columns
    return SuppressionRow(
        contact_id=None if contact_id is None else ContactId(cast("int", contact_id)),
        entry=JournalEntry(
            suppression_index=bytes(cast("bytes", index)),
            scope=cast("Scope", scope),
            action=SuppressionAction(cast("str", action)),
            cause=SuppressionCause(cast("str", cause)),
            level=cast("Level", level),
            occurred_at=cast("datetime", occurred_at),
        ),
    )
