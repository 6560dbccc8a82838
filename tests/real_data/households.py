"""The households of `completejourney`, read from the raw files and judged in plain Python.

Nothing here imports rulecast: DuckDB hands out the rows of the Parquet files, everything else is counted here.
The times of the files are read as UTC; days, weeks and months are those of New York.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import duckdb

ZONE = "America/New_York"
NEW_YORK = ZoneInfo(ZONE)
EVER = datetime.min.replace(tzinfo=UTC)
KNOWN_SINCE = datetime(2017, 1, 1, tzinfo=UTC)
FLOWERS = frozenset({"FLORAL", "GARDEN CENTER"})
CAMPAIGN = 8


class Purchase(NamedTuple):
    at: datetime
    day: date
    cents: int
    quantity: int
    by_coupon: bool
    department: str | None
    category: str | None
    brand: str | None


class Note(NamedTuple):
    """A campaign received or a coupon handed in."""

    at: datetime
    campaign: int


@dataclass(slots=True)
class Household:
    profile: Mapping[str, str | None] = field(default_factory=dict)
    purchases: list[Purchase] = field(default_factory=list)
    campaigns: list[Note] = field(default_factory=list)
    redemptions: list[Note] = field(default_factory=list)


def read_households(folder: Path) -> dict[int, Household]:
    """Return every household of any of the files by its number."""
    found: dict[int, Household] = defaultdict(Household)
    with closing(duckdb.connect(":memory:", config={"threads": 1})) as engine:
        names = ("age", "income", "home_ownership", "marital_status", "household_size", "kids_count")
        for number, *values in _rows(engine, folder / "demographics.parquet", "household_id", *names):
            found[number].profile = dict(zip(names, values, strict=True))
        starts = dict(_rows(engine, folder / "campaign_descriptions.parquet", "campaign_id", "start_date"))
        for number, campaign in _rows(engine, folder / "campaigns.parquet", "household_id", "campaign_id"):
            found[number].campaigns.append(Note(starts[campaign].replace(tzinfo=UTC), campaign))
        columns = ("household_id", "redemption_date", "campaign_id")
        for number, at, campaign in _rows(engine, folder / "coupon_redemptions.parquet", *columns):
            found[number].redemptions.append(Note(at.replace(tzinfo=UTC), campaign))
        for number, purchase in _purchases(engine, folder):
            found[number].purchases.append(purchase)
    return dict(found)


def _rows(engine: duckdb.DuckDBPyConnection, path: Path, *columns: str) -> Iterator[tuple[Any, ...]]:
    result = engine.execute(f"SELECT {', '.join(columns)} FROM read_parquet(?)", [str(path)])
    while rows := result.fetchmany(10_000):
        yield from rows


def _purchases(engine: duckdb.DuckDBPyConnection, folder: Path) -> Iterator[tuple[int, Purchase]]:
    columns = ("product_id", "department", "product_category", "brand")
    products = {number: tuple(rest) for number, *rest in _rows(engine, folder / "products.parquet", *columns)}
    days: dict[datetime, date] = {}
    columns = (
        "household_id",
        "transaction_timestamp",
        "product_id",
        "sales_value",
        "quantity",
        "coupon_disc",
    )
    for number, naive, product, value, quantity, discount in _rows(
        engine, folder / "transactions.parquet", *columns
    ):
        at = naive.replace(tzinfo=UTC)
        hour = at.replace(minute=0, second=0)
        day = days.get(hour)
        if day is None:
            day = days[hour] = hour.astimezone(NEW_YORK).date()
        department, category, brand = products.get(product, (None, None, None))
        cents = round(value * 100)
        yield number, Purchase(at, day, cents, quantity, discount > 0, department, category, brand)


def category_of_campaign(households: Mapping[int, Household], campaign: int) -> str:
    """Return the category most often bought by coupon on the days the campaign's coupons were handed in."""
    counted: Counter[str] = Counter()
    for one in households.values():
        days = {note.at.date() for note in one.redemptions if note.campaign == campaign}
        counted.update(
            purchase.category
            for purchase in one.purchases
            if purchase.by_coupon and purchase.category is not None and purchase.at.date() in days
        )
    return counted.most_common(1)[0][0]


def bought(one: Household, now: datetime, days: int | None = None) -> list[Purchase]:
    """Return the purchases before an instant, of the last days where they are given."""
    start = EVER if days is None else now - timedelta(days=days)
    return [purchase for purchase in one.purchases if start <= purchase.at < now]


def campaign_8_without_coupon(one: Household, now: datetime) -> bool:
    if any(note.campaign == CAMPAIGN and note.at < now for note in one.redemptions):
        return False
    received = [note.at for note in one.campaigns if note.campaign == CAMPAIGN and note.at < now]
    return any(
        at < purchase.at <= at + timedelta(days=14)
        for at in received
        for purchase in bought(one, now)
        if purchase.category == "ICE CREAM/MILK/SHERBTS"
    )


def steady_then_silent(one: Household, now: datetime) -> bool:
    purchases = bought(one, now)
    months = {(purchase.day.year, purchase.day.month) for purchase in purchases}
    spent = sum(purchase.cents for purchase in purchases)
    # Nobody of these data ever wrote: silent is whoever has been known for longer than that.
    is_silent = now - timedelta(days=45) > KNOWN_SINCE
    return len(months) >= 3 and spent > 500_00 and is_silent and not bought(one, now, 45)


def families_with_dear_lines(one: Household, now: datetime) -> bool:
    income = one.profile.get("income")
    if one.profile.get("household_size") not in {"3", "4", "5+"} or income is None:
        return False
    dear = [purchase for purchase in bought(one, now, 30) if purchase.cents >= 10_00]
    return income not in {"Under 15K", "15-24K"} and len(dear) >= 4


def regulars_without_profile(one: Household, now: datetime) -> bool:
    purchases = bought(one, now, 70)
    weeks = {purchase.day.isocalendar()[:2] for purchase in purchases}
    spent = sum(purchase.cents for purchase in purchases if purchase.department == "GROCERY")
    return one.profile.get("income") is None and len(weeks) >= 8 and spent > 300_00


def left_a_coupon_lying(one: Household, now: datetime) -> bool:
    start, four_weeks = now - timedelta(days=120), timedelta(days=28)
    received = [note for note in one.campaigns if note.at < now]
    if sum(note.at >= start for note in received) < 3 or one.profile.get("home_ownership") == "Renter":
        return False
    return any(
        note.at + four_weeks < now
        and not any(
            coupon.campaign == note.campaign and note.at < coupon.at <= note.at + four_weeks
            for coupon in one.redemptions
        )
        for note in received
    )


def flowers_once(one: Household, now: datetime) -> bool:
    # Midnight in New York is 05:00 UTC in winter.
    february = (datetime(2017, 2, 1, 5, tzinfo=UTC), datetime(2017, 3, 1, 5, tzinfo=UTC))
    flowers = [purchase for purchase in bought(one, now) if purchase.department in FLOWERS]
    once = any(february[0] <= buy.at < february[1] and 5_00 <= buy.cents <= 25_00 for buy in flowers)
    much = sum(buy.cents for buy in flowers if buy.department == "FLORAL") >= 60_00
    return (once or much) and not any(buy.at >= now - timedelta(days=21) for buy in flowers)


def fills_the_tank(one: Household, now: datetime) -> bool:
    fuel = [buy for buy in bought(one, now, 90) if buy.department == "FUEL" and buy.quantity > 0]
    private = any(buy.brand == "Private" for buy in bought(one, now, 14))
    is_old = now - timedelta(days=90) > KNOWN_SINCE
    return is_old and len(fuel) >= 5 and one.profile.get("marital_status") != "Married" and not private


def nearly_every_day(one: Household, now: datetime) -> bool:
    days = len({purchase.day for purchase in bought(one, now, 60)})
    has_redeemed = any(note.at < now for note in one.redemptions)
    alone = one.profile.get("household_size") == "1"
    return days >= 30 or (alone and not has_redeemed and days >= 20)


# Each example rule with the instant (UTC) it is asked as of, and who counts.
RULES: Mapping[str, tuple[datetime, Callable[[Household, datetime], bool]]] = {
    "campaign_8_without_coupon": (datetime(2017, 6, 1, tzinfo=UTC), campaign_8_without_coupon),
    "steady_then_silent": (datetime(2017, 6, 15, tzinfo=UTC), steady_then_silent),
    "families_with_dear_lines": (datetime(2017, 5, 1, 12, tzinfo=UTC), families_with_dear_lines),
    "regulars_without_profile": (datetime(2017, 6, 1, 3, 30, tzinfo=UTC), regulars_without_profile),
    "left_a_coupon_lying": (datetime(2017, 6, 15, tzinfo=UTC), left_a_coupon_lying),
    "flowers_once": (datetime(2017, 5, 15, tzinfo=UTC), flowers_once),
    "fills_the_tank": (datetime(2017, 6, 20, tzinfo=UTC), fills_the_tank),
    "nearly_every_day": (datetime(2017, 6, 29, tzinfo=UTC), nearly_every_day),
}
