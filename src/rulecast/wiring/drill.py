"""A drill: a marked incident walks through the whole machine, and it is measured how long people take to hear of it.

Nothing rests, unless somebody asks for it with `really`; then the stop is one of the ordinary kind, and ends with the
drill.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from time import monotonic

from rulecast.account.store import list_numbers
from rulecast.database import Connection
from rulecast.gate import stop_sending
from rulecast.gate.incidents import Incident, IncidentReport, find_incident, open_incident
from rulecast.gate.incidents.alerts import Alert, list_alerts
from rulecast.gate.incidents.incident import as_scope, note
from rulecast.gate.incidents.records import WORKSPACE
from rulecast.gate.incidents.respond import end_stop
from rulecast.gate.incidents.responses import Response, SignalResponse, signal_of_drill
from rulecast.gate.incidents.store import lift_stop_of_reason
from rulecast.gate.stop import stops_in_force
from rulecast.observe.append_audit import append_audit
from rulecast.wiring.alerts import tell_due, tellers_of
from rulecast.wiring.workspace import Workspace

WAIT_SECONDS = 30.0
"""An alert takes a second, a slow mail server ten."""
OWN_HAND_SECONDS = 3.0
"""Where nobody has told by then, no engine runs: the drill tells itself."""
POLL_SECONDS = 0.1
DRILLED = "drill"
"""The place of a drill where the workspace has no number yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drilled:
    """How a drill went; `seconds_to_alert` is None where nobody was told."""

    incident: Incident
    row: SignalResponse
    is_real: bool
    alerts: tuple[Alert, ...]
    seconds_to_alert: float | None
    told_by: str


async def drill(workspace: Workspace, signal: str, *, really: bool = False) -> Drilled:
    """Open a marked incident for a signal of the table, wait until it is told, and return how long that took.

    Raises:
        SignalUnknownError: the table has no such signal.
    """
    row = signal_of_drill(signal)
    began = monotonic()
    async with workspace.database.transaction() as connection:
        incident_id = await _open(connection, workspace, row, signal, really=really)
    told_by, seconds = "the service", await _until_told(workspace, incident_id, began, OWN_HAND_SECONDS)
    if seconds is None:
        told_by = "this command"
        await tell_due(workspace, tellers_of(workspace))
        seconds = await _until_told(workspace, incident_id, began, WAIT_SECONDS)
    async with workspace.database.transaction() as connection:
        incident = await find_incident(connection, incident_id)
        alerts = tuple(
            one for one in await list_alerts(connection, [incident_id]) if one.occasion == "opened"
        )
        is_told = any(one.state == "told" for one in alerts)
        said = (
            f"told after {seconds:.1f} s by {told_by}" if is_told and seconds is not None else "told nobody"
        )
        await note(
            connection, incident_id, kind="note", by=workspace.actor, what=said, now=workspace.clock.now()
        )
    return Drilled(
        incident=incident,
        row=row,
        is_real=really,
        alerts=alerts,
        seconds_to_alert=seconds if is_told else None,
        told_by=told_by if is_told else "",
    )


async def lift_drill(
    connection: Connection, incident: Incident, *, by: str, now: datetime
) -> tuple[int, int]:
    """End the stop a drill put in force, if it did; return how many holds and stops were lifted.

    Nothing real ends with it: neither a number's rest nor what an open incident wants to be stopped.
    """
    reason = _reason(incident.incident_id)
    stops = 0
    for one in await stops_in_force(connection):
        if one.reason == reason:
            stops += (
                await end_stop(connection, incident, reason, by=by, now=now)
                if one.scope == "all"
                else await lift_stop_of_reason(connection, (one.scope, one.target, reason), by=by, now=now)
            )
    return 0, stops


async def _open(
    connection: Connection, workspace: Workspace, row: SignalResponse, signal: str, *, really: bool
) -> int:
    now = workspace.clock.now()
    numbers = await list_numbers(connection)
    number = str(numbers[0].business_number_id) if numbers else ""
    is_of_number = row.scope in {"number", "waba"} and bool(number)
    incident_id = await open_incident(
        connection,
        IncidentReport(
            cause=signal.replace("[0-9]", "0").replace("*", DRILLED),
            scope="number" if is_of_number else as_scope(row.scope),
            scope_id=number if is_of_number else WORKSPACE if row.scope == "workspace" else DRILLED,
            at=now,
            facts={"drill": True, "by": workspace.actor},
        ),
        is_drill=True,
    )
    if really:
        await _really(connection, workspace, row, incident_id, number=number, now=now)
    await append_audit(
        connection,
        actor=workspace.actor,
        action="incident drill",
        subject=f"incident {incident_id}",
        details={"signal": row.signal, "really": really},
        now=now,
    )
    return incident_id


async def _really(
    connection: Connection,
    workspace: Workspace,
    row: SignalResponse,
    incident_id: int,
    *,
    number: str,
    now: datetime,
) -> None:
    """Stop everything, or the number, as the response would; milder ones are drilled by the number's stop too."""
    if row.response is Response.NOTE:
        return
    is_all = row.response is Response.STOP_ALL or not number
    await stop_sending(
        connection,
        scope="all" if is_all else "sender",
        target="" if is_all else number,
        reason=_reason(incident_id),
        by=workspace.actor,
        now=now,
    )


def _reason(incident_id: int) -> str:
    return f"drill of incident {incident_id}"


async def _until_told(
    workspace: Workspace, incident_id: int, began: float, seconds_max: float
) -> float | None:
    """Return the seconds until every alert was told, kept or given up; None where one still waits."""
    while monotonic() - began < seconds_max:
        async with workspace.database.connection() as connection:
            alerts = await list_alerts(connection, [incident_id])
        if all(one.state != "waiting" for one in alerts if one.occasion == "opened"):
            return monotonic() - began
        await asyncio.sleep(POLL_SECONDS)
    return None
