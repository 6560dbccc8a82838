"""Incidents as people see and close them, with the holds and stops that belong to them."""

from dataclasses import dataclass

from rulecast.account.facts import Hold, list_holds
from rulecast.collect.unread import list_unread
from rulecast.database import Connection
from rulecast.gate.incidents import (
    Incident,
    IncidentUnknownError,
    ReasonMissingError,
    close_incident,
    find_incident,
    list_incidents,
)
from rulecast.gate.incidents.alerts import Alert, count_alerts, list_alerts
from rulecast.gate.incidents.incident import list_entries, mark_step, note, own_incident
from rulecast.gate.incidents.lift_code import lift_code
from rulecast.gate.incidents.records import CauseStandsError, Entry
from rulecast.gate.incidents.respond import lift
from rulecast.observe.append_audit import append_audit
from rulecast.observe.metrics import Sample
from rulecast.profile.identities import list_conflicts
from rulecast.wiring.breaker.standing_cause import find_standing
from rulecast.wiring.breaker.store import list_rule_incidents
from rulecast.wiring.drill import lift_drill
from rulecast.wiring.rule_steps import resume_rule
from rulecast.wiring.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Incidents:
    """What stands: incidents, what Meta makes rest, and how many pairs of contacts may be one person."""

    incidents: list[Incident]
    holds: list[Hold]
    conflict_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """An incident with everything that was done about it and who was told."""

    incident: Incident
    entries: tuple[Entry, ...]
    alerts: tuple[Alert, ...]


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


async def read_story(workspace: Workspace, incident_id: int) -> Story:
    """Return one incident with everything that was done about it and who was told.

    Raises:
        IncidentUnknownError: it does not exist.
    """
    async with workspace.database.connection() as connection:
        incident = await find_incident(connection, incident_id)
        return Story(
            incident=incident,
            entries=tuple(await list_entries(connection, [incident_id])),
            alerts=tuple(await list_alerts(connection, [incident_id])),
        )


async def take_incident(workspace: Workspace, incident_id: int) -> Incident:
    """Take an incident in hand: it is not raised any more for want of an answer.

    Raises:
        IncidentUnknownError: it does not exist or is closed.
    """
    async with workspace.database.transaction() as connection:
        now = workspace.clock.now()
        incident = await own_incident(connection, incident_id, owner=workspace.actor, now=now)
        await _audit(connection, workspace, "incident own", incident)
        return incident


async def note_incident(workspace: Workspace, incident_id: int, *, text: str) -> None:
    """Write a note into the record of an incident.

    Raises:
        IncidentUnknownError: it does not exist.
    """
    async with workspace.database.transaction() as connection:
        await find_incident(connection, incident_id)
        now = workspace.clock.now()
        await note(connection, incident_id, kind="note", by=workspace.actor, what=text, now=now)


async def mark_done(workspace: Workspace, incident_id: int, step: int) -> None:
    """Mark a step of an incident as done.

    Raises:
        IncidentUnknownError, StepUnknownError: there is no such incident or step.
    """
    async with workspace.database.transaction() as connection:
        await mark_step(connection, incident_id, step, by=workspace.actor, now=workspace.clock.now())


async def resume_incident(
    workspace: Workspace, incident_id: int, *, because: str, is_forced: bool = False
) -> Closed:
    """Close an incident and lift what it made rest; what waited goes on through the same gate.

    Raises:
        IncidentUnknownError: it does not exist or is closed.
        ReasonMissingError: nothing was said about why.
        CauseStandsError: what caused it is still there, and it was not forced.
        StepNotAllowedError, RuleUnknownError: its rule cannot go on.
    """
    if not because.strip():
        raise ReasonMissingError
    async with workspace.database.connection() as connection:
        incident = await find_incident(connection, incident_id)
        standing = await find_standing(connection, incident, now=workspace.clock.now())
    if incident.closed_at is not None:
        raise IncidentUnknownError(f"There is no open incident {incident_id}.")
    if standing and not is_forced:
        raise CauseStandsError(f"What caused incident {incident_id} still stands: {standing}.")
    if incident.scope == "rule" and not incident.is_drill:
        await _resume_rule(workspace, incident, because=because)
    return await _close(workspace, incident_id, because=because, forced_against=standing)


async def _close(workspace: Workspace, incident_id: int, *, because: str, forced_against: str) -> Closed:
    async with workspace.database.transaction() as connection:
        now = workspace.clock.now()
        incident = await close_incident(connection, incident_id, by=workspace.actor, because=because, now=now)
        if forced_against:
            await note(
                connection, incident_id, kind="forced", by=workspace.actor, what=forced_against, now=now
            )
        holds, stops = (
            await lift_drill(connection, incident, by=workspace.actor, now=now)
            if incident.is_drill
            else await lift(connection, incident, by=workspace.actor, because=because, now=now)
        )
        if not incident.is_drill:
            stops += await lift_code(connection, incident, by=workspace.actor, because=because, now=now)
        await _audit(
            connection,
            workspace,
            "incident resume",
            incident,
            because=because,
            holds=holds,
            stops=stops,
            forced=bool(forced_against),
        )
        return Closed(incident=incident, holds_lifted=holds, stops_lifted=stops)


async def _resume_rule(workspace: Workspace, incident: Incident, *, because: str) -> None:
    """Let the rule go on, where it is still held; a person may have done it already."""
    async with workspace.database.connection() as connection:
        open_ones = {one.incident_id: one.is_held for one in await list_rule_incidents(connection)}
    if open_ones.get(incident.incident_id):
        await resume_rule(workspace, incident.scope_id, why=because)


async def _audit(
    connection: Connection, workspace: Workspace, action: str, incident: Incident, **details: object
) -> None:
    await append_audit(
        connection,
        actor=workspace.actor,
        action=action,
        subject=f"incident {incident.incident_id}",
        details={"cause": incident.cause, "drill": incident.is_drill, **details},
        now=workspace.clock.now(),
    )


async def incident_samples(workspace: Workspace) -> list[Sample]:
    """Return the figures of incidents, holds and unread parts of webhooks as metrics."""
    standing = await read_incidents(workspace)
    async with workspace.database.connection() as connection:
        unread = await list_unread(connection)
        alerts = await count_alerts(connection, workspace.clock.now())
    return [
        Sample(
            name="incidents_open",
            about="Incidents nobody has closed.",
            value=sum(not one.is_drill for one in standing.incidents),
        ),
        Sample(name="holds_in_force", about="What Meta makes rest.", value=len(standing.holds)),
        Sample(
            name="identity_conflicts_open",
            about="Pairs of contacts that may be one person.",
            value=standing.conflict_count,
        ),
        Sample(
            name="alerts_late",
            about="Alerts of incidents that wait longer than two minutes to be told.",
            value=alerts.late,
        ),
        Sample(name="alerts_failed", about="Alerts given up in the last week.", value=alerts.failed),
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
