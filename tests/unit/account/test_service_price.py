"""Answers are free until Meta's card prices them, and for a thousand of a number and month of its account."""

from datetime import UTC, date, datetime, timedelta

import pytest

from rulecast.account.billing_zones import month_start, zone_of_id
from rulecast.account.rate_card import shipped_rate_card
from rulecast.account.service_price import allowance_left, price_answers, service_price_e4
from rulecast.values.zone_offsets import local_time


@pytest.mark.parametrize(
    ("country", "day", "price_e4"),
    [
        ("FR", date(2026, 9, 30), 0),
        ("FR", date(2026, 10, 1), 30_000),
        ("MA", date(2026, 11, 22), 23_000),
        ("TN", date(2026, 11, 22), 4_000),
    ],
)
def test_an_answer_costs_what_the_card_of_its_day_says(country: str, day: date, price_e4: int) -> None:
    assert service_price_e4(shipped_rate_card(), country, currency="USD", on=day) == price_e4


def test_free_answers_go_first_and_what_costs_nothing_takes_none() -> None:
    assert allowance_left(998) == 2
    assert allowance_left(1_001) == 0
    assert price_answers([7, 0, 7, 7, 0], left=2) == [0, 0, 0, 7, 0]
    assert price_answers([7, 7], left=0) == [7, 7]
    assert price_answers([], left=5) == []


def test_a_month_begins_at_midnight_of_the_account() -> None:
    now = datetime(2026, 10, 1, 3, tzinfo=UTC)
    assert month_start("America/Los_Angeles", now) == datetime(2026, 9, 1, 7, tzinfo=UTC)
    assert month_start("Europe/Paris", now) == datetime(2026, 9, 30, 22, tzinfo=UTC)
    for zone in (zone_of_id(number) for number in range(1, 147)):
        began = month_start(zone, now)
        assert local_time(zone, began).day == 1
        assert local_time(zone, began - timedelta(seconds=1)).day > 27


def test_meta_s_numbers_stand_for_zones_and_an_unknown_one_for_none() -> None:
    assert zone_of_id("1") == "America/Los_Angeles"
    assert zone_of_id(86) == "Africa/Casablanca"
    assert [zone_of_id(one) for one in ("0", "", None, "9999", "1 ")] == [""] * 5
