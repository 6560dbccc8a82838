"""Take back what an error code made rest, and nothing that anybody else did."""

from datetime import datetime

from rulecast.gate.incidents import store
from rulecast.gate.incidents.incident import close_incident
from rulecast.gate.incidents.records import Incident
from rulecast.gate.incidents.respond import CODE_CAUSE, end_stop, reason_of
from rulecast.gate.incidents.responses import Response
from rulecast.gate.incidents.store import Connection


async def lift_code(
    connection: Connection, incident: Incident, *, by: str, because: str, now: datetime
) -> int:
    """Let the number of a closed incident go on, end the stop its code put in force, and return how many those were.

    A number of which another code still tells keeps resting, as does one that a person stopped. A code that stops
    everything is about the account: what it told of other numbers is closed with it.
    """
    if incident.scope != "number" or not incident.cause.startswith(CODE_CAUSE):
        return 0
    others = await store.list_open_codes(connection, incident.incident_id)
    lifted = 0
    if incident.response == Response.STOP_ALL:
        for incident_id, cause, _ in others:
            if cause == incident.cause:
                await close_incident(connection, incident_id, by=by, because=because, now=now)
        lifted += await end_stop(connection, incident, reason_of(incident), by=by, now=now)
    if all(number != incident.scope_id for _, _, number in others):
        lifted += await store.release_number(connection, incident.scope_id)
    return lifted
