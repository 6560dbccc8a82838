"""What people are told of an incident; pure. It never holds the facts of the incident or anything about a person."""

from dataclasses import dataclass
from datetime import datetime

from rulecast.gate.incidents import Incident
from rulecast.gate.incidents.alerts import DueAlert
from rulecast.gate.incidents.records import Occasion
from rulecast.gate.incidents.responses import RESPONSE_SENTENCES, Response, find_response

_DONE: dict[Occasion, str] = {"opened": "has opened", "raised": "was raised", "resumed": "is closed"}


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertMessage:
    """One thing to be told; equal `key`s are the same word told twice."""

    key: str
    workspace: str
    mode: str
    incident_id: int
    occasion: Occasion
    level: int
    is_drill: bool
    cause: str
    scope: str
    scope_id: str
    response: str
    meaning: str
    steps: tuple[str, ...]
    owner: str
    opened_at: datetime
    alerts: tuple[str, ...]


def message_of(due: DueAlert, incident: Incident, *, workspace: str, mode: str) -> AlertMessage:
    """Return what is told of an incident."""
    row = find_response(incident.cause)
    return AlertMessage(
        key=f"{workspace}-{incident.incident_id}-{due.occasion}-{due.level}",
        workspace=workspace,
        mode=mode,
        incident_id=incident.incident_id,
        occasion=due.occasion,
        level=due.level,
        is_drill=incident.is_drill,
        cause=incident.cause,
        scope=incident.scope,
        scope_id=incident.scope_id,
        response=incident.response,
        meaning=row.meaning,
        steps=tuple(incident.steps),
        owner=incident.owner or "",
        opened_at=incident.opened_at,
        alerts=row.alerts,
    )


def body_of(message: AlertMessage) -> dict[str, object]:
    """Return the body of the POST."""
    return {
        "key": message.key,
        "workspace": message.workspace,
        "mode": message.mode,
        "drill": message.is_drill,
        "incident": message.incident_id,
        "occasion": message.occasion,
        "level": message.level,
        "cause": message.cause,
        "scope": message.scope,
        "scope_id": message.scope_id,
        "response": message.response,
        "meaning": message.meaning,
        "steps": list(message.steps),
        "owner": message.owner,
        "opened_at": message.opened_at.isoformat(),
    }


def subject_of(message: AlertMessage) -> str:
    """Return the subject of the e-mail; a drill says so first."""
    drill = "DRILL " if message.is_drill else ""
    mode = "SIMULATED " if message.mode == "simulated" else ""
    said = f"incident {message.incident_id} {_DONE[message.occasion]}: {message.cause}"
    return f"{drill}{mode}rulecast {message.workspace}: {said}"


def text_of(message: AlertMessage) -> str:
    """Return the text of the e-mail."""
    rests = RESPONSE_SENTENCES[Response(message.response)]
    lines = [
        "This is a drill. Nothing is wrong." if message.is_drill else "",
        f"Incident {message.incident_id} of the workspace {message.workspace} {_DONE[message.occasion]}.",
        f"{message.meaning} ({message.cause}, {message.scope} {message.scope_id})",
        f"In force: {message.response}: {rests}.",
        f"Since {message.opened_at:%Y-%m-%d %H:%M} UTC, "
        + (f"in the hands of {message.owner}." if message.owner else "nobody has it in hand."),
        "",
        *(f"{place}. {step}" for place, step in enumerate(message.steps, start=1)),
        "",
        f"Take it: rulecast incident own {message.incident_id}",
    ]
    return "\n".join(lines).strip() + "\n"
