"""The only file of this room that reaches the database (suppression has its own)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, TypeVar

from rulecast.database import Connection, execute, fetch_all, load_queries
from rulecast.profile.contact import StoredContact
from rulecast.values.ids import ContactId

__all__ = ["QUERIES", "Connection", "ConsentRow", "ContactRow", "IdentityRow"]

QUERIES = load_queries(__package__)

# Rows of one statement: with some 200 bytes a row its parameters stay below 256 kB, above which the driver's
# pipeline has been seen to hang.
ROWS_PER_STATEMENT = 1_000

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactRow:
    """A new row of `profile.contact`; `attributes` is JSON text."""

    contact_id: ContactId
    first_seen_at: datetime
    source: str
    attributes: str
    sealed_attributes: bytes | None
    is_reachable: bool
    attributes_valid_from: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedContactRow:
    """New values of a known contact; `changed` is JSON text of the public values that differ."""

    contact_id: ContactId
    attributes: str
    sealed_attributes: bytes | None
    changed: str
    attributes_valid_from: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityRow:
    """A new row of `profile.identity`."""

    contact_id: ContactId
    kind: str
    scope: str
    lookup: bytes
    suppression_index: bytes
    sealed_value: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentRow:
    """A new row of `profile.consent`; `import_id` 0 is none."""

    contact_id: ContactId
    purpose: str
    status: str
    occurred_at: datetime | None
    method: str
    wording_version: str
    source: str
    sealed_evidence: bytes | None = field(repr=False)
    import_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelRow:
    """A row of `profile.label`; no value means that the label is taken away."""

    contact_id: ContactId
    label: str
    value: str | None
    valid_from: datetime


async def find_identities(connection: Connection, lookups: Sequence[bytes]) -> dict[bytes, ContactId]:
    """Return the contact of each keyed hash that is a current identity."""
    found: dict[bytes, ContactId] = {}
    for chunk in _chunks(list(dict.fromkeys(lookups)), ROWS_PER_STATEMENT * 5):
        rows = await fetch_all(connection, QUERIES["find_identities"], {"lookups": list(chunk)})
        found.update((bytes(lookup), ContactId(contact_id)) for lookup, contact_id in rows)
    return found


async def find_identity_kinds(
    connection: Connection, contact_ids: Sequence[ContactId]
) -> dict[tuple[ContactId, str, str], bytes]:
    """Return the keyed hash of each current identity by contact, kind and scope."""
    rows = await fetch_all(connection, QUERIES["find_identity_kinds"], {"contact_ids": list(contact_ids)})
    return {(ContactId(contact_id), kind, scope): bytes(lookup) for contact_id, kind, scope, lookup in rows}


async def next_contact_ids(connection: Connection, count: int) -> list[ContactId]:
    """Take so many fresh contact ids."""
    rows = await fetch_all(connection, QUERIES["next_contact_ids"], {"count": count})
    return [ContactId(row[0]) for row in rows]


async def insert_contacts(connection: Connection, rows: Sequence[ContactRow], now: datetime) -> None:
    """Insert contacts with their guard rows and change rows."""
    for chunk in _chunks(rows, ROWS_PER_STATEMENT):
        await execute(connection, QUERIES["insert_contacts"], {**_columns(chunk, ContactRow), "now": now})


async def lock_contacts(connection: Connection, contact_ids: Sequence[ContactId]) -> list[StoredContact]:
    """Lock the rows of people whose values are about to change, and return what they hold."""
    return await fetch_all(
        connection, QUERIES["lock_contacts"], {"contact_ids": list(contact_ids)}, record=StoredContact
    )


async def find_later_values(
    connection: Connection, said: Sequence[tuple[ContactId, datetime]]
) -> list[tuple[ContactId, str, datetime]]:
    """Return the value changes of those people of whom a value is known that holds since later than given."""
    found: list[tuple[ContactId, str, datetime]] = []
    for chunk in _chunks(said, ROWS_PER_STATEMENT):
        contact_ids, instants = zip(*chunk, strict=True)
        parameters = {"contact_ids": list(contact_ids), "instants": list(instants)}
        found += await fetch_all(connection, QUERIES["find_later_values"], parameters)
    return found


async def update_contacts(connection: Connection, rows: Sequence[ChangedContactRow], now: datetime) -> None:
    """Store new values of known contacts, with a change row where a public value differs."""
    for chunk in _chunks(rows, ROWS_PER_STATEMENT):
        columns = _columns(chunk, ChangedContactRow)
        await execute(
            connection,
            QUERIES["update_contacts"],
            {name: columns[name] for name in ("contact_id", "attributes", "sealed_attributes")},
        )
        await execute(
            connection,
            QUERIES["insert_attribute_changes"],
            {
                "now": now,
                **{name: columns[name] for name in ("contact_id", "changed", "attributes_valid_from")},
            },
        )


async def mark_reachable(connection: Connection, contact_ids: Sequence[ContactId], now: datetime) -> int:
    """Mark people as reachable who were not, with a change row each."""
    return await execute(
        connection, QUERIES["mark_reachable"], {"contact_ids": list(contact_ids), "now": now}
    )


async def insert_identities(connection: Connection, rows: Sequence[IdentityRow], now: datetime) -> None:
    """Insert current identities."""
    for chunk in _chunks(rows, ROWS_PER_STATEMENT):
        await execute(connection, QUERIES["insert_identities"], {**_columns(chunk, IdentityRow), "now": now})


async def add_tags(
    connection: Connection,
    tags: Sequence[tuple[ContactId, str]],
    now: datetime,
    *,
    valid_from: datetime | None = None,
) -> list[ContactId]:
    """Insert tags that are not there yet, with their change rows; return whose."""
    return await _write_tags(connection, "add_tags", tags, {"now": now, "valid_from": valid_from or now})


async def remove_tags(
    connection: Connection, tags: Sequence[tuple[ContactId, str]], now: datetime
) -> list[ContactId]:
    """Delete tags that are there, with their change rows; return whose."""
    return await _write_tags(connection, "remove_tags", tags, {"now": now})


async def _write_tags(
    connection: Connection,
    query: str,
    tags: Sequence[tuple[ContactId, str]],
    instants: Mapping[str, datetime],
) -> list[ContactId]:
    written: list[ContactId] = []
    for chunk in _chunks(tags, ROWS_PER_STATEMENT):
        contact_ids, names = zip(*chunk, strict=True)
        parameters = {"contact_ids": list(contact_ids), "tags": list(names), **instants}
        written += [ContactId(row[0]) for row in await fetch_all(connection, QUERIES[query], parameters)]
    return written


async def record_labels(connection: Connection, rows: Sequence[LabelRow], now: datetime) -> int:
    """Upsert labels that are new or newer, with their change rows; return how many changed."""
    changed = 0
    for chunk in _chunks(rows, ROWS_PER_STATEMENT):
        parameters = {**_columns(chunk, LabelRow), "now": now}
        changed += len(await fetch_all(connection, QUERIES["record_labels"], parameters))
    return changed


async def lock_guards(connection: Connection, contact_ids: Sequence[ContactId]) -> None:
    """Lock the guard rows in order; the statement must stand alone, before the facts are read or written."""
    await execute(connection, QUERIES["lock_guards"], {"contact_ids": list(contact_ids)})


async def insert_consents(
    connection: Connection, rows: Sequence[ConsentRow], now: datetime
) -> list[ContactId]:
    """Append ledger lines that are not there yet, with their change rows; return whose."""
    added: list[ContactId] = []
    for chunk in _chunks(rows, ROWS_PER_STATEMENT):
        parameters = {**_columns(chunk, ConsentRow), "now": now}
        found = await fetch_all(connection, QUERIES["insert_consents"], parameters)
        added += [ContactId(row[0]) for row in found]
    return added


def _chunks(rows: Sequence[Row], size: int) -> Iterable[Sequence[Row]]:
    return (rows[start : start + size] for start in range(0, len(rows), size))


def _columns(rows: Sequence[Any], record: type) -> dict[str, Any]:
    return {name: [getattr(row, name) for row in rows] for name in (one.name for one in fields(record))}


async def find_sealed_values(connection: Connection, contact_id: ContactId) -> list[tuple[str, bytes]]:
    """Return what is sealed of one person: `attributes`, and each current identity by its kind."""
    rows = await fetch_all(connection, QUERIES["find_sealed_values"], {"contact_id": contact_id})
    return [(str(kind), bytes(sealed)) for kind, sealed in rows]


async def list_proven(connection: Connection, contact_ids: Sequence[ContactId]) -> list[tuple[int, str]]:
    """Return person and purpose of every proven consent that stands."""
    if not contact_ids:
        return []
    return await fetch_all(connection, QUERIES["list_proven"], {"contact_ids": list(contact_ids)})
