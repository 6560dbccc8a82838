"""Running a named query: rows as tuples or as records, one value, a count, a bulk copy."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, LiteralString, TypeVar, overload

from psycopg import AsyncCursor
from psycopg.rows import AsyncRowFactory, RowMaker, class_row

from rulecast.database.pool import Connection
from rulecast.values.quickly_made import maker_from_row

Parameters = Mapping[str, object] | None
Record = TypeVar("Record")


@overload
async def fetch_all(
    connection: Connection, query: LiteralString, parameters: Parameters = None
) -> list[tuple[Any, ...]]: ...


@overload
async def fetch_all(
    connection: Connection, query: LiteralString, parameters: Parameters = None, *, record: type[Record]
) -> list[Record]: ...


async def fetch_all(
    connection: Connection,
    query: LiteralString,
    parameters: Parameters = None,
    *,
    record: type[Record] | None = None,
) -> list[Record] | list[tuple[Any, ...]]:
    """Return every row, as tuples or as records whose fields are named like the columns."""
    if record is None:
        return await (await connection.execute(query, parameters)).fetchall()
    async with connection.cursor(row_factory=_rows_as(record)) as cursor:
        await cursor.execute(query, parameters)
        return await cursor.fetchall()


@overload
async def fetch_one(
    connection: Connection, query: LiteralString, parameters: Parameters = None
) -> tuple[Any, ...] | None: ...


@overload
async def fetch_one(
    connection: Connection, query: LiteralString, parameters: Parameters = None, *, record: type[Record]
) -> Record | None: ...


async def fetch_one(
    connection: Connection,
    query: LiteralString,
    parameters: Parameters = None,
    *,
    record: type[Record] | None = None,
) -> Record | tuple[Any, ...] | None:
    """Return the first row, or None when there is none."""
    if record is None:
        return await (await connection.execute(query, parameters)).fetchone()
    async with connection.cursor(row_factory=_rows_as(record)) as cursor:
        await cursor.execute(query, parameters)
        return await cursor.fetchone()


async def fetch_value(connection: Connection, query: LiteralString, parameters: Parameters = None) -> Any:
    """Return the first column of the first row, or None when there is no row."""
    row = await (await connection.execute(query, parameters)).fetchone()
    return None if row is None else row[0]


async def execute(connection: Connection, query: LiteralString, parameters: Parameters = None) -> int:
    """Run a statement and return how many rows it touched."""
    return (await connection.execute(query, parameters)).rowcount


def _rows_as(record: type[Record]) -> AsyncRowFactory[Record]:
    """Return the driver's factory of records; one that can be made straight from a row is."""

    def factory(cursor: AsyncCursor[Any]) -> RowMaker[Record]:
        columns = cursor.description
        made = None if columns is None else maker_from_row(record, tuple(column.name for column in columns))
        return made or class_row(record)(cursor)

    return factory


async def copy_rows(
    connection: Connection,
    query: LiteralString,
    rows: Iterable[Sequence[object]],
    *,
    types: Sequence[str] | None = None,
) -> int:
    """Send rows through a `COPY ... FROM STDIN` statement and return their count.

    With `types`, one PostgreSQL type name a column, the statement must say `(FORMAT BINARY)`: faster
    for bytes and numbers, and Python values must fit the types exactly. Without, text format is used.
    """
    count = 0
    async with connection.cursor() as cursor, cursor.copy(query) as copy:
        if types is not None:
            copy.set_types(types)
        for row in rows:
            await copy.write_row(row)
            count += 1
    return count
