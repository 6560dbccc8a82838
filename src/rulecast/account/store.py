"""Numbers and portfolios in the database."""

from dataclasses import asdict

from rulecast.account.records import BusinessNumber, Portfolio
from rulecast.database import Connection, execute, fetch_all, load_queries

QUERIES = load_queries(__package__)


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
