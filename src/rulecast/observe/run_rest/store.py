"""The only caller of the database about whom a run did not reach."""

from dataclasses import dataclass
from datetime import datetime

from rulecast.database import Connection, fetch_all, load_queries

__all__ = ["Connection", "RestReason", "RestRow"]

QUERIES = load_queries(__package__)


@dataclass(frozen=True, slots=True, kw_only=True)
class RestReason:
    """How many share a fate (`waits`, `dropped`) and a reason, and between which instants who waits may be sent."""

    fate: str
    state: str
    reason: str
    people: int
    send_from: datetime
    send_until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RestRow:
    """One person a run has not reached."""

    contact_id: int
    message_id: int
    state: str
    reason: str
    send_from: datetime
    send_until: datetime


async def count_rest(connection: Connection, run_id: int) -> list[RestReason]:
    """Return how many wait and were dropped, by reason."""
    return await fetch_all(connection, QUERIES["count_rest"], {"run_id": run_id}, record=RestReason)


async def list_rest(connection: Connection, run_id: int, *, count_max: int) -> list[RestRow]:
    """Return who waits and who was dropped, at most so many."""
    return await fetch_all(
        connection, QUERIES["list_rest"], {"run_id": run_id, "count_max": count_max}, record=RestRow
    )
