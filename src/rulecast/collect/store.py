"""The only file of this room that reaches the database (the inbox has its own)."""

from collections.abc import Collection, Sequence
from dataclasses import fields
from datetime import date, datetime

from rulecast.collect.event import AddedEvent, EventColumns, RecordedEvent
from rulecast.collect.import_batch import ImportBatch, ImportCounts, ImportKey, ImportMovedError
from rulecast.database import Connection, execute, fetch_all, fetch_one, load_queries
from rulecast.database.columns import bigints, blobs, instants, texts
from rulecast.values.ids import ContactId, ImportId

__all__ = [
    "QUERIES",
    "Connection",
    "advance_import",
    "begin_import",
    "ensure_event_months",
    "finish_import",
    "insert_events",
    "insert_heard_events",
    "let_import_fire",
    "list_recent_events",
    "reopen_import",
]

QUERIES = load_queries(__package__)


async def ensure_event_months(connection: Connection, months: Sequence[date]) -> None:
    """Make the partitions of these months where they are missing; each month is its first day."""
    await fetch_all(connection, QUERIES["ensure_event_months"], {"months": list(months)})


async def insert_events(connection: Connection, columns: EventColumns, now: datetime) -> int:
    """Append events that are not there yet and return how many were new."""
    return await execute(connection, QUERIES["insert_events"], _parameters(columns, now))


async def insert_heard_events(
    connection: Connection, columns: EventColumns, names: Collection[str], *, now: datetime
) -> list[AddedEvent]:
    """Append events that are not there yet and return the new ones; properties come with those of these names."""
    parameters = {**_parameters(columns, now), "heard": list(names)}
    return await fetch_all(connection, QUERIES["insert_heard_events"], parameters, record=AddedEvent)


def _parameters(columns: EventColumns, now: datetime) -> dict[str, object]:
    return {
        "now": now,
        "contact_ids": bigints(columns.contact_ids),
        "names": texts(columns.names),
        "occurred": instants(columns.occurred),
        "keys": blobs(columns.keys),
        "sources": texts(columns.sources),
        # No list of nothing but 0: `unnest` fills an empty one up with NULL, which says the same.
        "import_ids": bigints(columns.import_ids if any(columns.import_ids) else ()),
        "properties": texts(columns.properties),
    }


async def begin_import(
    connection: Connection, key: ImportKey, *, imported_by: str, now: datetime
) -> ImportBatch:
    """Return the import of this file under this mapping, made now if it is the first time."""
    parameters = {"kind": key.kind, "file_hash": key.file_hash, "mapping_hash": key.mapping_hash}
    await execute(connection, QUERIES["begin_import"], {**parameters, "imported_by": imported_by, "now": now})
    batch = await fetch_one(connection, QUERIES["find_import"], parameters, record=ImportBatch)
    assert batch is not None
    return batch


async def reopen_import(connection: Connection, import_id: ImportId, now: datetime) -> None:
    """Let a finished import read its file again."""
    await execute(connection, QUERIES["reopen_import"], {"import_id": import_id, "now": now})


async def let_import_fire(connection: Connection, import_id: ImportId, *, fires_triggers: bool) -> None:
    """Say whether what an import brings from here on sets rules off."""
    parameters = {"import_id": import_id, "fires_triggers": fires_triggers}
    await execute(connection, QUERIES["let_import_fire"], parameters)


async def advance_import(
    connection: Connection, import_id: ImportId, done: ImportCounts, *, expected_rows_done: int
) -> None:
    """Count rows in the transaction that stores them.

    Raises:
        ImportMovedError: another process has counted in between.
    """
    parameters = {one.name: getattr(done, one.name) for one in fields(ImportCounts)}
    moved = await execute(
        connection,
        QUERIES["advance_import"],
        {**parameters, "import_id": import_id, "expected_rows_done": expected_rows_done},
    )
    if not moved:
        raise ImportMovedError


async def finish_import(connection: Connection, import_id: ImportId, now: datetime) -> None:
    """Mark an import as finished."""
    await execute(connection, QUERIES["finish_import"], {"import_id": import_id, "now": now})


async def find_known_keys(connection: Connection, keys: Sequence[bytes], *, since: datetime) -> set[bytes]:
    """Return which of these keys events since an instant bear, whenever those happened."""
    rows = await fetch_all(connection, QUERIES["find_known_keys"], {"keys": list(keys), "since": since})
    return {bytes(key) for (key,) in rows}


async def list_recent_events(
    connection: Connection, contact_id: ContactId, *, count: int
) -> list[RecordedEvent]:
    """Return what a person did last, the newest first."""
    return await fetch_all(
        connection,
        QUERIES["list_recent_events"],
        {"contact_id": contact_id, "count": count},
        record=RecordedEvent,
    )
