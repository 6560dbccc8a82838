"""XLSX, JSON Lines and Parquet give the same rows as a text table, with their own types."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import openpyxl
import pytest

from rulecast.collect.imports.errors import (
    ColumnMissingError,
    FileBrokenError,
    FileEmptyError,
    FileTooLargeError,
    HeaderInvalidError,
    MappingInvalidError,
    SheetUnsureError,
)
from rulecast.collect.imports.join import load_join
from rulecast.collect.imports.limits import COLUMNS_MAX, LINE_CHARACTERS_MAX
from rulecast.collect.imports.mapping import FileRules, JoinRules
from rulecast.collect.imports.open_source import open_source


def workbook(path: Path, rows: list[list[object]], *, sheets: tuple[str, ...] = ("People",)) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name in sheets:
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def test_a_sheet_keeps_numbers_days_and_truth(tmp_path: Path) -> None:
    rows: list[list[object]] = [
        ["phone", "born", "vip", "name"],
        [212612000001, datetime(1990, 4, 2), True, "Asha"],  # noqa: DTZ001 - spreadsheets know no zone
        [],
        ["+212612000002", None, None, "Bilal"],
    ]
    source = open_source(workbook(tmp_path / "list.xlsx", rows), FileRules())

    assert source.facts.columns == ("phone", "born", "vip", "name")
    assert source.facts.description == "XLSX, sheet People"
    found = list(source.rows())
    assert [row.line for row in found] == [2, 4]
    assert list(found[0].cells) == rows[1]
    assert list(found[1].cells) == rows[3]


def test_a_value_beyond_the_header_makes_a_ragged_row(tmp_path: Path) -> None:
    source = open_source(workbook(tmp_path / "list.xlsx", [["a"], [1], [1, None, 3]]), FileRules())

    assert [len(row.cells) for row in source.rows()] == [1, 2]


def test_a_workbook_of_two_sheets_must_be_told_which(tmp_path: Path) -> None:
    path = workbook(tmp_path / "list.xlsx", [["a"], [1]], sheets=("One", "Two"))

    with pytest.raises(SheetUnsureError, match="One, Two"):
        open_source(path, FileRules())
    assert open_source(path, FileRules(sheet="Two")).facts.columns == ("a",)
    with pytest.raises(SheetUnsureError):
        open_source(path, FileRules(sheet="Three"))


def test_damaged_workbooks_are_refused(tmp_path: Path) -> None:
    path = workbook(tmp_path / "list.xlsx", [["a"], [1]])
    path.write_bytes(path.read_bytes()[:-300])
    with pytest.raises(FileBrokenError):
        open_source(path, FileRules())
    with pytest.raises(FileEmptyError):
        open_source(workbook(tmp_path / "empty.xlsx", []), FileRules())
    with pytest.raises(HeaderInvalidError):
        open_source(workbook(tmp_path / "twice.xlsx", [["a", "a"]]), FileRules())


def test_json_lines_take_their_columns_from_every_line(tmp_path: Path) -> None:
    path = tmp_path / "list.jsonl"
    lines = [{"phone": "+212612000001", "n": 1.10}, {"phone": None, "tags": ["a", "b"]}]
    path.write_text("\n\n".join(json.dumps(one) for one in lines), encoding="utf-8-sig")
    source = open_source(path, FileRules())

    assert source.facts.columns == ("phone", "n", "tags")
    assert [(row.line, list(row.cells)) for row in source.rows()] == [
        (1, ["+212612000001", Decimal("1.1"), None]),
        (3, [None, None, ["a", "b"]]),
    ]


@pytest.mark.parametrize(
    ("content", "refusal", "place"),
    [
        (b"", FileEmptyError, ""),
        (b'{"a": 1}\n{"a": \n', FileBrokenError, "Line 2"),
        (b'{"a": 1}\n[1]\n', FileBrokenError, "Line 2"),
        (b'{"a": "\xff"}\n', FileBrokenError, "Line 1"),
        (b'{"a": "' + b"x" * LINE_CHARACTERS_MAX + b'"}\n', FileTooLargeError, "Line 1"),
        (
            json.dumps({f"c{number}": 1 for number in range(COLUMNS_MAX + 1)}).encode(),
            FileTooLargeError,
            "names",
        ),
    ],
)
def test_broken_json_lines_are_refused_with_their_line(
    tmp_path: Path, content: bytes, refusal: type[Exception], place: str
) -> None:
    path = tmp_path / "list.jsonl"
    path.write_bytes(content)

    with pytest.raises(refusal, match=place or None):
        open_source(path, FileRules())


def parquet(path: Path, select: str) -> Path:
    with duckdb.connect(":memory:") as engine:
        engine.execute(f"COPY ({select}) TO '{path}' (FORMAT PARQUET)")
    return path


def test_parquet_keeps_its_types_and_instants_with_a_zone_are_utc(tmp_path: Path) -> None:
    path = parquet(
        tmp_path / "list.parquet",
        "SELECT 7 AS id, 1.5::DOUBLE AS spend, DATE '2026-01-05' AS day, "
        "make_timestamptz(1767607200000000) AS at, NULL::VARCHAR AS note",
    )
    source = open_source(path, FileRules())

    assert source.facts.rows == 1
    assert [list(row.cells) for row in source.rows()] == [
        [7, 1.5, date(2026, 1, 5), datetime(2026, 1, 5, 10, tzinfo=UTC), None]
    ]


def test_a_damaged_parquet_file_is_refused(tmp_path: Path) -> None:
    path = parquet(tmp_path / "list.parquet", "SELECT 1 AS a")
    path.write_bytes(path.read_bytes()[:-10])

    with pytest.raises(FileBrokenError):
        open_source(path, FileRules())


def test_a_joined_file_adds_columns_by_key(tmp_path: Path) -> None:
    (tmp_path / "products.csv").write_text("id,kind\n1,bread\n2,milk\n")
    rules = JoinRules(file="products.csv", column="product", key="id", columns=("kind",))
    join = load_join(rules, tmp_path / "sales.csv")

    assert [join.find(cell) for cell in (1, " 2 ", 3.0, None)] == [("bread",), ("milk",), (None,), (None,)]


@pytest.mark.parametrize(
    ("content", "refusal"),
    [("id,kind\n1,a\n1,b\n", MappingInvalidError), ("id,sort\n1,a\n", ColumnMissingError)],
)
def test_an_ambiguous_join_is_refused(tmp_path: Path, content: str, refusal: type[Exception]) -> None:
    (tmp_path / "products.csv").write_text(content)
    rules = JoinRules(file="products.csv", column="product", key="id", columns=("kind",))

    with pytest.raises(refusal):
        load_join(rules, tmp_path / "sales.csv")
