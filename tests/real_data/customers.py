"""The customers of `online_retail`, read from the raw file and judged in plain Python.

Nothing here imports rulecast. The times of the file are those of London, and so are days, weeks and months.
"""

import csv
import gzip
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

ZONE = "Europe/London"
LONDON = ZoneInfo(ZONE)
EVER = datetime.min.replace(tzinfo=UTC)
# Where the file names a country that is one; other words ("Unspecified", "European Community") say nothing.
NEAR = {"United Kingdom", "France", "Germany", "Netherlands", "Belgium"}
NO_COUNTRY = {"Unspecified", "European Community"}
PAPER = {"22423", "47566", "22086", "23084"}


class Line(NamedTuple):
    at: datetime
    day: date
    product: str
    quantity: int
    unit_price: Decimal
    amount: Decimal


@dataclass(slots=True)
class Customer:
    country: str = ""
    purchases: list[Line] = field(default_factory=list)
    cancellations: list[Line] = field(default_factory=list)

    @property
    def known_since(self) -> datetime:
        return min(line.at for line in (*self.purchases, *self.cancellations))


@dataclass(slots=True)
class Counts:
    lines: int = 0
    without_customer: int = 0
    cancelled: int = 0
    clean_lines: int = 0
    clean_customers: set[int] = field(default_factory=set)
    clean_amount: Decimal = Decimal(0)


def read_customers(folder: Path) -> tuple[dict[int, Customer], Counts]:
    """Return every customer by number, and what the whole file counts to."""
    found: dict[int, Customer] = defaultdict(Customer)
    counts = Counts()
    instants: dict[str, tuple[datetime, date]] = {}
    with gzip.open(folder / "online_retail.csv.gz", "rt", encoding="utf-8", newline="") as text:
        for row in csv.DictReader(text):
            is_cancelled = row["InvoiceNo"].startswith("C")
            counts.lines += 1
            counts.cancelled += is_cancelled
            if not row["CustomerID"]:
                counts.without_customer += 1
                continue
            number = int(row["CustomerID"])
            line = _line(row, instants)
            one = found[number]
            # A customer of two countries is of the last one the file names.
            one.country = row["Country"]
            (one.cancellations if is_cancelled else one.purchases).append(line)
            if not is_cancelled and line.quantity > 0 and line.unit_price > 0:
                counts.clean_lines += 1
                counts.clean_customers.add(number)
                counts.clean_amount += line.amount
    return dict(found), counts


def _line(row: Mapping[str, str], instants: dict[str, tuple[datetime, date]]) -> Line:
    text = row["InvoiceDate"]
    if text not in instants:
        local = datetime.fromisoformat(text)
        instants[text] = (local.replace(tzinfo=LONDON).astimezone(UTC), local.date())
    at, day = instants[text]
    quantity, price = int(row["Quantity"]), Decimal(row["UnitPrice"])
    return Line(at, day, row["StockCode"].lower(), quantity, price, quantity * price)


def of_last(lines: list[Line], now: datetime, days: int | None = None) -> list[Line]:
    """Return the lines before an instant, of the last days where they are given."""
    start = EVER if days is None else now - timedelta(days=days)
    return [line for line in lines if start <= line.at < now]


def steady_then_silent(one: Customer, now: datetime) -> bool:
    purchases = of_last(one.purchases, now)
    months = {(line.day.year, line.day.month) for line in purchases}
    spent = sum(line.amount for line in purchases)
    is_silent = one.known_since < now - timedelta(days=45)
    return len(months) >= 3 and spent > 500 and is_silent and not of_last(one.purchases, now, 45)


def abroad_in_bulk(one: Customer, now: datetime) -> bool:
    is_abroad = one.country not in {"United Kingdom", *NO_COUNTRY}
    large = [line for line in of_last(one.purchases, now, 180) if line.quantity >= 100]
    return is_abroad and len(large) >= 2


def sent_it_back(one: Customer, now: datetime) -> bool:
    cancelled = of_last(one.cancellations, now)
    month = timedelta(days=30)
    returned = any(
        buy.product == back.product and buy.at < back.at <= buy.at + month
        for buy in of_last(one.purchases, now, 120)
        for back in cancelled
    )
    return returned and sum(line.amount for line in of_last(cancelled, now, 120)) <= -20


def early_for_christmas(one: Customer, now: datetime) -> bool:
    # London keeps summer time on 1 October: its midnight is 23:00 UTC of the day before.
    october = (datetime(2011, 9, 30, 23, tzinfo=UTC), datetime(2011, 11, 1, tzinfo=UTC))
    paper = any(
        line.product in PAPER and october[0] <= line.at < october[1] for line in of_last(one.purchases, now)
    )
    weeks = {line.day.isocalendar()[:2] for line in of_last(one.purchases, now, 60)}
    is_near = one.country in NEAR | NO_COUNTRY
    return paper and len(weeks) >= 3 and is_near and not of_last(one.cancellations, now, 60)


def unpriced_or_new(one: Customer, now: datetime) -> bool:
    is_new = one.known_since >= now - timedelta(days=90)
    is_free = any(line.unit_price == 0 for line in of_last(one.purchases, now))
    return (is_new and len(of_last(one.purchases, now, 10)) >= 2) or is_free


# Each example rule with the instant (UTC) it is asked as of, and who counts.
RULES: Mapping[str, tuple[datetime, Callable[[Customer, datetime], bool]]] = {
    "steady_then_silent": (datetime(2011, 10, 15, 12, tzinfo=UTC), steady_then_silent),
    "abroad_in_bulk": (datetime(2011, 9, 1, tzinfo=UTC), abroad_in_bulk),
    "sent_it_back": (datetime(2011, 12, 1, tzinfo=UTC), sent_it_back),
    "early_for_christmas": (datetime(2011, 11, 30, 9, 26, tzinfo=UTC), early_for_christmas),
    "unpriced_or_new": (datetime(2011, 7, 20, tzinfo=UTC), unpriced_or_new),
}
