"""The mart as the engine sees it: opened once, synced, asked for audiences."""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import duckdb

from rulecast.rule.engine.compile_sql import compile_audience
from rulecast.rule.engine.mart import definition, store
from rulecast.rule.engine.mart.file import open_file
from rulecast.rule.engine.mart.in_thread import in_thread
from rulecast.rule.engine.mart.records import Frame, Freshness, MartError, SyncReport
from rulecast.rule.engine.mart.store import Connection
from rulecast.rule.engine.mart.synchronise import read_watermark, synchronise
from rulecast.rule.engine.sql_nodes import Relations
from rulecast.rule.language.condition import Condition
from rulecast.values.catalogue import Catalogue

Result = TypeVar("Result")
CURRENT = Relations(contact="contact", consent="consent", event="event", zone_offset="zone_offset")
PAST = Relations(
    contact="past_contact", consent="past_consent", event="past_event", zone_offset="zone_offset"
)


class Mart:
    """One open mart file. Only the engine role opens it; calls take turns, DuckDB works in a thread."""

    def __init__(
        self,
        duck: duckdb.DuckDBPyConnection,
        catalogue: Catalogue,
        zone_rows: Callable[[], Iterable[tuple[str, datetime, int]]],
    ) -> None:
        """Take over an open connection; use `Mart.open`."""
        self._duck = duck
        self._catalogue = catalogue
        self._zone_rows = zone_rows
        self._turn = asyncio.Lock()

    @classmethod
    async def open(
        cls,
        path: Path,
        key: bytes,
        *,
        catalogue: Catalogue,
        zone_rows: Callable[[], Iterable[tuple[str, datetime, int]]],
    ) -> "Mart":
        """Open or create the encrypted file. `zone_rows` gives the offsets table: zone, from UTC, minutes.

        Raises:
            MartError: the file exists and cannot be read with this key.
        """
        return cls(await in_thread(open_file, path, key), catalogue, zone_rows)

    async def close(self) -> None:
        """Close the file."""
        async with self._turn:
            await in_thread(self._duck.close)

    async def sync(self, connection: Connection, catalogue: Catalogue | None = None) -> SyncReport:
        """Read what PostgreSQL decided since the last time; a changed catalogue means that all is read anew."""
        async with self._turn:
            self._catalogue = catalogue or self._catalogue
            return await synchronise(self._duck, connection, self._catalogue, self._zone_rows())

    async def freshness(self, connection: Connection) -> Freshness:
        """Return up to which instant everything committed is in the mart.

        Raises:
            MartError: the mart was never synced.
        """
        async with self._turn:
            watermark = await in_thread(read_watermark, self._duck)
        if watermark is None:
            raise MartError("The mart was never synchronised.", hint="Run `rulecast plan` again.")
        lag = await store.lag_seconds(connection, watermark.complete_until)
        return Freshness(complete_until=watermark.complete_until, lag_seconds=max(0.0, lag))

    async def match(self, condition: Condition, frame: Frame) -> list[int]:
        """Return the ids of all contacts that fulfil the condition in the frame, ascending."""
        return await self.run(lambda duck: self._match(duck, condition, frame))

    async def query(self, statement: str, parameters: list[Any] | None = None) -> list[tuple[Any, ...]]:
        """Return the rows of one statement over the mart's tables."""
        return await self.run(lambda duck: duck.execute(statement, parameters or []).fetchall())

    async def run(self, work: Callable[[duckdb.DuckDBPyConnection], Result]) -> Result:
        """Do work on the open connection in a thread, alone; the work leaves no transaction open."""
        async with self._turn:
            return await in_thread(work, self._duck)

    def prepare(self, duck: duckdb.DuckDBPyConnection, frame: Frame) -> Relations:
        """Return the relations for a frame, building those of the past where it lies there. For use inside `run`."""
        if not frame.is_past:
            return CURRENT
        valid = _literal(frame.as_of or frame.now)
        known = "" if frame.known_at is None else f" AND recorded_at <= {_literal(frame.known_at)}"
        duck.execute(
            f"CREATE OR REPLACE TEMP VIEW past_event AS SELECT * FROM mart.event WHERE occurred_at < {valid}{known}"  # noqa: S608
        )
        changes = f"(SELECT * FROM mart.change WHERE valid_from <= {valid}{known})"  # noqa: S608 - an instant's literal
        contacts = definition.derive_contacts(self._catalogue, changes=changes, events="past_event")
        duck.execute(f"CREATE OR REPLACE TEMP TABLE past_contact AS {contacts}")
        duck.execute(
            f"CREATE OR REPLACE TEMP TABLE past_consent AS {definition.derive_consents(changes=changes)}"
        )
        return PAST

    def _match(self, duck: duckdb.DuckDBPyConnection, condition: Condition, frame: Frame) -> list[int]:
        relations = self.prepare(duck, frame)
        audience = compile_audience(condition, dialect="duckdb", now=frame.now, relations=relations)
        duck.execute(f"SELECT contact_id FROM ({audience.sql}) ORDER BY contact_id")  # noqa: S608 - compiled
        return [contact_id for rows in _batches(duck) for (contact_id,) in rows]


def _batches(
    duck: duckdb.DuckDBPyConnection, rows_per_batch: int = 100_000
) -> Iterator[list[tuple[Any, ...]]]:
    while rows := duck.fetchmany(rows_per_batch):
        yield rows


def _literal(instant: datetime) -> str:
    return f"TIMESTAMP '{instant.astimezone(UTC).replace(tzinfo=None).isoformat(sep=' ')}'"
