"""Parquet files, read through DuckDB in batches."""

from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
from typing_extensions import override

from rulecast.collect.imports.errors import FileBrokenError
from rulecast.collect.imports.hash_file import hash_file
from rulecast.collect.imports.limits import BATCH_ROWS
from rulecast.collect.imports.source import Source, SourceFacts, SourceRow, check_header

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ENGINE_MEMORY = "256MB"
WITH_ZONE = "TIMESTAMP WITH TIME ZONE"


@dataclass(frozen=True, slots=True, kw_only=True)
class ParquetSource(Source):
    """A surveyed Parquet file; a row's line is its number."""

    path: Path
    with_zone: tuple[bool, ...]
    found: SourceFacts

    @property
    @override
    def facts(self) -> SourceFacts:
        return self.found

    @override
    def rows(self) -> Generator[SourceRow, None, None]:
        # Instants with a zone come as microseconds: the engine's own zone functions are never asked.
        columns = ", ".join(
            f"epoch_us({_quoted(name)})" if zoned else _quoted(name)
            for name, zoned in zip(self.found.columns, self.with_zone, strict=True)
        )
        number = 0
        with closing(_engine()) as engine:
            try:
                cursor = engine.execute(f"SELECT {columns} FROM read_parquet(?)", [str(self.path)])  # noqa: S608 - names are quoted
                while batch := cursor.fetchmany(BATCH_ROWS):
                    for cells in batch:
                        number += 1
                        yield SourceRow(number, self._with_instants(cells) if any(self.with_zone) else cells)
            except duckdb.Error as error:
                raise FileBrokenError(
                    f"The file cannot be read after row {number} ({type(error).__name__})."
                ) from None

    def _with_instants(self, cells: tuple[object, ...]) -> list[object]:
        return [
            EPOCH + timedelta(microseconds=cell) if zoned and isinstance(cell, int) else cell
            for cell, zoned in zip(cells, self.with_zone, strict=True)
        ]


def survey_parquet(path: Path) -> ParquetSource:
    """Read the columns, the number of rows and the hash.

    Raises:
        FileBrokenError: it is no Parquet file, or a damaged one.
    """
    file_hash = hash_file(path)
    with closing(_engine()) as engine:
        try:
            described = engine.execute("DESCRIBE SELECT * FROM read_parquet(?)", [str(path)]).fetchall()
            counted = engine.execute("SELECT count(*) FROM read_parquet(?)", [str(path)]).fetchone()
        except duckdb.Error as error:
            raise FileBrokenError(f"The file is no readable Parquet file ({type(error).__name__}).") from None
    return ParquetSource(
        path=path,
        with_zone=tuple(row[1] == WITH_ZONE for row in described),
        found=SourceFacts(
            description="Parquet",
            columns=check_header([row[0] for row in described]),
            file_hash=file_hash,
            rows=None if counted is None else int(counted[0]),
        ),
    )


def _engine() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(
        ":memory:",
        config={
            "threads": 2,
            "memory_limit": ENGINE_MEMORY,
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
        },
    )


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
