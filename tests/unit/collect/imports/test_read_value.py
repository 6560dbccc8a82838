"""Cells become typed values exactly, or are refused; nothing is guessed."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from rulecast.collect.imports.mapping import ValueRule
from rulecast.collect.imports.read_value import (
    read_boolean,
    read_day,
    read_decimal,
    read_folded,
    read_instant,
    read_integer,
    read_list,
    read_place,
    read_spelled,
    reader_of,
)
from rulecast.collect.imports.refusals import RowRefusedError
from rulecast.values.catalogue import AttributeType


@pytest.mark.parametrize(
    ("cell", "mark", "value"),
    [
        ("12.5", ".", "12.5"),
        ("1,234.56", ".", "1234.56"),
        ("1\u202f234,56", ",", "1234.56"),
        ("1.234,56", ",", "1234.56"),
        (" -7 ", ".", "-7"),
        (0.1 + 0.2, ".", "0.3"),
        (1.49, ".", "1.49"),
        (3, ",", "3"),
        ("", ".", None),
        (None, ".", None),
    ],
)
def test_decimals_are_exact(cell: object, mark: str, value: str | None) -> None:
    assert read_decimal(cell, mark) == (None if value is None else Decimal(value))


@pytest.mark.parametrize(
    ("cell", "mark"),
    [
        ("1,5", "."),
        ("1.5", ","),
        ("12,34,56", "."),
        ("1.23456", "."),
        (1.23456789, "."),
        ("nan", "."),
        (float("nan"), "."),
        (float("inf"), "."),
        ("1e5", "."),
        ("99999999999999999", "."),
        (True, "."),
        ("€5", "."),
    ],
)
def test_numbers_that_are_not_certain_are_refused(cell: object, mark: str) -> None:
    with pytest.raises(RowRefusedError):
        read_decimal(cell, mark)


def test_whole_numbers_are_whole() -> None:
    assert [read_integer(one) for one in ("12", "-3", "5.0", 7, 8.0, Decimal(9), "")] == [
        12,
        -3,
        5,
        7,
        8,
        9,
        None,
    ]
    for cell in ("1.5", 1.5, "x", 2**64, True, float("inf")):
        with pytest.raises(RowRefusedError):
            read_integer(cell)


def test_text_is_trimmed_composed_and_folded() -> None:
    assert read_spelled("  Cafe\u0301\t") == "Café"
    assert read_folded("  CAFE\u0301 ") == "café"
    assert read_folded("STRASSE ß") == "strasse ss"
    assert read_spelled("a\r\nb") == "a  b"
    assert read_spelled(" \u00a0 ") is None
    assert read_spelled(17850.0) == "17850"
    for cell in ("x" * 1001, "a\ud800b", ["a"]):
        with pytest.raises(RowRefusedError):
            read_spelled(cell)


def test_days_and_instants_follow_the_format_and_nothing_else() -> None:
    assert read_day("02/04/1990", "%d/%m/%Y") == date(1990, 4, 2)
    assert read_day(datetime(1990, 4, 2, 12, tzinfo=UTC), None) == date(1990, 4, 2)
    assert read_instant("2026-01-05T10:00:00+01:00", None, None) == datetime(2026, 1, 5, 9, tzinfo=UTC)
    assert read_instant("05.01.2026 10:00", "%d.%m.%Y %H:%M", "Europe/Paris") == datetime(
        2026, 1, 5, 9, tzinfo=UTC
    )
    assert read_instant("1767607200", "unix", None) == datetime(2026, 1, 5, 10, tzinfo=UTC)
    assert read_instant(1767607200000, "unix_ms", None) == datetime(2026, 1, 5, 10, tzinfo=UTC)
    with pytest.raises(RowRefusedError):
        read_day("02/04/1990", None)
    for cell in ("2026-01-05 10:00", 1767607200, "31/31/2026"):
        with pytest.raises(RowRefusedError):
            read_instant(cell, None, None)


def test_an_instant_before_the_calendar_begins_is_refused_and_stops_no_import() -> None:
    for cell, zone in (("0001-01-01 00:00", "Africa/Casablanca"), ("9999-12-31T23:59:00-05:00", None)):
        with pytest.raises(RowRefusedError):
            read_instant(cell, None, zone)


def test_truth_and_lists_are_read_in_three_languages() -> None:
    assert [read_boolean(one) for one in ("Oui", "NO", "نعم", True, 0, "")] == [
        True,
        False,
        True,
        True,
        False,
        None,
    ]
    assert read_list(" VIP; new ;;vip", ";") == ["vip", "new"]
    with pytest.raises(RowRefusedError):
        read_boolean("maybe")


def test_translations_come_before_the_type() -> None:
    rule = ValueRule(column="x", map={"Maroc": "MA", "inconnu": ""}, otherwise="ZZ")
    read = reader_of(rule, AttributeType.TEXT)

    assert [read(one) for one in ("MAROC ", "Inconnu", "Chili", None)] == ["ma", None, "zz", None]


@pytest.mark.parametrize(
    ("cell", "latitude", "longitude"),
    [
        ("33.58,-7.63", "33.58", "-7.63"),
        (" (33.5731104 ; -7.6298) ", "33.5731104", "-7.6298"),
        ("0,180", "0", "180"),
        ("-90, 12.123456789", "-90", "12.1234568"),
    ],
)
def test_a_place_is_latitude_and_longitude_in_degrees(cell: str, latitude: str, longitude: str) -> None:
    assert read_place(cell) == {"latitude": Decimal(latitude), "longitude": Decimal(longitude)}


@pytest.mark.parametrize("cell", ["maarif", "33.58", "91,0", "0,181", "33,58,-7,63", "1e1,2"])
def test_what_is_no_place_on_earth_is_refused(cell: str) -> None:
    with pytest.raises(RowRefusedError) as refused:
        read_place(cell)
    assert refused.value.code == "RC-IMPORT-108"


def test_no_place_is_a_missing_one() -> None:
    assert read_place("  ") is None
