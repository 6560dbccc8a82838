"""The only file of this part that reaches the database."""

from dataclasses import asdict
from datetime import datetime

from rulecast.account.warm_up import Counts, WarmUp
from rulecast.database import Connection, execute, fetch_all, fetch_one, fetch_value, load_queries

__all__ = ["QUERIES", "Connection"]

QUERIES = load_queries(__package__)


async def lock_warm_up(connection: Connection, business_number_id: str) -> WarmUp | None:
    """Lock and return where a number stands; None where nobody has begun."""
    number = {"business_number_id": business_number_id}
    return await fetch_one(connection, QUERIES["lock_warm_up"], number, record=WarmUp)


async def find_warm_up(connection: Connection, business_number_id: str) -> WarmUp | None:
    """Return where a number stands; None where nobody has begun."""
    number = {"business_number_id": business_number_id}
    return await fetch_one(connection, QUERIES["find_warm_up"], number, record=WarmUp)


async def begin_warm_up(
    connection: Connection, business_number_id: str, *, budget: int, now: datetime
) -> None:
    """Begin the warm-up of a number, or end it at once where the number was in use before."""
    await execute(
        connection,
        QUERIES["begin_warm_up"],
        {"business_number_id": business_number_id, "budget": budget, "now": now},
    )


async def count_marketed(
    connection: Connection, business_number_id: str, *, counted_from: datetime, counted_until: datetime
) -> int:
    """Return how many people a number has written marketing to between two instants."""
    parameters = {
        "business_number_id": business_number_id,
        "counted_from": counted_from,
        "counted_until": counted_until,
    }
    return int(await fetch_value(connection, QUERIES["count_marketed"], parameters))


async def find_due(connection: Connection, *, before: datetime) -> list[tuple[str, WarmUp, str]]:
    """Lock and return the young numbers last evaluated before an instant, each with its quality as Meta told it."""
    rows = await fetch_all(connection, QUERIES["find_due"], {"before": before})
    return [
        (
            row[0],
            WarmUp(budget=row[1], evaluated_at=row[2], frozen_until=row[3], outcome=row[4], because=row[5]),
            row[6],
        )
        for row in rows
    ]


async def count_signals(
    connection: Connection, business_number_id: str, *, since: datetime, until: datetime
) -> Counts:
    """Return what became of a number's marketing between two instants."""
    found = await fetch_one(
        connection,
        QUERIES["count_signals"],
        {"business_number_id": business_number_id, "since": since, "until": until},
        record=Counts,
    )
    return found or Counts()


async def save_warm_up(connection: Connection, business_number_id: str, warm_up: WarmUp) -> None:
    """Keep where a number stands."""
    await execute(
        connection, QUERIES["save_warm_up"], {"business_number_id": business_number_id, **asdict(warm_up)}
    )


async def read_policy(connection: Connection) -> str | None:
    """Return the sending policy as the workspace row keeps it."""
    found: str | None = await fetch_value(connection, QUERIES["read_policy"])
    return found
