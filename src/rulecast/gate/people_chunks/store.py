"""The only file of this part that reaches the database."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime

from rulecast.database import Connection, execute, fetch_all, fetch_one, fetch_value, load_queries

__all__ = ["QUERIES", "ChunkRow", "Connection", "CountedRow"]

QUERIES = load_queries(__package__)


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedRow:
    """How a portfolio stands: people of the rolling day, what is handed out, and among how many numbers."""

    people: int
    marketed_only: int
    oldest_at: datetime | None
    out: int
    out_marketing: int
    holders: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkRow:
    """People handed out to a number, and how many messages of the kind might reach altogether by then."""

    portfolio_id: str
    business_number_id: str
    is_marketing: bool
    granted: int
    people_max: int


async def hold_chunks(
    connection: Connection, *, portfolio_id: str, business_number_id: str, is_marketing: bool, people_max: int
) -> dict[int, int]:
    """Lock free chunks of a number, handed out under this limit or a lower one; return what is left in each."""
    rows = await fetch_all(
        connection,
        QUERIES["hold_chunks"],
        {
            "portfolio_id": portfolio_id,
            "business_number_id": business_number_id,
            "is_marketing": is_marketing,
            "people_max": people_max,
        },
    )
    return dict(rows)


async def lock_portfolio(connection: Connection, portfolio_id: str) -> None:
    """Wait for the portfolio's turn."""
    await execute(connection, QUERIES["lock_portfolio"], {"portfolio_id": portfolio_id})


async def drop_expired(
    connection: Connection, portfolio_id: str, *, marketing_max: int, other_max: int
) -> None:
    """Take back what nobody used in time or was handed out under higher limits, and forget what is used up."""
    await execute(
        connection,
        QUERIES["drop_expired"],
        {"portfolio_id": portfolio_id, "marketing_max": marketing_max, "other_max": other_max},
    )


async def count_people(connection: Connection, portfolio_id: str, *, counted_from: datetime) -> CountedRow:
    """Return how the portfolio stands since an instant."""
    found = await fetch_one(
        connection,
        QUERIES["count_people"],
        {"portfolio_id": portfolio_id, "counted_from": counted_from},
        record=CountedRow,
    )
    assert found is not None, "sums have always one row"
    return found


async def insert_chunk(connection: Connection, chunk: ChunkRow, *, seconds: float) -> int:
    """Hand out a chunk for so many seconds and return its id."""
    return int(await fetch_value(connection, QUERIES["insert_chunk"], {**asdict(chunk), "seconds": seconds}))


async def use_chunks(connection: Connection, used: Mapping[int, int]) -> None:
    """Count what was used of these chunks."""
    ordered = sorted(used)
    await execute(
        connection,
        QUERIES["use_chunks"],
        {"chunk_ids": ordered, "used": [used[one] for one in ordered]},
    )


async def delete_chunks(connection: Connection, business_number_id: str) -> None:
    """Delete every chunk of a number."""
    await execute(connection, QUERIES["delete_chunks"], {"business_number_id": business_number_id})
