"""The only caller of the database where messages in doubt are listed and sent once more."""

from dataclasses import dataclass
from datetime import datetime

from rulecast.database import Connection, execute, fetch_all, fetch_one, fetch_value, load_queries

__all__ = ["Connection", "Doubt", "DoubtRow", "list_doubts"]

QUERIES = load_queries(__package__)


@dataclass(frozen=True, slots=True, kw_only=True)
class DoubtRow:
    """What decides whether a message may be sent once more."""

    state: str
    contact_id: int
    purpose: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """A message nobody knows the fate of; `requested_by` is who asked for it to be sent once more, if anybody did."""

    message_id: int
    contact_id: int
    run_id: int
    rule_name: str
    purpose: str
    state: str
    reason: str
    changed_at: datetime
    requested_by: str


async def find_doubt(connection: Connection, message_id: int) -> DoubtRow | None:
    """Lock a message and return what it is; None where there is none."""
    return await fetch_one(connection, QUERIES["find_doubt"], {"message_id": message_id}, record=DoubtRow)


async def find_request(connection: Connection, message_id: int) -> str:
    """Lock the request that waits for a second person and return who made it; nothing where there is none."""
    return str(await fetch_value(connection, QUERIES["find_request"], {"message_id": message_id}) or "")


async def insert_request(
    connection: Connection, message_id: int, *, because: str, by: str, now: datetime
) -> None:
    """Keep the first person's request."""
    await execute(
        connection,
        QUERIES["insert_request"],
        {"message_id": message_id, "because": because, "by": by, "now": now},
    )


async def confirm_request(connection: Connection, message_id: int, *, by: str, now: datetime) -> None:
    """Keep the second person's confirmation."""
    await execute(connection, QUERIES["confirm_request"], {"message_id": message_id, "by": by, "now": now})


async def plan_again(connection: Connection, message_id: int, *, until: datetime, now: datetime) -> None:
    """Put an unresolved message among the planned ones, let its run go on, and wake the senders."""
    await execute(connection, QUERIES["plan_again"], {"message_id": message_id, "until": until, "now": now})
    await execute(connection, QUERIES["reopen_run"], {"message_id": message_id})
    await execute(connection, QUERIES["notify_again"])


async def list_doubts(connection: Connection, *, run_id: int = 0, count_max: int) -> list[Doubt]:
    """Return messages nobody knows the fate of, of one run or of all, the oldest first."""
    return await fetch_all(
        connection, QUERIES["list_doubts"], {"run_id": run_id, "count_max": count_max}, record=Doubt
    )
