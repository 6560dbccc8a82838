"""The only file of this part that reaches the database."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from rulecast.account.limit_tiers.tiers import Tier, TierTable, shipped_tiers
from rulecast.database import Connection, execute, fetch_all, load_queries

__all__ = ["QUERIES", "Connection", "ToldRow"]

QUERIES = load_queries(__package__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldRow:
    """A word about the limit of a portfolio: when it was last said, and its details as they came."""

    portfolio_id: str
    occurred_at: datetime
    details: dict[str, Any] = field(repr=False)


async def read_tiers(connection: Connection) -> TierTable:
    """Return the shipped tables with the imported rows."""
    return shipped_tiers().joined(await fetch_all(connection, QUERIES["list_tiers"], record=Tier))


async def insert_tiers(connection: Connection, tiers: Sequence[Tier], *, by: str, now: datetime) -> int:
    """Keep imported rows and return how many were new; what is there is never changed."""
    return await execute(
        connection,
        QUERIES["insert_tiers"],
        {
            "tiers": [one.tier for one in tiers],
            "people": [one.people for one in tiers],
            "days": [one.effective_from for one in tiers],
            "sources": [one.source for one in tiers],
            "by": by,
            "now": now,
        },
    )


async def list_told(connection: Connection) -> list[ToldRow]:
    """Return the words about each limit from those in force on, the newest first, and lock the portfolios."""
    await execute(connection, QUERIES["lock_portfolios"])
    return await fetch_all(connection, QUERIES["list_told"], record=ToldRow)


async def retell_people(
    connection: Connection, portfolio_id: str, people: int | None, *, at: datetime
) -> int:
    """Put a word, read anew, in force; one told meanwhile stays."""
    parameters = {"portfolio_id": portfolio_id, "people": people, "at": at}
    return await execute(connection, QUERIES["retell_people"], parameters)
