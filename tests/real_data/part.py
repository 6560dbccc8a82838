"""A quarter of each public data set, by person: enough to find what is wrong, quick enough for every run.

The whole sets are read where `RULECAST_TEST_WHOLE_DATA` is set, as the long runs do.
"""

import csv
import gzip
import os
import tempfile
from contextlib import closing
from functools import cache
from pathlib import Path

import duckdb

IS_WHOLE = bool(os.environ.get("RULECAST_TEST_WHOLE_DATA"))
# Not a multiple of the three classes into which the made-up agreements divide the households.
ONE_IN = 4


@cache
def folder_of(name: str) -> Path:
    """Return where the data set lies, or a folder with its part; everything about a person is in or out together."""
    whole = Path(os.environ["RULECAST_TEST_DATA"]) / name
    if IS_WHOLE:
        return whole
    kept = tempfile.TemporaryDirectory(prefix="rulecast-part-")
    _KEPT.append(kept)
    part = Path(kept.name) / name
    part.mkdir()
    for file in sorted(whole.iterdir()):
        _write_part(file, part / file.name)
    return part


_KEPT: list[tempfile.TemporaryDirectory[str]] = []


def _write_part(file: Path, target: Path) -> None:
    if file.name.endswith(".csv.gz"):
        _write_lines(file, target)
    elif file.suffix == ".parquet" and _has_households(file):
        rows = f"SELECT * FROM read_parquet('{file}') WHERE household_id::bigint % {ONE_IN} = 0"
        with closing(duckdb.connect(":memory:", config={"threads": 1})) as engine:
            engine.execute(f"COPY ({rows}) TO '{target}' (FORMAT parquet)")
    else:
        target.symlink_to(file)


def _has_households(file: Path) -> bool:
    with closing(duckdb.connect(":memory:")) as engine:
        described = engine.execute("DESCRIBE SELECT * FROM read_parquet(?)", [str(file)]).fetchall()
    return "household_id" in {name for name, *_ in described}


def _write_lines(file: Path, target: Path) -> None:
    """Keep the lines of every fourth customer, and of those that name none as many by their invoice."""
    with (
        gzip.open(file, "rt", encoding="utf-8", newline="") as read,
        gzip.open(target, "wt", encoding="utf-8", newline="", compresslevel=1) as written,
    ):
        rows = csv.DictReader(read)
        out = csv.DictWriter(written, rows.fieldnames or ())
        out.writeheader()
        for row in rows:
            number = row["CustomerID"] or "".join(filter(str.isdigit, row["InvoiceNo"]))
            if int(number or 0) % ONE_IN == 0:
                out.writerow(row)
