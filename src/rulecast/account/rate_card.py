"""What a delivered message costs: dated rows by market and category, chosen by the account's calendar day.

Rates come from Meta's published cards, which exist per billing currency and are never converted from one to
another. A day begins at midnight in the time zone of the WhatsApp Business account.
"""

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import cache
from importlib.resources import files
from itertools import pairwise
from types import MappingProxyType

from rulecast.account.errors import RateCardInvalidError, RateUnknownError
from rulecast.values.money import MINOR_UNIT_DIGITS

OTHER_MARKET = "Other"
PRICE_SCALE = 10_000
"""Prices are integers of a ten-thousandth of a minor unit: rates have four decimals of the major unit."""

COLUMNS = ("market", "category", "effective_from", "currency", "rate", "source")
TIER_COLUMNS = ("market", "category", "effective_from", "currency", "tier_from", "tier_to", "rate", "source")
"""The columns of a card with volume tiers, in any order; a last tier goes to MAX."""
NO_END = "MAX"
LINES_MAX = 20_000
"""Some 50 markets, 5 categories, 16 currencies and a few tiers: no card of Meta is longer."""
SOURCE_LENGTH_MAX = 300
CURRENCIES = frozenset(
    {
        *("USD", "AED", "ARS", "AUD", "BRL", "CLP", "COP", "EUR"),
        *("GBP", "IDR", "INR", "MXN", "MYR", "PEN", "SAR", "SGD"),
    }
)
"""The currencies Meta bills in (whatsapp-platform 5.4)."""
CATEGORIES = frozenset({"marketing", "utility", "authentication", "service", "authentication_international"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """One row of a card: the price of one delivered message, in 10^-4 minor units, from a day on.

    `tier_from` is the number of charged messages of the month before the first one at this price.
    """

    market: str
    category: str
    effective_from: date
    currency: str
    price_e4: int
    source: str
    tier_from: int = 0


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
            if rate.effective_from <= on and rate.tier_from == 0:
                return rate
        raise RateUnknownError(f"No rate for {category} in {market}, in {currency}, on {on}.")

    def tiers(self, country: str, category: str, *, currency: str, on: date) -> tuple[Rate, ...]:
        """Return the volume tiers that hold on a day, the first one first.

        Raises:
            RateUnknownError: no card has a price for it.
        """
        first = self.find(country, category, currency=currency, on=on)
        rates = self.rates[first.market, category, currency]
        of_day = [rate for rate in rates if rate.effective_from == first.effective_from]
        return tuple(sorted(of_day, key=lambda rate: rate.tier_from))

    def joined(self, rates: Iterable[Rate]) -> "RateCard":
        """Return this card with further rates; of two for the same thing and day the further one holds."""
        found = {
            (key, rate.effective_from, rate.tier_from): rate
            for key, known in self.rates.items()
            for rate in known
        }
        for rate in rates:
            found[(rate.market, rate.category, rate.currency), rate.effective_from, rate.tier_from] = rate
        return _card(found.values())

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
    """Return one card made of several files, given as text by name; a file may have tiers.

    Raises:
        RateCardInvalidError: a line cannot be read, or two lines price the same thing from the same day.
    """
    found: dict[tuple[str, str, str, date, int], Rate] = {}
    for name, text in sorted(texts.items()):
        for rate in _read(name, text):
            key = (rate.market, rate.category, rate.currency, rate.effective_from, rate.tier_from)
            if key in found:
                raise RateCardInvalidError(
                    f"{name} prices {rate.category} in {rate.market} from {rate.effective_from} twice."
                )
            found[key] = rate
    _check_tiers(found.values())
    return _card(found.values())


def known_markets() -> frozenset[str]:
    """Return the markets prices exist for."""
    return frozenset(_markets().values()) | {OTHER_MARKET}


def marginal_cost_e4(tiers: Sequence[Rate], *, charged: int, count: int) -> int:
    """Return what so many more messages cost after so many charged ones of the month, each at the price of its tier."""
    ends = [*(rate.tier_from for rate in tiers[1:]), charged + count]
    cost_e4 = 0
    for rate, end in zip(tiers, ends, strict=True):
        inside = min(end, charged + count) - max(rate.tier_from, charged)
        cost_e4 += max(0, inside) * rate.price_e4
    return cost_e4


def _card(rates: Iterable[Rate]) -> RateCard:
    found: dict[tuple[str, str, str], list[Rate]] = {}
    for rate in rates:
        found.setdefault((rate.market, rate.category, rate.currency), []).append(rate)
    return RateCard(
        MappingProxyType(
            {
                key: tuple(sorted(kept, key=lambda one: (-one.effective_from.toordinal(), one.tier_from)))
                for key, kept in found.items()
            }
        )
    )


def _check_tiers(rates: Iterable[Rate]) -> None:
    """Refuse tiers without a first one, and a price that rises with the volume."""
    cards: dict[tuple[str, str, str, date], list[Rate]] = {}
    for rate in rates:
        cards.setdefault((rate.market, rate.category, rate.currency, rate.effective_from), []).append(rate)
    for (market, category, _currency, day), found in cards.items():
        tiers = sorted(found, key=lambda rate: rate.tier_from)
        if tiers[0].tier_from:
            raise RateCardInvalidError(f"The tiers of {category} in {market} from {day} do not begin with 0.")
        if any(two.price_e4 > one.price_e4 for one, two in pairwise(tiers)):
            raise RateCardInvalidError(f"The tiers of {category} in {market} from {day} rise in price.")


def _read(name: str, text: str) -> Iterable[Rate]:
    reader = csv.DictReader(text.splitlines())
    columns = tuple(reader.fieldnames or ())
    has_tiers = set(columns) == set(TIER_COLUMNS) and len(columns) == len(TIER_COLUMNS)
    if columns != COLUMNS and not has_tiers:
        raise RateCardInvalidError(
            f"{name} line 1: the columns must be {', '.join(COLUMNS)}, and tier_from, tier_to with tiers."
        )
    end: dict[tuple[str, ...], int | None] = {}
    for row in reader:
        if reader.line_num > LINES_MAX:
            raise RateCardInvalidError(f"{name} has more than {LINES_MAX:,} lines.")
        try:
            rate = _rate(row)
            if has_tiers:
                _follow(end, rate, row)
        except (ValueError, InvalidOperation, TypeError) as error:
            raise RateCardInvalidError(f"{name} line {reader.line_num}: {error}.") from error
        yield rate


def _follow(end: dict[tuple[str, ...], int | None], rate: Rate, row: Mapping[str, str]) -> None:
    """Check that a tier begins where the one above it in the file ends; Meta writes both 0:750000 and 750001:."""
    key = (rate.market, rate.category, rate.currency, rate.effective_from.isoformat())
    before = end.get(key, 0)
    if key in end and (before is None or rate.tier_from not in {before, before + 1}):
        raise ValueError(f"the tier from {rate.tier_from} does not follow the one before it")
    told = row["tier_to"].strip()
    end[key] = None if told in {"", NO_END} else int(told)
    to = end[key]
    if to is not None and to <= rate.tier_from:
        raise ValueError(f"the tier ends at {told}, before it begins")


def _rate(row: Mapping[str, str]) -> Rate:
    if row["category"] not in CATEGORIES:
        raise ValueError(f"the category {row['category']} is not known")
    scaled = Decimal(row["rate"]).scaleb(MINOR_UNIT_DIGITS.get(row["currency"], 2)) * PRICE_SCALE
    if not scaled.is_finite() or scaled < 0 or scaled != scaled.to_integral_value():
        raise ValueError(f"the rate {row['rate']} is negative or finer than 10^-4 of a minor unit")
    return Rate(
        market=row["market"],
        category=row["category"],
        effective_from=date.fromisoformat(row["effective_from"]),
        currency=row["currency"],
        price_e4=int(scaled),
        source=row["source"],
        tier_from=int(row.get("tier_from") or 0),
    )


@cache
def _markets() -> Mapping[str, str]:
    text = files(__package__).joinpath("rate_cards", "markets.csv").read_text(encoding="utf-8")
    return {row["country"]: row["market"] for row in csv.DictReader(text.splitlines())}
