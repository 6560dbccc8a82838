"""Raise the incidents that nobody has answered."""

from datetime import datetime, timedelta

from rulecast.gate.incidents import store
from rulecast.gate.incidents.incident import raise_incident
from rulecast.gate.incidents.records import Incident
from rulecast.gate.incidents.store import Connection

LEVEL_MAX = 8
"""After so many words without an answer a further one tells nobody anything."""


async def raise_unanswered(connection: Connection, *, after: timedelta, now: datetime) -> list[int]:
    """Raise every open incident without an owner that has not moved for so long, and return their numbers."""
    found = await store.list_unanswered(connection, before=now - after, level_max=LEVEL_MAX, record=Incident)
    for one in found:
        await raise_incident(connection, one, why="nobody has answered", now=now)
    return [one.incident_id for one in found]
