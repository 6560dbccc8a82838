"""What Meta does not deliver, by country: the United States by area code, never by +1 alone."""

from datetime import date

import pytest

from rulecast.account.records import read_number
from rulecast.account.undelivered import country_of_address, is_undelivered
from rulecast.values.fields import Fields

TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("address", "stated", "country"),
    [
        ("+13105550171", "", "US"),
        ("+12125550123", "CA", "US"),
        ("+16045550171", "CA", "CA"),
        ("+18765550171", "JM", "JM"),
        # Stated wrongly: the area code is no American one.
        ("+16045550171", "US", ""),
        ("+212661234567", "MA", "MA"),
        ("US.13491208655302741918", "", "US"),
        ("US.ENT.11815799212886844830", "", "US"),
        ("MA.13491208655302741918", "MA", "MA"),
    ],
)
def test_the_area_code_decides_where_a_number_belongs(address: str, stated: str, country: str) -> None:
    assert country_of_address(address, stated=stated) == country


@pytest.mark.parametrize(
    ("category", "country", "on", "expected"),
    [
        ("marketing", "US", TODAY, True),
        ("marketing", "US", date(2025, 4, 1), True),
        ("marketing", "US", date(2025, 3, 31), False),
        ("utility", "US", TODAY, False),
        ("authentication", "US", TODAY, False),
        ("marketing", "CA", TODAY, False),
        ("marketing", "", TODAY, False),
    ],
)
def test_marketing_alone_is_not_delivered_to_the_united_states(
    category: str, country: str, on: date, expected: bool
) -> None:
    assert is_undelivered(category, country, on=on) is expected


def test_a_number_the_business_app_uses_too_sends_twenty_a_second_at_most() -> None:
    declared = {"name": "main", "id": "1", "waba_id": "2", "portfolio": "3", "throughput_per_second": 80}
    assert read_number(Fields(declared, "numbers[1]")).pace_per_second == 80
    assert read_number(Fields({**declared, "coexistence": True}, "numbers[1]")).pace_per_second == 20
    slow = {**declared, "coexistence": True, "throughput_per_second": 5}
    assert read_number(Fields(slow, "numbers[1]")).pace_per_second == 5
