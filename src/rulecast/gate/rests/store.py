"""The only file of this part that reaches the database."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from rulecast.database import Connection, execute, fetch_all, load_queries

__all__ = ["QUERIES", "Connection", "RestRow"]

QUERIES = load_queries(__package__)


@dataclass(frozen=True, slots=True, kw_only=True)
class RestRow:
    """Failures of one person and code, in order, and until when they ask for rest."""

    contact_id: int
    code: int
    kind: str
    failed_at: Sequence[datetime]
    rests_until: datetime


async def lock_rests(
    connection: Connection, keys: Sequence[tuple[int, int]]
) -> dict[tuple[int, int], list[datetime]]:
    """Return and lock when these people failed with these codes before."""
    rows = await fetch_all(
        connection,
        QUERIES["lock_rests"],
        {"contact_ids": [key[0] for key in keys], "codes": [key[1] for key in keys]},
    )
    return {(row[0], row[1]): row[2] for row in rows}


async def find_last_deliveries(connection: Connection, contact_ids: Sequence[int]) -> dict[int, datetime]:
    """Return when each of these people last got a marketing message."""
    rows = await fetch_all(connection, QUERIES["find_last_deliveries"], {"contact_ids": list(contact_ids)})
    return {row[0]: row[1] for row in rows}


async def save_rests(connection: Connection, rows: Sequence[RestRow]) -> None:
    """Keep these rests; a failure written meanwhile by somebody else stays counted."""
    for row in rows:
        await execute(
            connection,
            QUERIES["save_rest"],
            {
                "contact_id": row.contact_id,
                "code": row.code,
                "kind": row.kind,
                "failed_at": list(row.failed_at),
                "last_failed_at": row.failed_at[-1],
                "rests_until": row.rests_until,
            },
        )


async def find_countries(connection: Connection, contact_ids: Sequence[int]) -> dict[int, str]:
    """Return the country of each of these people who have one."""
    rows = await fetch_all(connection, QUERIES["find_countries"], {"contact_ids": list(contact_ids)})
    return {row[0]: row[1] for row in rows}
