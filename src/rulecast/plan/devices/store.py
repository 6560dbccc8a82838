"""Devices of an audience in the database, and the form of the file each gets."""

from collections.abc import Sequence

from rulecast.database import Connection, execute, fetch_all, load_queries
from rulecast.values.ids import PlanId

QUERIES = load_queries(__package__)


async def list_devices(connection: Connection, plan_id: PlanId) -> list[tuple[str, str, str, str]]:
    """Return the distinct variant, network, system and version of system of an audience."""
    return await fetch_all(connection, QUERIES["list_devices"], {"plan_id": plan_id})


async def set_media(
    connection: Connection, plan_id: PlanId, chosen: Sequence[tuple[str, str, str, str, str]]
) -> None:
    """Store which form of the file people get: variant, network, system and version, and the form."""
    columns = ("variants", "networks", "systems", "versions", "media")
    parameters = {name: [row[place] for row in chosen] for place, name in enumerate(columns)}
    await execute(connection, QUERIES["set_media"], {"plan_id": plan_id, **parameters})


async def count_media(connection: Connection, plan_id: PlanId) -> list[tuple[str, int, str, int]]:
    """Return variant, template, form of the file and messages of the planned messages."""
    return await fetch_all(connection, QUERIES["count_media"], {"plan_id": plan_id})
