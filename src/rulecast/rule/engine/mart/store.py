"""What the mart reads from PostgreSQL: the horizon, and rows between two transaction ids as CSV."""

from collections.abc import AsyncIterator
from typing import LiteralString

from rulecast.database import Connection, fetch_one, fetch_value, load_queries
from rulecast.rule.engine.mart.records import Adoption, Horizon

QUERIES = load_queries(__package__)

__all__ = ["Connection", "change_rows", "event_rows", "lag_seconds", "read_adoption", "read_horizon"]


async def read_horizon(connection: Connection) -> Horizon:
    """Return the identity of the cluster and the transaction id below which nothing is open."""
    horizon = await fetch_one(connection, QUERIES["read_horizon"], {}, record=Horizon)
    assert horizon is not None
    return horizon


async def read_adoption(connection: Connection) -> Adoption:
    """Return which rows were written by another cluster, as after a restore."""
    adoption = await fetch_one(connection, QUERIES["read_adoption"], {}, record=Adoption)
    assert adoption is not None
    return adoption


async def lag_seconds(connection: Connection, complete_until: object) -> float:
    """Return how many seconds of database time lie between an instant and now."""
    return float(await fetch_value(connection, QUERIES["lag_seconds"], {"complete_until": complete_until}))


def change_rows(connection: Connection, bounds: dict[str, int]) -> AsyncIterator[bytes]:
    """Stream the change log between two transaction ids as CSV blocks."""
    return _copy_out(connection, QUERIES["copy_changes"], bounds)


def event_rows(connection: Connection, bounds: dict[str, int]) -> AsyncIterator[bytes]:
    """Stream the events between two transaction ids as CSV blocks."""
    return _copy_out(connection, QUERIES["copy_events"], bounds)


async def _copy_out(
    connection: Connection, query: LiteralString, bounds: dict[str, int]
) -> AsyncIterator[bytes]:
    async with connection.cursor() as cursor, cursor.copy(query, bounds) as copy:
        async for block in copy:
            yield bytes(block)
