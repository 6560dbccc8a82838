"""Holds as a person sees and lifts them."""

from dataclasses import dataclass
from datetime import datetime

from rulecast.account.facts import store
from rulecast.account.facts.store import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A hold in force; without `until` it lasts until Meta or a person says otherwise."""

    scope: str
    scope_id: str
    cause: str
    kind: str
    since: datetime
    until: datetime | None


async def list_holds(connection: Connection, now: datetime) -> list[Hold]:
    """Return every hold in force, the oldest first."""
    rows = await store.list_holds(connection, now)
    return [
        Hold(scope=row[0], scope_id=row[1], cause=row[2], kind=row[3], since=row[4], until=row[5])
        for row in rows
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldPlace:
    """What names a hold: its cause, and what it holds."""

    cause: str
    scope: str
    scope_id: str


async def lift_holds(
    connection: Connection, place: HoldPlace, *, by: str, because: str, now: datetime
) -> int:
    """Lift what a cause holds and return how many holds there were; a newer word of Meta holds again."""
    return await store.lift_hold(
        connection,
        {
            "cause": place.cause,
            "scope": place.scope,
            "scope_id": place.scope_id,
            "by": by,
            "because": because,
            "now": now,
        },
    )
