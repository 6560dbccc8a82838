"""The only file of this part that reaches the database."""

from dataclasses import dataclass
from datetime import datetime

from rulecast.database import Connection, fetch_all, fetch_one, fetch_value, load_queries
from rulecast.values.ids import PlanId

__all__ = ["QUERIES", "Connection", "MessageSum"]

QUERIES = load_queries(__package__)


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageSum:
    """Planned messages to a country with a template: their price, and the part of it in free entry points."""

    country: str
    template_id: int
    count: int
    cost_e4: int
    free_e4: int


async def sum_messages(
    connection: Connection, plan_id: PlanId, *, business_number_id: str
) -> list[MessageSum]:
    """Return the planned messages by country and template."""
    parameters = {"plan_id": plan_id, "business_number_id": business_number_id}
    return await fetch_all(connection, QUERIES["sum_messages"], parameters, record=MessageSum)


async def count_charged(connection: Connection, since: datetime) -> list[tuple[str, str, int]]:
    """Return country, category and how many messages were let through since an instant and not given back."""
    return await fetch_all(connection, QUERIES["count_charged"], {"since": since})


async def count_answered(connection: Connection, business_number_id: str, *, since: datetime) -> int:
    """Return how many answers of a number were let through since an instant and not given back."""
    parameters = {"business_number_id": business_number_id, "since": since}
    return int(await fetch_value(connection, QUERIES["count_answered"], parameters) or 0)


async def sample_arrivals(
    connection: Connection, business_number_id: str, *, before: datetime
) -> tuple[int, int]:
    """Return how many of the number's newest messages that had a day to arrive did, and how many those are."""
    row = await fetch_one(
        connection,
        QUERIES["sample_arrivals"],
        {"business_number_id": business_number_id, "before": before},
    )
    assert row is not None, "an aggregate has one row"
    return row[0], row[1]
