"""The only file of this part that reaches the database."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from rulecast.database import Connection, execute, fetch_all, load_queries

__all__ = ["QUERIES", "Connection", "UnreadCount"]

QUERIES = load_queries(__package__)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreadCount:
    """How often something of a field was not acted upon."""

    field: str
    seen_count: int
    first_at: datetime
    last_at: datetime


async def add_counts(connection: Connection, counts: Mapping[str, int], now: datetime) -> None:
    """Add to the counts, in the order of the names."""
    names = sorted(counts)
    await execute(
        connection,
        QUERIES["add_counts"],
        {"fields": names, "counts": [counts[name] for name in names], "now": now},
    )


async def list_unread(connection: Connection) -> list[UnreadCount]:
    """Return every count, by field."""
    return await fetch_all(connection, QUERIES["list_unread"], record=UnreadCount)
