"""What people are told of incidents: taken from the record, told outside, settled here."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from rulecast.gate.incidents import store
from rulecast.gate.incidents.records import Occasion
from rulecast.gate.incidents.store import Connection

Channel = Literal["webhook", "email"]
AlertState = Literal["waiting", "told", "failed", "kept"]

LATE_AFTER = timedelta(minutes=2)
"""An alert is told within seconds; one that waits for minutes has met a sink that is away."""
FAILED_WITHIN = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class DueAlert:
    """An alert that is to be told now."""

    alert_id: int
    incident_id: int
    occasion: Occasion
    level: int
    channel: Channel
    attempts: int
    made_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """An alert as it is kept."""

    alert_id: int
    incident_id: int
    occasion: Occasion
    level: int
    channel: Channel
    state: AlertState
    attempts: int
    made_at: datetime
    told_at: datetime | None
    last_problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertCounts:
    """How the telling stands: `late` wait longer than two minutes, `failed` were given up in the last week."""

    late: int
    waiting: int
    failed: int
    told: int


async def take_alerts(
    connection: Connection, channel: Channel, *, now: datetime, count: int
) -> list[DueAlert]:
    """Return the alerts of a channel that are due, the oldest first; whoever takes them holds its lock of telling."""
    return await store.take_alerts(connection, channel, now=now, count=count, record=DueAlert)


async def settle_alert(
    connection: Connection,
    alert_id: int,
    state: AlertState,
    *,
    now: datetime,
    problem: str = "",
    again_at: datetime | None = None,
) -> None:
    """Keep how telling ended."""
    await store.settle_alert(
        connection,
        {
            "alert_id": alert_id,
            "state": state,
            "told_at": now if state == "told" else None,
            "next_attempt_at": again_at,
            "problem": problem[:200],
        },
    )


async def list_alerts(connection: Connection, incident_ids: list[int]) -> list[Alert]:
    """Return the alerts of incidents, in order."""
    return await store.list_alerts(connection, incident_ids, record=Alert)


async def count_alerts(connection: Connection, now: datetime) -> AlertCounts:
    """Return how the telling stands."""
    found = await store.count_alerts(
        connection, late=now - LATE_AFTER, since=now - FAILED_WITHIN, record=AlertCounts
    )
    assert found is not None, "a count has a row"
    return found
