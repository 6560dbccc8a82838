"""Whether what caused an incident is still there, as far as it can be seen from here."""

from datetime import datetime

from rulecast.database import Connection
from rulecast.gate.incidents import Incident
from rulecast.wiring.breaker import store
from rulecast.wiring.breaker.invariants import breaches_standing

BAD_QUALITY = frozenset({"FLAGGED", "DOWNGRADE", "RED", "LOW"})


async def find_standing(connection: Connection, incident: Incident, *, now: datetime) -> str:
    """Return what still stands, in words; empty where nothing is known to."""
    if incident.is_drill:
        return ""
    if incident.cause.startswith("broken:"):
        breaches = await breaches_standing(connection, incident.incident_id)
        return ", ".join(breaches[:5])
    if incident.cause == "quality":
        word = await store.find_standing_quality(connection, incident.scope_id)
        return f"Meta's last word about the quality is {word}" if word in BAD_QUALITY else ""
    until = await store.find_standing_end(
        connection, scope=incident.scope, scope_id=incident.scope_id, cause=incident.cause, now=now
    )
    return "" if until is None else f"Meta's restriction lasts until {until:%Y-%m-%d %H:%M} UTC"
