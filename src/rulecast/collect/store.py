"""The only file of this room that reaches the database (the inbox has its own)."""

from collections.abc import Sequence
from datetime import date, datetime

from rulecast.collect.event import EventColumns
from rulecast.database import Connection, execute, fetch_all, load_queries

__all__ = ["QUERIES", "Connection", "ensure_event_months", "insert_events"]

QUERIES = load_queries(__package__)


async def ensure_event_months(connection: Connection, months: Sequence[date]) -> None:
    """Make the partitions of these months where they are missing; each month is its first day."""
    await fetch_all(connection, QUERIES["ensure_event_months"], {"months": list(months)})


async def insert_events(connection: Connection, columns: EventColumns, now: datetime) -> int:
    """Append events that are not there yet and return how many were new."""
    return await execute(
        connection,
        QUERIES["insert_events"],
        {
            "now": now,
            "contact_ids": columns.contact_ids,
            "names": columns.names,
            "occurred": columns.occurred,
            "keys": columns.keys,
            "sources": columns.sources,
            "import_ids": columns.import_ids,
            "properties": columns.properties,
        },
    )
