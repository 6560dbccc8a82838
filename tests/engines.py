"""The engines that execute compiled rules in tests: DuckDB and PostgreSQL behind one shape."""

from collections.abc import Mapping
from typing import Any, Literal, Protocol

import duckdb
import psycopg

from rulecast.values.catalogue import AttributeType as T

SHARED_TYPES = {
    T.INTEGER: "BIGINT",
    T.BOOLEAN: "BOOLEAN",
    T.DATE: "DATE",
    T.INSTANT: "TIMESTAMP",
    T.DECIMAL: "DECIMAL(18,4)",
    T.PLACE: "DOUBLE PRECISION",
}


class Engine(Protocol):
    """Something that runs SQL, and the words it has for types and names."""

    dialect: Any
    types: Mapping[T, str]
    key_type: str

    def run(self, statement: str) -> list[tuple[Any, ...]]: ...

    def create(self, schema: str, columns: Mapping[str, str]) -> None: ...

    def drop(self, schema: str) -> None: ...

    def load(self, relation: str, rows: list[tuple[Any, ...]]) -> None: ...

    def quoted(self, name: str) -> str: ...

    def name_of(self, schema: str, relation: str) -> str: ...


class _WithSchemas:
    """What engines share whose tables stand in schemas and whose names are quoted by double quotes."""

    key_type = "BIGINT"

    def run(self, statement: str) -> list[tuple[Any, ...]]:
        raise NotImplementedError

    def create(self, schema: str, columns: Mapping[str, str]) -> None:
        self.run(f"CREATE SCHEMA {schema}")
        for relation, definition in columns.items():
            self.run(f"CREATE TABLE {schema}.{relation} ({definition})")

    def drop(self, schema: str) -> None:
        self.run(f"DROP SCHEMA {schema} CASCADE")

    def quoted(self, name: str) -> str:
        return f'"{name}"'

    def name_of(self, schema: str, relation: str) -> str:
        return f"{schema}.{relation}"


class DuckEngine(_WithSchemas):
    dialect: Literal["duckdb"] = "duckdb"
    types: Mapping[T, str] = {**SHARED_TYPES, T.TEXT: "VARCHAR", T.TEXT_LIST: "VARCHAR[]"}

    def __init__(self) -> None:
        self.connection = duckdb.connect(config={"threads": 1})

    def run(self, statement: str) -> list[tuple[Any, ...]]:
        return self.connection.execute(statement).fetchall()

    def load(self, relation: str, rows: list[tuple[Any, ...]]) -> None:
        # One statement for many rows: DuckDB's executemany costs half a millisecond a row.
        for first in range(0, len(rows), 200):
            chunk = rows[first : first + 200]
            row = f"({', '.join('?' for _ in chunk[0])})"
            values = [value for line in chunk for value in line]
            self.connection.execute(f"INSERT INTO {relation} VALUES {', '.join([row] * len(chunk))}", values)


class PostgresEngine(_WithSchemas):
    dialect: Literal["postgres"] = "postgres"
    types: Mapping[T, str] = {**SHARED_TYPES, T.TEXT: "TEXT", T.TEXT_LIST: "TEXT[]"}

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.connection = connection

    def run(self, statement: str) -> list[tuple[Any, ...]]:
        found = self.connection.execute(statement.encode())
        return found.fetchall() if found.description else []

    def load(self, relation: str, rows: list[tuple[Any, ...]]) -> None:
        with self.connection.cursor().copy(f"COPY {relation} FROM STDIN".encode()) as copy:
            for row in rows:
                copy.write_row(row)
