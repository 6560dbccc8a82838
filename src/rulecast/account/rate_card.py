"""What a delivered message costs: dated rows by market and category, chosen by the account's calendar day.

Rates come from Meta's published cards, which exist per billing currency and are never converted from one to
another. A day begins at midnight in the time zone of the WhatsApp Business account.
"""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from rulecast.account.errors import RateCardInvalidError, RateUnknownError
from rulecast.values.money import MINOR_UNIT_DIGITS

OTHER_MARKET = "Other"
PRICE_SCALE = 10_000
"""Prices are integers of a ten-thousandth of a minor unit: rates have four decimals of the major unit."""

COLUMNS = ("market", "category", "effective_from", "currency", "rate", "source")
CATEGORIES = frozenset({"marketing", "utility", "authentication", "service", "authentication_international"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """One row of a card: the price of one delivered message, in 10^-4 minor units, from a day on."""

    market: str
    category: str
    effective_from: date
    currency: str
    price_e4: int
    source: str


@dataclass(frozen=True, slots=True)
class RateCard:
    """All rows of all cards, by market, category and currency, the newest first."""

    rates: Mapping[tuple[str, str, str], tuple[Rate, ...]]

    def find(self, country: str, category: str, *, currency: str, on: date) -> Rate:
        """Return the rate that holds for a country (ISO 3166 two letters) on a day of the account.

        Raises:
            RateUnknownError: no card has a price for it; a price is never guessed.
        """
        market = market_of(country)
        for rate in self.rates.get((market, category, currency), ()):
            if rate.effective_from <= on:
                return rate
        raise RateUnknownError(f"No rate for {category} in {market}, in {currency}, on {on}.")

    def sources(self, currency: str, on: date) -> tuple[date, ...]:
        """Return the days from which the rows in force hold, for the cost line of a plan."""
        found = {
            next((rate.effective_from for rate in rates if rate.effective_from <= on), None)
            for (_market, _category, kept), rates in self.rates.items()
            if kept == currency
        }
        return tuple(sorted(day for day in found if day is not None))


def market_of(country: str) -> str:
    """Return the price market of a country; a country without a row of its own is in `Other`.

    Meta prices by the calling code of the recipient; a contact's country stands for it.
    """
    return _markets().get(country, OTHER_MARKET)


@cache
def shipped_rate_card() -> RateCard:
    """Return the cards that come with the product."""
    folder = files(__package__).joinpath("rate_cards")
    texts = {
        entry.name: entry.read_text(encoding="utf-8")
        for entry in folder.iterdir()
        if entry.name.endswith(".csv") and entry.name != "markets.csv"
    }
    return read_rate_cards(texts)


def read_rate_cards(texts: Mapping[str, str]) -> RateCard:
    """Return one card made of several files, given as text by name.

    Raises:
        RateCardInvalidError: a line cannot be read, or two lines price the same thing from the same day.
    """
    found: dict[tuple[str, str, str], list[Rate]] = {}
    for name, text in sorted(texts.items()):
        for rate in _read(name, text):
            rates = found.setdefault((rate.market, rate.category, rate.currency), [])
            if any(known.effective_from == rate.effective_from for known in rates):
                raise RateCardInvalidError(
                    f"{name} prices {rate.category} in {rate.market} from {rate.effective_from} twice."
                )
            rates.append(rate)
    newest_first = {
        key: tuple(sorted(rates, key=lambda rate: rate.effective_from, reverse=True))
        for key, rates in found.items()
    }
    return RateCard(MappingProxyType(newest_first))


def _read(name: str, text: str) -> Iterable[Rate]:
    reader = csv.DictReader(text.splitlines())
    if tuple(reader.fieldnames or ()) != COLUMNS:
        raise RateCardInvalidError(f"{name} line 1: the columns must be {', '.join(COLUMNS)}.")
    for row in reader:
        try:
            yield _rate(row)
        except (ValueError, InvalidOperation, TypeError) as error:
            raise RateCardInvalidError(f"{name} line {reader.line_num}: {error}.") from error


def _rate(row: Mapping[str, str]) -> Rate:
    if row["category"] not in CATEGORIES:
        raise ValueError(f"the category {row['category']} is not known")
    scaled = Decimal(row["rate"]).scaleb(MINOR_UNIT_DIGITS.get(row["currency"], 2)) * PRICE_SCALE
    if scaled < 0 or scaled != scaled.to_integral_value():
        raise ValueError(f"the rate {row['rate']} is negative or finer than 10^-4 of a minor unit")
    return Rate(
        market=row["market"],
        category=row["category"],
        effective_from=date.fromisoformat(row["effective_from"]),
        currency=row["currency"],
        price_e4=int(scaled),
        source=row["source"],
    )


@cache
def _markets() -> Mapping[str, str]:
    text = files(__package__).joinpath("rate_cards", "markets.csv").read_text(encoding="utf-8")
    return {row["country"]: row["market"] for row in csv.DictReader(text.splitlines())}
