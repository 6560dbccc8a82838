"""The clock of the database."""

from rulecast.database import Connection, fetch_value, load_queries

QUERIES = load_queries(__package__)


async def read_clock(connection: Connection) -> float:
    """Return the server's own clock, in seconds since 1970."""
    return float(await fetch_value(connection, QUERIES["read_clock"]))
