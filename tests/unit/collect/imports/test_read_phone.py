"""F89: numbers are normalised where that is certain and refused where digits were lost."""

import csv
import os
from pathlib import Path

import pytest
from tests.people import ASHA

from rulecast.collect.imports.read_phone import read_personal_phone, read_phone
from rulecast.collect.imports.refusals import (
    PhoneCountryUnknownError,
    PhoneDigitsLostError,
    PhoneNotPersonalError,
    PhoneShortCodeError,
    PhoneUnreadableError,
    RowRefusedError,
)

SPELLINGS = (
    "+212612000001",
    "+212 612-000001",
    "00212612000001",
    "0612000001",
    "06.12.00.00.01",
    "(06) 12 00 00 01",
    "612000001",
    "212612000001",
    "tel:+212-612-000-001",
    "٠٦١٢٠٠٠٠٠١",
    "\u06f0\u06f6\u06f1\u06f2\u06f0\u06f0\u06f0\u06f0\u06f0\u06f1",
    "\uff0b\uff12\uff11\uff12\uff16\uff11\uff12\uff10\uff10\uff10\uff10\uff10\uff11",
    " 06\u00a012\u202f00 00 01 ",
    "0612000001.0",
    612000001,
    612000001.0,
    212612000001,
)


@pytest.mark.parametrize("raw", SPELLINGS)
def test_f89_every_spelling_of_one_number_is_one_number(raw: object) -> None:
    assert read_phone(raw, "MA").e164 == ASHA.phone


@pytest.mark.parametrize(
    ("raw", "region", "refusal"),
    [
        ("5.51199E+12", "BR", PhoneDigitsLostError),
        ("5,51199E+12", "BR", PhoneDigitsLostError),
        ("2.12612E11", "MA", PhoneDigitsLostError),
        (2.12612e15, "MA", PhoneDigitsLostError),
        (612000001.5, "MA", PhoneDigitsLostError),
        (float("inf"), "MA", PhoneDigitsLostError),
        (21261200000112345, "MA", PhoneDigitsLostError),
        ("0612000001", None, PhoneCountryUnknownError),
        ("141", "MA", PhoneShortCodeError),
        ("12345", "FR", PhoneShortCodeError),
        ("+33 8 99 12 34 56", "FR", PhoneNotPersonalError),
        ("0800 00 00 00", "FR", PhoneNotPersonalError),
        ("+1 202 555 0123 ext. 4", "US", PhoneNotPersonalError),
        ("06120000011111", "MA", PhoneUnreadableError),
        ("n/a", "MA", PhoneUnreadableError),
        ("06" * 60, "MA", PhoneUnreadableError),
        (True, "MA", PhoneUnreadableError),
    ],
)
def test_f89_what_is_no_persons_number_is_refused(
    raw: object, region: str | None, refusal: type[RowRefusedError]
) -> None:
    with pytest.raises(refusal) as refused:
        read_personal_phone(raw, region)
    assert str(raw) not in str(refused.value)


@pytest.mark.real_data
def test_f89_the_truth_table_of_half_the_world_holds() -> None:
    with Path(os.environ["RULECAST_TEST_DATA"], "phones", "phones.csv").open(
        encoding="utf-8", newline=""
    ) as stream:
        rows = list(csv.DictReader(stream))
    wrong = [row for row in rows if _answer(row) != _truth(row)]

    assert len(rows) == 6_801
    assert wrong == []


def _answer(row: dict[str, str]) -> tuple[str, str] | None:
    try:
        phone = read_phone(row["input"], row["default_region"] or None)
    except RowRefusedError:
        return None
    return phone.e164, phone.region if row["expected_region"] else ""


def _truth(row: dict[str, str]) -> tuple[str, str] | None:
    return (row["expected_e164"], row["expected_region"]) if row["valid"] == "1" else None


def test_letters_of_a_keypad_are_no_digits_of_a_person() -> None:
    with pytest.raises(RowRefusedError):
        read_personal_phone("661-CALL-ME", "MA")
    assert read_personal_phone("tel:+212661000001", "MA").e164 == "+212661000001"
