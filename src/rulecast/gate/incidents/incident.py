"""Open, show and close incidents, in the caller's transaction."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from rulecast.gate.incidents import store
from rulecast.gate.incidents.store import Connection
from rulecast.values.errors import RulecastError

IncidentScope = Literal["waba", "number", "portfolio", "country", "template"]

BECAUSE_LENGTH_MAX = 500
CLOSED_BY_META = "meta"


class IncidentUnknownError(RulecastError):
    """A command names an incident that does not exist, or is closed."""

    code = "RC-INCIDENT-001"
    summary = "There is no open incident of that number."
    remedy = "`rulecast incident list` shows the open ones, with --all the closed ones too."


class ReasonMissingError(RulecastError):
    """An incident cannot be closed without a word about why."""

    code = "RC-INCIDENT-002"
    summary = "An incident is closed only with a reason."
    remedy = "Say in --because what was found out and done; it stays in the record."


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentReport:
    """What went wrong: one cause at one place; `facts` are plain values without anything about a person."""

    cause: str
    scope: IncidentScope
    scope_id: str
    at: datetime
    steps: tuple[str, ...] = ()
    facts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """An incident as it is kept."""

    incident_id: int
    cause: str
    scope: str
    scope_id: str
    opened_at: datetime
    closed_at: datetime | None
    closed_by: str | None
    because: str
    steps: list[str]
    facts: dict[str, object]


async def open_incident(connection: Connection, report: IncidentReport) -> int:
    """Open an incident and return its number; while one of this cause and place is open, it is the one."""
    return await store.open_incident(
        connection,
        {
            "cause": report.cause,
            "scope": report.scope,
            "scope_id": report.scope_id,
            "at": report.at,
            "steps": list(report.steps),
            "facts": store.Jsonb(dict(report.facts)),
        },
    )


async def settle_incidents(
    connection: Connection, *, cause: str, scope: str, scope_id: str, at: datetime
) -> int:
    """Close what Meta itself took back, and return how many incidents that were."""
    return await store.settle_incidents(
        connection, {"cause": cause, "scope": scope, "scope_id": scope_id, "at": at, "by": CLOSED_BY_META}
    )


async def close_incident(
    connection: Connection, incident_id: int, *, by: str, because: str, now: datetime
) -> Incident:
    """Close an incident and return it as it is now.

    Raises:
        IncidentUnknownError: it does not exist or is closed.
        ReasonMissingError: nothing was said about why.
    """
    if not because.strip():
        raise ReasonMissingError
    parameters = {"incident_id": incident_id, "by": by, "because": because[:BECAUSE_LENGTH_MAX], "now": now}
    found = await store.close_incident(connection, parameters, record=Incident)
    if found is None:
        raise IncidentUnknownError(f"There is no open incident {incident_id}.")
    return found


async def find_incident(connection: Connection, incident_id: int) -> Incident:
    """Return an incident.

    Raises:
        IncidentUnknownError: it does not exist.
    """
    found = await store.find_incident(connection, incident_id, record=Incident)
    if found is None:
        raise IncidentUnknownError(f"There is no incident {incident_id}.")
    return found


async def list_incidents(connection: Connection, *, with_closed: bool = False) -> list[Incident]:
    """Return open incidents, the newest first, with the closed ones where asked; at most 500."""
    return await store.list_incidents(connection, with_closed=with_closed, record=Incident)
