"""Brings the mart up to PostgreSQL's horizon, in one DuckDB transaction with its watermark.

A row is read when no transaction below its id is open any more, and the next read starts where this one stopped: so
none is missed and none is doubled, however slow or rolled back its writer. Another cluster, or another catalogue,
means that everything is read anew.
"""

import os
import tempfile
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import suppress
from datetime import datetime

import duckdb

from rulecast.rule.engine.mart import definition, store
from rulecast.rule.engine.mart.in_thread import in_thread
from rulecast.rule.engine.mart.records import Horizon, SyncReport, Watermark
from rulecast.rule.engine.mart.store import Connection
from rulecast.values.catalogue import Catalogue

# Rows wait in memory in slices of this size before DuckDB takes them; larger ones gain nothing measurable.
SLICE_BYTES = 32 * 1024 * 1024
# With more people touched than this, deriving everybody is cheaper than picking them out.
DERIVE_ALL_FROM_PEOPLE = 200_000

Insert = Callable[[duckdb.DuckDBPyConnection, bytes], int]

_CHANGE_COLUMNS = (
    "{'change_id': 'BIGINT', 'contact_id': 'BIGINT', 'kind': 'VARCHAR', 'payload': 'VARCHAR',"
    " 'valid_us': 'BIGINT', 'recorded_us': 'BIGINT'}"
)
_EVENT_COLUMNS = (
    "{'event_id': 'BIGINT', 'contact_id': 'BIGINT', 'name': 'VARCHAR', 'properties': 'VARCHAR',"
    " 'occurred_us': 'BIGINT', 'recorded_us': 'BIGINT'}"
)


async def synchronise(
    duck: duckdb.DuckDBPyConnection,
    connection: Connection,
    catalogue: Catalogue,
    zone_rows: Iterable[tuple[str, datetime, int]],
) -> SyncReport:
    """Read what PostgreSQL decided since the last time and store it with the new watermark, or nothing at all."""
    horizon = await store.read_horizon(connection)
    watermark = await in_thread(read_watermark, duck)
    wanted = definition.signature(catalogue)
    is_rebuild = (
        watermark is None or watermark.cluster != horizon.cluster or watermark.catalogue_signature != wanted
    )
    if is_rebuild:
        watermark = await _fresh_watermark(connection, horizon, wanted)
    assert watermark is not None
    bounds = _bounds(watermark, horizon, adopting=is_rebuild)
    await in_thread(duck.execute, "BEGIN")
    try:
        await in_thread(_prepare, duck, catalogue if is_rebuild else None, zone_rows)
        changes = await _load(duck, store.change_rows(connection, bounds), _insert_changes)
        insert_events = definition.insert_events(catalogue, "staged_event")
        events = await _load(duck, store.event_rows(connection, bounds), _insert_events_with(insert_events))
        if changes or events:
            await in_thread(_derive, duck, catalogue)
        await in_thread(_finish, duck, watermark, horizon)
    except BaseException:
        await in_thread(_abandon, duck)
        raise
    return SyncReport(changes=changes, events=events, rebuilt=is_rebuild, horizon=horizon.xid_next)


def read_watermark(duck: duckdb.DuckDBPyConnection) -> Watermark | None:
    """Return up to where the file has read, or None for a file without tables."""
    exists = duck.execute(
        "SELECT count(*) FROM duckdb_tables() WHERE database_name = current_database() AND table_name = 'meta'"
    ).fetchone()
    if exists is None or exists[0] == 0:
        return None
    values = dict(duck.execute("SELECT key, value FROM meta").fetchall())
    if "xid_next" not in values:
        return None
    return Watermark(
        cluster=values["cluster"],
        catalogue_signature=values["catalogue_signature"],
        xid_next=int(values["xid_next"]),
        adopted_from_xid=int(values["adopted_from_xid"]),
        adopted_change_id=int(values["adopted_change_id"]),
        adopted_event_id=int(values["adopted_event_id"]),
        complete_until=datetime.fromisoformat(values["complete_until"]),
    )


async def _fresh_watermark(connection: Connection, horizon: Horizon, signature: str) -> Watermark:
    adoption = await store.read_adoption(connection)
    return Watermark(
        cluster=horizon.cluster,
        catalogue_signature=signature,
        xid_next=0,
        adopted_from_xid=adoption.from_xid,
        adopted_change_id=adoption.change_id,
        adopted_event_id=adoption.event_id,
        complete_until=horizon.complete_until,
    )


def _bounds(watermark: Watermark, horizon: Horizon, *, adopting: bool) -> dict[str, int]:
    return {
        "from_xid": watermark.xid_next,
        "to_xid": horizon.xid_next,
        "adopting": int(adopting),
        "adopted_from_xid": watermark.adopted_from_xid,
        "adopted_change_id": watermark.adopted_change_id,
        "adopted_event_id": watermark.adopted_event_id,
    }


def _prepare(
    duck: duckdb.DuckDBPyConnection,
    catalogue: Catalogue | None,
    zone_rows: Iterable[tuple[str, datetime, int]],
) -> None:
    if catalogue is not None:
        for (name,) in duck.execute(
            "SELECT table_name FROM duckdb_tables() WHERE database_name = current_database()"
        ).fetchall():
            duck.execute(f'DROP TABLE "{name}"')
        for statement in definition.create_statements(catalogue):
            duck.execute(statement)
        rows = [(zone, from_utc.replace(tzinfo=None), minutes) for zone, from_utc, minutes in zone_rows]
        _insert_zone_rows(duck, rows)
    duck.execute("CREATE OR REPLACE TEMP TABLE touched (contact_id BIGINT)")


def _insert_zone_rows(duck: duckdb.DuckDBPyConnection, rows: list[tuple[str, datetime, int]]) -> None:
    text = "".join(f"{zone},{from_utc.isoformat(sep=' ')},{minutes}\n" for zone, from_utc, minutes in rows)
    if text:
        with _readable(text.encode()) as path:
            duck.execute(
                "INSERT INTO zone_offset SELECT * FROM read_csv(?, header = false, auto_detect = false,"
                " columns = {'zone': 'VARCHAR', 'from_utc': 'TIMESTAMP', 'minutes': 'INTEGER'})",
                [path],
            )


class _readable:  # noqa: N801 - reads as a verb where it is used
    """Bytes as a path that DuckDB can read, in memory where the system can, else in an unlinked private file."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._descriptor = -1

    def __enter__(self) -> str:
        if hasattr(os, "memfd_create"):
            self._descriptor = os.memfd_create("mart-slice")
            with os.fdopen(os.dup(self._descriptor), "wb") as target:
                target.write(self._content)
            return f"/proc/self/fd/{self._descriptor}"
        self._descriptor, self._path = tempfile.mkstemp(prefix="mart-slice-")
        with os.fdopen(os.dup(self._descriptor), "wb") as target:
            target.write(self._content)
        return self._path

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)
        if not hasattr(os, "memfd_create"):
            os.unlink(self._path)  # noqa: PTH108 - the twin of mkstemp


async def _load(duck: duckdb.DuckDBPyConnection, blocks: AsyncIterator[bytes], insert: Insert) -> int:
    """Hand the stream to DuckDB in slices of whole lines; JSONB text holds no raw line break, so lines are rows."""
    held = bytearray()
    rows = 0
    async for block in blocks:
        held += block
        if len(held) >= SLICE_BYTES:
            cut = held.rfind(b"\n") + 1
            rows += await in_thread(insert, duck, bytes(held[:cut]))
            del held[:cut]
    if held:
        rows += await in_thread(insert, duck, bytes(held))
    return rows


def _stage(duck: duckdb.DuckDBPyConnection, table: str, columns: str, content: bytes) -> int:
    with _readable(content) as path:
        duck.execute(
            f"CREATE OR REPLACE TEMP TABLE {table} AS SELECT * FROM read_csv(?, header = false, auto_detect = false,"  # noqa: S608
            f" quote = '\"', escape = '\"', max_line_size = 4000000, columns = {columns})",
            [path],
        )
    duck.execute(f"INSERT INTO touched SELECT DISTINCT contact_id FROM {table}")  # noqa: S608 - a name of this file
    counted = duck.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608 - a name of this file
    assert counted is not None
    return int(counted[0])


def _insert_changes(duck: duckdb.DuckDBPyConnection, content: bytes) -> int:
    rows = _stage(duck, "staged_change", _CHANGE_COLUMNS, content)
    duck.execute(
        "INSERT INTO change SELECT change_id, contact_id, kind, payload, make_timestamp(valid_us),"
        " make_timestamp(recorded_us) FROM staged_change"
    )
    return rows


def _insert_events_with(statement: str) -> Insert:
    def insert(duck: duckdb.DuckDBPyConnection, content: bytes) -> int:
        rows = _stage(duck, "staged_event", _EVENT_COLUMNS, content)
        duck.execute(statement)
        return rows

    return insert


def _derive(duck: duckdb.DuckDBPyConnection, catalogue: Catalogue) -> None:
    """Recompute contact and consent rows of everybody touched."""
    _apply_erasures(duck)
    counted = duck.execute("SELECT count(DISTINCT contact_id) FROM touched").fetchone()
    changes, events = "change", "event"
    if counted is not None and counted[0] <= DERIVE_ALL_FROM_PEOPLE:
        changes = "(SELECT * FROM change SEMI JOIN touched USING (contact_id))"
        events = "(SELECT * FROM event SEMI JOIN touched USING (contact_id))"
        duck.execute("DELETE FROM contact WHERE contact_id IN (SELECT contact_id FROM touched)")
        duck.execute("DELETE FROM consent WHERE contact_id IN (SELECT contact_id FROM touched)")
    else:
        duck.execute("DELETE FROM contact")
        duck.execute("DELETE FROM consent")
    derived = definition.derive_contacts(catalogue, changes=changes, events=events)
    duck.execute(f"INSERT INTO contact BY NAME {derived}")
    duck.execute(f"INSERT INTO consent BY NAME {definition.derive_consents(changes=changes)}")


def _apply_erasures(duck: duckdb.DuckDBPyConnection) -> None:
    """Forget erased people wherever they stand, and whatever of them arrives later."""
    duck.execute(
        "INSERT INTO erased SELECT DISTINCT contact_id FROM change WHERE kind = 'erase'"
        " AND contact_id NOT IN (SELECT contact_id FROM erased)"
    )
    for table in ("change", "event", "contact", "consent"):
        duck.execute(f"DELETE FROM {table} WHERE contact_id IN (SELECT contact_id FROM erased)")  # noqa: S608


def _abandon(duck: duckdb.DuckDBPyConnection) -> None:
    # Who is cancelled during the commit leaves after it: then nothing is open any more.
    with suppress(duckdb.TransactionException):
        duck.execute("ROLLBACK")


def _finish(duck: duckdb.DuckDBPyConnection, watermark: Watermark, horizon: Horizon) -> None:
    values = {
        "cluster": horizon.cluster,
        "catalogue_signature": watermark.catalogue_signature,
        "xid_next": str(horizon.xid_next),
        "adopted_from_xid": str(watermark.adopted_from_xid),
        "adopted_change_id": str(watermark.adopted_change_id),
        "adopted_event_id": str(watermark.adopted_event_id),
        "complete_until": horizon.complete_until.isoformat(),
    }
    duck.execute("DELETE FROM meta")
    duck.executemany("INSERT INTO meta VALUES (?, ?)", list(values.items()))
    duck.execute("COMMIT")
