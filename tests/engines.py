"""The engines that execute compiled rules in tests: DuckDB and PostgreSQL behind one shape."""

from typing import Any, Literal, Protocol

import duckdb
import psycopg


class Engine(Protocol):
    """Something that runs SQL: DuckDB or PostgreSQL."""

    dialect: Any

    def run(self, statement: str) -> list[tuple[Any, ...]]: ...

    def load(self, relation: str, rows: list[tuple[Any, ...]]) -> None: ...


class DuckEngine:
    dialect: Literal["duckdb"] = "duckdb"

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


class PostgresEngine:
    dialect: Literal["postgres"] = "postgres"

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.connection = connection

    def run(self, statement: str) -> list[tuple[Any, ...]]:
        found = self.connection.execute(statement.encode())
        return found.fetchall() if found.description else []

    def load(self, relation: str, rows: list[tuple[Any, ...]]) -> None:
        with self.connection.cursor().copy(f"COPY {relation} FROM STDIN".encode()) as copy:
            for row in rows:
                copy.write_row(row)
