"""Incidents as people see and close them, with the holds and stops that belong to them."""

from dataclasses import dataclass

from rulecast.account.facts import Hold, HoldPlace, lift_holds, list_holds
from rulecast.collect.unread import list_unread
from rulecast.gate import resume_sending
from rulecast.gate.incidents import Incident, close_incident, find_incident, list_incidents
from rulecast.gate.stop import stops_in_force
from rulecast.observe.append_audit import append_audit
from rulecast.observe.metrics import Sample
from rulecast.profile.identities import list_conflicts
from rulecast.wiring.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Incidents:
    """What stands: incidents, what Meta makes rest, and how many pairs of contacts may be one person."""

    incidents: list[Incident]
    holds: list[Hold]
    conflict_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """What closing an incident lifted."""

    incident: Incident
    holds_lifted: int
    stops_lifted: int


async def read_incidents(workspace: Workspace, *, with_closed: bool = False) -> Incidents:
    """Return incidents and holds."""
    async with workspace.database.connection() as connection:
        return Incidents(
            incidents=await list_incidents(connection, with_closed=with_closed),
            holds=await list_holds(connection, workspace.clock.now()),
            conflict_count=len(await list_conflicts(connection)),
        )


async def read_incident(workspace: Workspace, incident_id: int) -> Incident:
    """Return one incident.

    Raises:
        IncidentUnknownError: it does not exist.
    """
    async with workspace.database.connection() as connection:
        return await find_incident(connection, incident_id)


async def resume_incident(workspace: Workspace, incident_id: int, *, because: str) -> Closed:
    """Close an incident and lift what it made rest; what waited goes on through the same gate.

    Raises:
        IncidentUnknownError: it does not exist or is closed.
        ReasonMissingError: nothing was said about why.
    """
    async with workspace.database.transaction() as connection:
        now = workspace.clock.now()
        incident = await close_incident(connection, incident_id, by=workspace.actor, because=because, now=now)
        place = HoldPlace(cause=incident.cause, scope=incident.scope, scope_id=incident.scope_id)
        holds = await lift_holds(connection, place, by=workspace.actor, because=because, now=now)
        stops = 0
        if incident.scope == "number" and incident.cause.startswith("code:"):
            # An error code also holds the number itself, or stops everything, under the name of the code.
            reason = incident.cause.replace("code:", "code_")
            stops += await resume_sending(
                connection, scope="sender", target=incident.scope_id, by=workspace.actor, now=now
            )
            if any(one.scope == "all" and one.reason == reason for one in await stops_in_force(connection)):
                stops += await resume_sending(connection, scope="all", target="", by=workspace.actor, now=now)
        await append_audit(
            connection,
            actor=workspace.actor,
            action="incident resume",
            subject=f"incident {incident_id}",
            details={"cause": incident.cause, "because": because, "holds": holds, "stops": stops},
            now=now,
        )
        return Closed(incident=incident, holds_lifted=holds, stops_lifted=stops)


async def incident_samples(workspace: Workspace) -> list[Sample]:
    """Return the figures of incidents, holds and unread parts of webhooks as metrics."""
    standing = await read_incidents(workspace)
    async with workspace.database.connection() as connection:
        unread = await list_unread(connection)
    return [
        Sample(name="incidents_open", about="Incidents nobody has closed.", value=len(standing.incidents)),
        Sample(name="holds_in_force", about="What Meta makes rest.", value=len(standing.holds)),
        Sample(
            name="identity_conflicts_open",
            about="Pairs of contacts that may be one person.",
            value=standing.conflict_count,
        ),
        *(
            Sample(
                name="webhook_unread_total",
                about="Parts of webhooks nothing acts upon, by field.",
                value=one.seen_count,
                labels={"field": one.field},
            )
            for one in unread
        ),
    ]
