"""Writes marks and their changes."""

from collections.abc import Sequence
from datetime import datetime

from rulecast.database import Connection, execute, load_queries
from rulecast.database.rows import Jsonb
from rulecast.values.ids import ContactId

__all__ = ["Connection", "set_marks"]

QUERIES = load_queries(__package__)


async def set_marks(
    connection: Connection, contact_ids: Sequence[ContactId], chosen: dict[str, bool], now: datetime
) -> int:
    """Set the chosen marks where they differ, append the changes, and return how many people changed."""
    return await execute(
        connection,
        QUERIES["set_marks"],
        {
            "contact_ids": sorted(set(contact_ids)),
            "objects_to_profiling": chosen.get("objects_to_profiling"),
            "is_restricted": chosen.get("is_restricted"),
            "payload": Jsonb(chosen),
            "now": now,
        },
    )
