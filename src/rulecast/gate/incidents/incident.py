"""Open, show, work on and close incidents, in the caller's transaction."""

from datetime import datetime, timedelta
from typing import cast

from rulecast.gate.incidents import store
from rulecast.gate.incidents.records import (
    BECAUSE_LENGTH_MAX,
    CLOSED_BY_META,
    OWNER_LENGTH_MAX,
    Entry,
    EntryKind,
    Incident,
    IncidentReport,
    IncidentScope,
    IncidentUnknownError,
    Occasion,
    ReasonMissingError,
    StepUnknownError,
)
from rulecast.gate.incidents.respond import STOPPED_BY, lift, put_in_force
from rulecast.gate.incidents.responses import Response, SignalResponse, find_response
from rulecast.gate.incidents.store import Connection

REPEATS_AFTER = timedelta(minutes=5)
"""The messages that were under way when a signal came bring the same signal again for some minutes."""
COMES_BACK_WITHIN = timedelta(hours=24)
"""What returns within a day of being closed was not mended."""


async def open_incident(connection: Connection, report: IncidentReport, *, is_drill: bool = False) -> int:
    """Open an incident, put its response in force and have it told; return its number.

    While one of this cause and place is open, it is the one: a repetition that is news is told again, and raises what
    the machine itself made rest. What a person closed less than a day ago begins one step higher. A drill makes nothing
    rest.
    """
    row = find_response(report.cause)
    response = row.response
    if not is_drill:
        response = await _response_of(connection, report, row)
    incident_id = await store.insert_incident(
        connection,
        report,
        steps=[*report.steps, *(step for step in row.steps if step not in report.steps)],
        response=response.value,
        level=0,
        is_drill=is_drill,
    )
    if incident_id is None:
        return await _see_again(connection, report, row, is_drill=is_drill)
    if not is_drill and (row.made_by == "machine" or response is not row.response):
        await put_in_force(connection, await find_incident(connection, incident_id), response, report.at)
    await tell(connection, incident_id, "opened", level=0, now=report.at)
    return incident_id


async def raise_incident(connection: Connection, incident: Incident, *, why: str, now: datetime) -> Response:
    """Take the next response of an incident, or have the last one told again, and return it."""
    response = find_response(incident.cause).next_after(Response(incident.response))
    level = await store.raise_incident(connection, incident.incident_id, response=response.value, now=now)
    if level is None:
        return response
    if response.value != incident.response:
        await put_in_force(connection, incident, response, now)
    said = f"{response.value}: {why}"
    await note(connection, incident.incident_id, kind="raised", by=STOPPED_BY, what=said, now=now)
    await tell(connection, incident.incident_id, "raised", level=level, now=now)
    return response


async def settle_incidents(
    connection: Connection, *, cause: str, scope: str, scope_id: str, at: datetime
) -> int:
    """Close what Meta itself took back, lift what the machine made rest, and return how many incidents that were."""
    settled = await store.settle_incidents(
        connection,
        {"cause": cause, "scope": scope, "scope_id": scope_id, "at": at, "by": CLOSED_BY_META},
        record=Incident,
    )
    for one in settled:
        await lift(connection, one, by=CLOSED_BY_META, because="", now=at)
    return len(settled)


async def close_incident(
    connection: Connection, incident_id: int, *, by: str, because: str, now: datetime
) -> Incident:
    """Close an incident and return it as it is now; what it made rest is lifted by `respond.lift`.

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
    await note(connection, incident_id, kind="resumed", by=by, what=because, now=now)
    await tell(connection, incident_id, "resumed", level=found.level, now=now)
    return found


async def own_incident(connection: Connection, incident_id: int, *, owner: str, now: datetime) -> Incident:
    """Say who has an incident in hand; from now on it is not raised for want of an answer.

    Raises:
        IncidentUnknownError: it does not exist or is closed.
    """
    found = await store.own_incident(connection, incident_id, owner[:OWNER_LENGTH_MAX], record=Incident)
    if found is None:
        raise IncidentUnknownError(f"There is no open incident {incident_id}.")
    await note(connection, incident_id, kind="owner", by=owner, what="", now=now)
    return found


async def mark_step(connection: Connection, incident_id: int, step: int, *, by: str, now: datetime) -> None:
    """Mark a step, from 1, as done; doing it twice changes nothing.

    Raises:
        IncidentUnknownError: the incident does not exist.
        StepUnknownError: it has no such step.
    """
    incident = await find_incident(connection, incident_id)
    if not 1 <= step <= len(incident.steps):
        raise StepUnknownError(f"Incident {incident_id} has {len(incident.steps)} steps, and no step {step}.")
    await store.insert_entry(
        connection, Entry(incident_id=incident_id, kind="step", step=step, by_whom=by, at=now, what="")
    )


async def note(
    connection: Connection, incident_id: int, *, kind: EntryKind, by: str, what: str, now: datetime
) -> None:
    """Write down what was done about an incident."""
    said = what[:BECAUSE_LENGTH_MAX]
    await store.insert_entry(
        connection, Entry(incident_id=incident_id, kind=kind, step=None, by_whom=by, at=now, what=said)
    )


async def tell(
    connection: Connection, incident_id: int, occasion: Occasion, *, level: int, now: datetime
) -> None:
    """Have people told of an incident, each way once an occasion; who tells is woken by the commit."""
    await store.insert_alerts(connection, incident_id, occasion=occasion, level=level, now=now)


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


async def list_entries(connection: Connection, incident_ids: list[int]) -> list[Entry]:
    """Return what was done about incidents, in order."""
    return await store.list_entries(connection, incident_ids, record=Entry)


async def _response_of(connection: Connection, report: IncidentReport, row: SignalResponse) -> Response:
    if row.made_by != "machine":
        return row.response
    before = await store.find_closed_response(
        connection, report, since=report.at - COMES_BACK_WITHIN, meta=CLOSED_BY_META
    )
    return row.response if before is None else row.next_after(Response(before))


async def _see_again(
    connection: Connection, report: IncidentReport, row: SignalResponse, *, is_drill: bool
) -> int:
    incident_id = await store.find_open_incident(connection, report, is_drill=is_drill)
    if is_drill:
        return incident_id
    seen = await store.see_again(
        connection, incident_id, at=report.at, before=report.at - REPEATS_AFTER, record=Incident
    )
    if seen is not None and row.made_by != "machine":
        # Meta, or the code, has put in force what the signal asks for already.
        level = await store.raise_incident(connection, incident_id, response=seen.response, now=report.at)
        await note(connection, incident_id, kind="repeated", by=STOPPED_BY, what=row.signal, now=report.at)
        await tell(connection, incident_id, "raised", level=level or 0, now=report.at)
    elif seen is not None:
        await note(connection, incident_id, kind="repeated", by=STOPPED_BY, what=row.signal, now=report.at)
        await raise_incident(connection, seen, why="the signal came again", now=report.at)
    return incident_id


def as_scope(scope: str) -> IncidentScope:
    """Return a scope of the table as a scope of incidents."""
    return cast("IncidentScope", scope)
