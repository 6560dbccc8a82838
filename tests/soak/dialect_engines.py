"""ClickHouse and Spark as engines of the comparison, each in a process and an environment of its own."""

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

from tests.engines import T

WORKER = Path(__file__).with_name("dialect_worker.py")
ROWS_PER_STATEMENT = 500


class DialectError(Exception):
    """What the engine says against a statement."""


class WorkerEngine:
    """An engine behind a worker process."""

    dialect: Literal["clickhouse", "spark"]
    types: Mapping[T, str]
    key_type: str
    table_options = ""

    def __init__(self, python: Path) -> None:
        self._worker = subprocess.Popen(
            [str(python), str(WORKER), self.dialect],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env={**os.environ, **self.environment()},
        )

    def environment(self) -> Mapping[str, str]:
        return {}

    def close(self) -> None:
        assert self._worker.stdin is not None
        assert self._worker.stdout is not None
        self._worker.stdin.close()
        self._worker.wait(timeout=60)
        self._worker.stdout.close()

    def run(self, statement: str) -> list[tuple[Any, ...]]:
        assert self._worker.stdin is not None
        assert self._worker.stdout is not None
        self._worker.stdin.write(json.dumps(statement) + "\n")
        self._worker.stdin.flush()
        line = self._worker.stdout.readline()
        if not line:
            raise DialectError("the worker has ended")
        answer = json.loads(line)
        if "error" in answer:
            raise DialectError(answer["error"])
        return [tuple(row) for row in answer["rows"]]

    def create(self, schema: str, columns: Mapping[str, str]) -> None:
        self.run(f"CREATE DATABASE {schema}")
        for relation, definition in columns.items():
            self.run(f"CREATE TABLE {schema}.{relation} ({definition}){self.table_options}")

    def drop(self, schema: str) -> None:
        raise NotImplementedError

    def load(self, relation: str, rows: list[tuple[Any, ...]]) -> None:
        for first in range(0, len(rows), ROWS_PER_STATEMENT):
            chunk = rows[first : first + ROWS_PER_STATEMENT]
            lines = ", ".join(f"({', '.join(self.literal(cell) for cell in row)})" for row in chunk)
            self.run(f"INSERT INTO {relation} VALUES {lines}")

    def quoted(self, name: str) -> str:
        return f"`{name}`"

    def name_of(self, schema: str, relation: str) -> str:
        return f"{schema}.{relation}"

    def literal(self, value: Any) -> str:  # noqa: PLR0911 - one return per type
        match value:
            case None:
                return "NULL"
            case bool():
                return "true" if value else "false"
            case int() | float():
                return repr(value)
            case Decimal():
                return self.decimal(value)
            case datetime() | date():
                return self.moment(value)
            case str():
                return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
            case _:
                return self.array([self.literal(one) for one in value])

    def decimal(self, value: Decimal) -> str:
        raise NotImplementedError

    def moment(self, value: date) -> str:
        raise NotImplementedError

    def array(self, cells: Sequence[str]) -> str:
        raise NotImplementedError


class ClickHouseEngine(WorkerEngine):
    dialect = "clickhouse"
    key_type = "Int64"
    table_options = " ENGINE = Memory"
    types: Mapping[T, str] = {
        T.TEXT: "Nullable(String)",
        T.INTEGER: "Nullable(Int64)",
        T.DECIMAL: "Nullable(Decimal(18, 4))",
        T.BOOLEAN: "Nullable(Bool)",
        T.DATE: "Nullable(Date32)",
        T.INSTANT: "Nullable(DateTime64(6, 'UTC'))",
        # An array is never missing there, but it can be empty, which means the same.
        T.TEXT_LIST: "Array(String)",
        T.PLACE: "Nullable(Float64)",
    }

    def drop(self, schema: str) -> None:
        self.run(f"DROP DATABASE {schema}")

    def decimal(self, value: Decimal) -> str:
        return f"'{value:f}'"

    def moment(self, value: date) -> str:
        return f"'{value.isoformat(sep=' ') if isinstance(value, datetime) else value.isoformat()}'"

    def array(self, cells: Sequence[str]) -> str:
        return f"[{', '.join(cells)}]"

    def load(self, relation: str, rows: list[tuple[Any, ...]]) -> None:
        lists = [
            number for number, (_name, kind) in enumerate(self._columns(relation)) if kind.startswith("Array")
        ]
        filled = [
            tuple([] if number in lists and cell is None else cell for number, cell in enumerate(row))
            for row in rows
        ]
        super().load(relation, filled)

    def _columns(self, relation: str) -> list[tuple[str, str]]:
        schema, table = relation.split(".")
        found = self.run(
            f"SELECT name, type FROM system.columns WHERE database = '{schema}' AND table = '{table}' ORDER BY position"
        )
        return [(str(name), str(kind)) for name, kind in found]


class SparkEngine(WorkerEngine):
    dialect = "spark"
    key_type = "BIGINT"
    table_options = " USING parquet"
    types: Mapping[T, str] = {
        T.TEXT: "STRING",
        T.INTEGER: "BIGINT",
        T.DECIMAL: "DECIMAL(18, 4)",
        T.BOOLEAN: "BOOLEAN",
        T.DATE: "DATE",
        T.INSTANT: "TIMESTAMP",
        T.TEXT_LIST: "ARRAY<STRING>",
        T.PLACE: "DOUBLE",
    }

    def environment(self) -> Mapping[str, str]:
        """Find Java 17 where Debian puts it, unless the caller says where; Spark 3.5 runs on no newer one."""
        known = sorted(Path("/usr/lib/jvm").glob("java-17-openjdk-*"))
        return {"JAVA_HOME": str(known[0])} if known and "JAVA_HOME" not in os.environ else {}

    def drop(self, schema: str) -> None:
        self.run(f"DROP DATABASE {schema} CASCADE")

    def decimal(self, value: Decimal) -> str:
        return f"CAST('{value:f}' AS DECIMAL(18, 4))"

    def moment(self, value: date) -> str:
        if isinstance(value, datetime):
            return f"TIMESTAMP '{value.isoformat(sep=' ')}'"
        return f"DATE '{value.isoformat()}'"

    def array(self, cells: Sequence[str]) -> str:
        return f"ARRAY({', '.join(cells)})" if cells else "CAST(ARRAY() AS ARRAY<STRING>)"
