"""The only caller of the database about the places of a plan's people."""

from datetime import datetime

from rulecast.database import Connection, fetch_all, load_queries

__all__ = ["Connection"]

QUERIES = load_queries(__package__)


async def count_starts_by_place(
    connection: Connection, plan_id: int, *, count_max: int
) -> list[tuple[datetime, datetime, int, str, str, str, int]]:
    """Return from when, until when, in which batch and where how many messages go, at most so many rows."""
    parameters = {"plan_id": plan_id, "count_max": count_max}
    return await fetch_all(connection, QUERIES["count_starts_by_place"], parameters)
