"""Prices come from dated data, by market and day, and are never guessed."""

from datetime import date, timedelta

import pytest

from rulecast.account import market_of, shipped_rate_card
from rulecast.account.errors import RateCardInvalidError, RateUnknownError
from rulecast.account.rate_card import read_rate_cards

OCTOBER = date(2026, 10, 1)
HEADING = "market,category,effective_from,currency,rate,source\n"


@pytest.mark.parametrize(
    ("country", "category", "price_e4"),
    [
        ("MA", "marketing", 41_400),
        ("MA", "utility", 23_000),
        ("TN", "marketing", 22_500),
        ("FR", "marketing", 85_900),
        ("ZZ", "service", 7_700),
        ("IN", "authentication_international", 30_400),
    ],
)
def test_the_october_card_prices_in_ten_thousandths_of_a_cent(
    country: str, category: str, price_e4: int
) -> None:
    assert shipped_rate_card().find(country, category, currency="USD", on=OCTOBER).price_e4 == price_e4


def test_every_market_of_the_card_has_marketing_and_utility() -> None:
    rates = shipped_rate_card().rates
    markets = {market for market, _category, _currency in rates}
    assert len(markets) == 47
    for category in ("marketing", "utility", "authentication", "service"):
        assert {market for market, kept, _currency in rates if kept == category} == markets


@pytest.mark.parametrize(
    ("country", "market"),
    [
        ("TN", "Rest of Africa"),
        ("MA", "Morocco"),
        ("JP", "Rest of Asia Pacific"),
        ("US", "North America"),
        ("XK", "Other"),
    ],
)
def test_a_country_belongs_to_one_market(country: str, market: str) -> None:
    assert market_of(country) == market


def test_the_newest_rate_that_holds_on_the_day_is_taken() -> None:
    card = read_rate_cards(
        {
            "a.csv": f"{HEADING}Morocco,marketing,2026-10-01,USD,0.0414,x\n",
            "b.csv": f"{HEADING}Morocco,marketing,2027-01-01,USD,0.0500,y\n",
        }
    )
    january = date(2027, 1, 1)
    assert card.find("MA", "marketing", currency="USD", on=january).price_e4 == 50_000
    assert card.find("MA", "marketing", currency="USD", on=january - timedelta(days=1)).price_e4 == 41_400
    assert card.sources("USD", january) == (january,)


@pytest.mark.parametrize(
    ("category", "currency", "on"),
    [
        ("marketing", "USD", date(2026, 9, 30)),
        ("marketing", "EUR", OCTOBER),
        ("authentication_international", "USD", OCTOBER),
    ],
)
def test_a_price_that_is_not_in_a_card_is_an_error(category: str, currency: str, on: date) -> None:
    with pytest.raises(RateUnknownError):
        shipped_rate_card().find("FR", category, currency=currency, on=on)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("market,rate\n", "line 1"),
        (f"{HEADING}Morocco,gift,2026-10-01,USD,0.04,x\n", "line 2"),
        (f"{HEADING}Morocco,marketing,soon,USD,0.04,x\n", "line 2"),
        (f"{HEADING}Morocco,marketing,2026-10-01,USD,much,x\n", "line 2"),
        (f"{HEADING}Morocco,marketing,2026-10-01,USD,-1,x\n", "line 2"),
        (f"{HEADING}Morocco,marketing,2026-10-01,USD,0.0414001,x\n", "line 2"),
        (
            f"{HEADING}Morocco,marketing,2026-10-01,USD,0.04,x\nMorocco,marketing,2026-10-01,USD,0.05,x\n",
            "twice",
        ),
    ],
)
def test_a_bad_card_is_refused_with_its_place(text: str, place: str) -> None:
    with pytest.raises(RateCardInvalidError, match=place):
        read_rate_cards({"card.csv": text})
