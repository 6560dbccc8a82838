"""Whoever else lives in a world: people who answer, the machine that hears signals, a person who looks at incidents."""

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Protocol, cast

from tests.simulation.extras import POOL
from tests.simulation.memory_database import Connection, MemoryDatabase

from rulecast.gate.incidents import (
    IncidentReport,
    IncidentUnknownError,
    close_incident,
    open_incident,
)
from rulecast.gate.incidents.incident import as_scope
from rulecast.gate.incidents.lift_code import lift_code
from rulecast.gate.incidents.respond import lift

LATER_AFTER = timedelta(minutes=10)
CODES_AT_ONCE = 5
PLACES = {"number": "1", "waba": "77", "workspace": ""}


class Clock(Protocol):
    """What tells the instant."""

    def now(self) -> datetime:
        """Return it."""
        ...


async def reply(database: MemoryDatabase, contact_id: int, clock: Clock) -> None:
    """Let a person answer."""
    async with database.transaction() as connection:
        t = connection.transaction_under_way
        assert t is not None
        row = {"contact_id": contact_id, "what": "replied", "occurred_at": clock.now()}
        t.put("event", t.database.next_id(), row)


async def signal(database: MemoryDatabase, told: tuple[str, str], clock: Clock) -> None:
    """Let the machine hear a signal, and do what its table says."""
    cause, scope = told
    async with database.transaction() as connection:
        report = IncidentReport(cause=cause, scope=as_scope(scope), scope_id=PLACES[scope], at=clock.now())
        await open_incident(cast("Any", connection), report)


class Operator:
    """A person who looks, and closes what is open: nothing of it ends by itself."""

    def __init__(self, database: MemoryDatabase, clock: Clock) -> None:
        """Take where incidents are kept."""
        self._database = database
        self._clock = clock

    async def close_incidents(self) -> None:
        """Close every open incident and lift what it made rest, as `wiring.incidents` does."""
        if not self._database.tables["incident"]:
            return
        for incident_id, row in sorted(self._database.tables["incident"].items()):
            if row["closed_at"] is None:
                with suppress(IncidentUnknownError):
                    await self._close(incident_id)

    async def _close(self, incident_id: int) -> None:
        async with self._database.transaction() as connection:
            c, now = cast("Any", connection), self._clock.now()
            closed = await close_incident(c, incident_id, by="operator", because="looked at", now=now)
            await lift(c, closed, by="operator", because="looked at", now=now)
            await lift_code(c, closed, by="operator", because="looked at", now=now)


def import_codes(database: MemoryDatabase, count: int = 0) -> None:
    """Bring so many codes, or a few where the pool has said that it lacks some."""
    for pool_id, pool in database.tables["pool"].items():
        if not count and pool["low_since"] is None:
            return
        pool["low_since"] = None
        for _ in range(count or CODES_AT_ONCE):
            coupon_id = database.next_id()
            code = f"C{coupon_id}".encode()
            database.tables["coupon"][coupon_id] = {
                "coupon_id": coupon_id,
                "pool_id": pool_id,
                "code_index": code,
                "sealed_code": code,
                "contact_id": None,
                "rule_name": None,
            }
    assert all(one["name"] == POOL for one in database.tables["pool"].values())


def follow_up(connection: Connection, run_id: int, now: datetime) -> None:
    """Write the later step of everybody whose first message was accepted, once."""
    t = connection.transaction_under_way
    assert t is not None
    run = t.find("run", run_id)
    assert run is not None
    for message_id, row in tuple(t.rows("message")):
        key = (1, row["contact_id"])
        if row["run_id"] != 1 or row["accepted_at"] is None or t.find("follow_up", key) is not None:
            continue
        t.put("follow_up", key, {"after_message_id": message_id, "first_accepted_at": row["accepted_at"]})
        later_id = t.database.next_id()
        columns = ("wamid_index", "accepted_at", "sent_at", "delivered_at", "read_at", "failed_at")
        later = {
            **row,
            **dict.fromkeys(columns),
            "message_id": later_id,
            "run_id": run_id,
            "state": "planned",
            "reason": "",
            "error_code": 0,
            "attempts": 0,
            "fence": 0,
            "send_from": row["accepted_at"] + LATER_AFTER,
            "send_until": run["send_until"],
            "changed_at": now,
        }
        t.put("message", later_id, later)
        t.put("run", run_id, {**run, "state": "running"})
