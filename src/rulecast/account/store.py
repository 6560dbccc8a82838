"""Numbers and portfolios in the database."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from rulecast.account.billing_zones import zone_of_id
from rulecast.account.rate_card import Rate, RateCard, shipped_rate_card
from rulecast.account.records import BusinessNumber, Portfolio
from rulecast.database import Connection, execute, fetch_all, load_queries

QUERIES = load_queries(__package__)

TIMEZONE_ID_LENGTH_MAX = 20
"""Meta's numbers have three digits."""


async def list_portfolios(connection: Connection) -> list[Portfolio]:
    """Return every portfolio, by id."""
    return await fetch_all(connection, QUERIES["list_portfolios"], record=Portfolio)


async def save_portfolio(connection: Connection, portfolio: Portfolio) -> None:
    """Create or change a portfolio."""
    await execute(connection, QUERIES["save_portfolio"], asdict(portfolio))


async def list_numbers(connection: Connection) -> list[BusinessNumber]:
    """Return every business number, by name."""
    return await fetch_all(connection, QUERIES["list_numbers"], record=BusinessNumber)


async def save_number(connection: Connection, number: BusinessNumber) -> None:
    """Create or change a business number; its state stays as it is."""
    await execute(connection, QUERIES["save_number"], asdict(number))


async def read_rate_card(connection: Connection) -> RateCard:
    """Return the shipped cards with the imported ones."""
    return shipped_rate_card().joined(await list_rates(connection))


async def list_rates(connection: Connection) -> list[Rate]:
    """Return every imported rate."""
    return await fetch_all(connection, QUERIES["list_rates"], record=Rate)


async def insert_rates(connection: Connection, rates: Sequence[Rate], *, by: str, now: datetime) -> int:
    """Keep imported rates and return how many were new; what is there is never changed."""
    return await execute(
        connection,
        QUERIES["insert_rates"],
        {
            "markets": [one.market for one in rates],
            "categories": [one.category for one in rates],
            "currencies": [one.currency for one in rates],
            "days": [one.effective_from for one in rates],
            "tiers": [one.tier_from for one in rates],
            "prices_e4": [one.price_e4 for one in rates],
            "sources": [one.source for one in rates],
            "by": by,
            "now": now,
        },
    )


async def save_account_zone(connection: Connection, waba_id: str, timezone_id: object, now: datetime) -> None:
    """Keep the zone Meta names for an account; a number that stands for no known zone leaves the zone as it is."""
    told = str(timezone_id)[:TIMEZONE_ID_LENGTH_MAX]
    parameters = {"waba_id": waba_id, "timezone_id": told, "zone": zone_of_id(told), "now": now}
    await execute(connection, QUERIES["save_account_zone"], parameters)


async def list_unknown_zones(connection: Connection) -> list[tuple[str, str, str]]:
    """Return account, Meta's number and the zone that still counts, where the number stands for no known zone."""
    rows = await fetch_all(connection, QUERIES["list_account_zones"])
    return [(waba_id, told, zone) for waba_id, told, zone in rows if not zone_of_id(told)]


async def list_billing_zones(connection: Connection) -> dict[str, str]:
    """Return the zone of each number's account, by the number's id; empty where it is not known."""
    return dict(await fetch_all(connection, QUERIES["list_billing_zones"]))
