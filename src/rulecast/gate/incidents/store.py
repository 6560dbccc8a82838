"""The only file of this part that reaches the database."""

from collections.abc import Mapping
from typing import TypeVar

from rulecast.database import Connection, execute, fetch_all, fetch_one, fetch_value, load_queries
from rulecast.database.rows import Jsonb

__all__ = ["QUERIES", "Connection", "Jsonb"]

QUERIES = load_queries(__package__)

Row = TypeVar("Row")


async def open_incident(connection: Connection, parameters: Mapping[str, object]) -> int:
    """Open an incident, or find the open one of this cause and place."""
    await execute(connection, QUERIES["open_incident"], parameters)
    return int(await fetch_value(connection, QUERIES["find_open_incident"], parameters))


async def settle_incidents(connection: Connection, parameters: Mapping[str, object]) -> int:
    """Close the open incident of a cause and place that is not newer."""
    return await execute(connection, QUERIES["settle_incidents"], parameters)


async def close_incident(
    connection: Connection, parameters: Mapping[str, object], *, record: type[Row]
) -> Row | None:
    """Close an open incident and return it."""
    return await fetch_one(connection, QUERIES["close_incident"], parameters, record=record)


async def find_incident(connection: Connection, incident_id: int, *, record: type[Row]) -> Row | None:
    """Return an incident."""
    return await fetch_one(connection, QUERIES["find_incident"], {"incident_id": incident_id}, record=record)


async def list_incidents(connection: Connection, *, with_closed: bool, record: type[Row]) -> list[Row]:
    """Return incidents, the newest first."""
    return await fetch_all(connection, QUERIES["list_incidents"], {"with_closed": with_closed}, record=record)
