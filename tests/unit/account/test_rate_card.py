"""Prices come from dated data, by market and day, and are never guessed."""

from datetime import date, timedelta

import pytest

from rulecast.account import market_of, shipped_rate_card
from rulecast.account.errors import RateCardInvalidError, RateUnknownError
from rulecast.account.import_rates import new_rates
from rulecast.account.rate_card import marginal_cost_e4, read_rate_cards

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


TIERS = """market,category,effective_from,currency,tier_from,tier_to,rate,source
India,utility,2026-10-01,INR,0,750000,0.1150,card
India,utility,2026-10-01,INR,750001,15000000,0.1081,card
India,utility,2026-10-01,INR,15000001,MAX,0.1012,card
"""


def test_each_message_costs_the_price_of_its_tier() -> None:
    tiers = read_rate_cards({"t.csv": TIERS}).tiers("IN", "utility", currency="INR", on=OCTOBER)
    assert [one.price_e4 for one in tiers] == [115_000, 108_100, 101_200]
    assert marginal_cost_e4(tiers, charged=0, count=10) == 10 * 115_000
    assert marginal_cost_e4(tiers, charged=750_000, count=2) == 115_000 + 108_100
    assert marginal_cost_e4(tiers, charged=20_000_000, count=3) == 3 * 101_200
    whole = marginal_cost_e4(tiers, charged=0, count=16_000_001)
    assert whole == 750_001 * 115_000 + 14_250_000 * 108_100 + 1_000_000 * 101_200
    one_tier = shipped_rate_card().tiers("MA", "marketing", currency="USD", on=OCTOBER)
    assert marginal_cost_e4(one_tier, charged=5, count=7) == 7 * 41_400


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("0,750000", "5,750000", "do not begin with 0"),
        ("750001,15000000", "760001,15000000", "line 3"),
        ("0.1081", "0.2081", "rise in price"),
        ("0,750000", "0,0", "line 2"),
        ("0,750000", "0,MAX", "line 3"),
    ],
)
def test_tiers_that_do_not_fit_together_are_refused(old: str, new: str, place: str) -> None:
    with pytest.raises(RateCardInvalidError, match=place):
        read_rate_cards({"t.csv": TIERS.replace(old, new, 1)})


TODAY = date(2026, 11, 22)


def card(*lines: str) -> str:
    return HEADING + "".join(f"{line}\n" for line in lines)


def test_a_newer_card_joins_the_ones_there_are() -> None:
    known = shipped_rate_card()
    text = card(
        "Morocco,marketing,2026-10-01,USD,0.0414,the same",
        "Morocco,marketing,2027-01-01,USD,0.0500,Meta card of January 2027",
        "Morocco,marketing,2026-10-01,EUR,0.0380,a currency of its own",
    )
    new = new_rates("january.csv", text, known=known, today=TODAY)
    assert {(one.currency, one.price_e4) for one in new} == {("USD", 50_000), ("EUR", 38_000)}
    joined = known.joined(new)
    assert joined.find("MA", "marketing", currency="USD", on=TODAY).price_e4 == 41_400
    assert joined.find("MA", "marketing", currency="USD", on=date(2027, 1, 1)).price_e4 == 50_000
    assert new_rates("january.csv", text, known=joined, today=TODAY) == []


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("Morocco,marketing,2026-10-01,USD,0.0500,x", "another price holds"),
        ("Morocco,marketing,2026-11-22,USD,0.0500,x", "another price holds"),
        ("Atlantis,marketing,2027-01-01,USD,0.0500,x", "no such market"),
        ("Morocco,marketing,2027-01-01,MAD,0.5000,x", "does not bill in MAD"),
        ("Morocco,marketing,2027-01-01,USD,0.0500,", "source"),
        ("Morocco,gift,2027-01-01,USD,0.0500,x", "line 2"),
        ("Morocco,marketing,2027-01-01,USD,NaN,x", "line 2"),
    ],
)
def test_a_card_that_changes_the_past_or_names_nothing_is_refused(line: str, why: str) -> None:
    with pytest.raises(RateCardInvalidError, match=why):
        new_rates("card.csv", card(line), known=shipped_rate_card(), today=TODAY)
