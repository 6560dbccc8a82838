"""Stops: everything, one rule, or one business number rests until somebody resumes."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from rulecast.gate import store
from rulecast.gate.store import Connection
from rulecast.values.errors import RulecastError

StopScope = Literal["all", "rule", "sender"]

REASON_LENGTH_MAX = 500


class StopTargetError(RulecastError):
    """A stop names no target, or one that does not exist."""

    code = "RC-STOP-001"
    summary = "A stop names a rule or number that does not exist."
    remedy = "Use --all, --rule NAME or --sender NAME; `rulecast report` and `rulecast workspace show` list the names."


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """A stop in force; `target` is a rule's name, a business number's id, or empty for everything."""

    stop_id: int
    scope: StopScope
    target: str
    reason: str
    stopped_by: str
    stopped_at: datetime


async def stop_sending(
    connection: Connection, *, scope: StopScope, target: str, reason: str, by: str, now: datetime
) -> int:
    """Put a stop in force and return its number; every sender hears of it within a second of the commit.

    Stopping what is stopped already returns the stop that stands.

    Raises:
        StopTargetError: the rule or number does not exist.
    """
    if scope != "all" and not await store.stop_target_exists(connection, scope=scope, target=target):
        raise StopTargetError(f"There is no {scope} named {target!r}.")
    return await store.insert_stop(
        connection, scope=scope, target=target, reason=reason[:REASON_LENGTH_MAX], by=by, now=now
    )


async def resume_sending(
    connection: Connection, *, scope: StopScope, target: str, by: str, now: datetime
) -> int:
    """Lift the stops of this scope and target and return how many there were; nothing is skipped by it.

    Incidents of error codes that made the number rest are closed with it.
    """
    return await store.lift_stops(connection, scope=scope, target=target, by=by, now=now)


async def stops_in_force(connection: Connection) -> list[Stop]:
    """Return every stop in force, the oldest first."""
    return [
        Stop(stop_id=row[0], scope=row[1], target=row[2], reason=row[3], stopped_by=row[4], stopped_at=row[5])
        for row in await store.stops_in_force(connection)
    ]
