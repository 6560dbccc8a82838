"""Put in force what an incident makes rest, and take it back."""

from dataclasses import replace
from datetime import datetime

from rulecast.account.facts import HoldPlace, lift_holds, put_hold
from rulecast.account.reactions import HoldKind, HoldScope, HoldWord
from rulecast.account.slowdown import Slowdown, slow_down
from rulecast.gate.incidents import store
from rulecast.gate.incidents.records import Incident, StopOwnedError
from rulecast.gate.incidents.responses import Response
from rulecast.gate.incidents.store import Connection
from rulecast.gate.stop import stop_sending

STOPPED_BY = "rulecast"
CODE_CAUSE = "code:"
FILE_CAUSE = "template:file"
REPLY_FILE_CAUSE = "rule:file"
_HELD: dict[Response, HoldKind] = {
    Response.HOLD_MARKETING: "marketing",
    Response.HOLD_UTILITY: "utility",
    Response.HOLD_BUSINESS: "business_initiated",
    Response.HOLD_NUMBER: "all",
}
_PLACES: dict[str, HoldScope] = {
    "number": "number",
    "waba": "waba",
    "portfolio": "portfolio",
    "country": "country",
}


async def put_in_force(connection: Connection, incident: Incident, response: Response, now: datetime) -> None:
    """Let rest what the response names, at the place of the incident, in the caller's transaction.

    What holds a country, a template or a rule is put in force where the signal is heard, before its incident opens.
    """
    if response is Response.SLOW:
        await _slow(connection, incident, now)
    elif response is Response.STOP_ALL:
        await stop_sending(
            connection, scope="all", target="", reason=reason_of(incident), by=STOPPED_BY, now=now
        )
    elif response in _HELD and incident.scope in _PLACES:
        word = HoldWord(cause=incident.cause, kind=_HELD[response])
        place = _PLACES[incident.scope]
        await put_hold(connection, word, scope=place, scope_id=incident.scope_id, at=now)


async def lift(
    connection: Connection, incident: Incident, *, by: str, because: str, now: datetime
) -> tuple[int, int]:
    """Take back what an incident made rest and return how many holds and stops that were.

    A stop that another open incident wants as well stays, under the other's name.
    """
    place = HoldPlace(cause=incident.cause, scope=incident.scope, scope_id=incident.scope_id)
    holds = await lift_holds(connection, place, by=by, because=because, now=now)
    if incident.response == Response.SLOW:
        await _end_slowness(connection, incident)
    if incident.cause == FILE_CAUSE:
        await store.release_files(connection, incident.scope_id)
    stops = 0
    if incident.response == Response.STOP_ALL and not incident.cause.startswith(CODE_CAUSE):
        stops = await end_stop(connection, incident, reason_of(incident), by=by, now=now)
    return holds, stops


async def end_stop(connection: Connection, incident: Incident, reason: str, *, by: str, now: datetime) -> int:
    """End the stop of everything that bears a reason, nothing else, and return how many stops that were.

    Where another open incident wants everything to rest as well the stop stays, under the other's name.
    """
    if await store.find_stop_reason(connection) != reason:
        return 0
    others = await store.list_open_of_place(connection, replace(incident, response=Response.STOP_ALL))
    if not others:
        return await store.lift_stop_of_reason(connection, ("all", "", reason), by=by, now=now)
    other = await store.find_incident(connection, others[0], record=Incident)
    assert other is not None, "it was listed in this transaction"
    await store.keep_stop(connection, old_reason=reason, reason=reason_of(other))
    return 0


def reason_of(incident: Incident) -> str:
    """Return the reason under which an incident stops everything; what a code stops bears the name of the code."""
    if incident.cause.startswith(CODE_CAUSE):
        return incident.cause.replace(CODE_CAUSE, "code_")
    return f"incident {incident.incident_id}: {incident.cause}"


async def refuse_owned_stop(connection: Connection) -> None:
    """Refuse to let everything go on while an incident of the machine's own wants it to rest, whoever stopped first.

    Raises:
        StopOwnedError: such an incident is open.
    """
    owner = await store.find_stop_owner(connection)
    if owner is not None:
        raise StopOwnedError(f"Everything is stopped by incident {owner[0]}: {owner[1]}.")


async def _slow(connection: Connection, incident: Incident, now: datetime) -> None:
    for number in await store.list_numbers_of_place(connection, incident.scope, incident.scope_id):
        current = await store.find_slowdown(connection, number, record=Slowdown)
        slowed = slow_down(current, now)
        await store.put_slowdown(connection, number, share=slowed.share, slowed_at=slowed.slowed_at)


async def _end_slowness(connection: Connection, incident: Incident) -> None:
    if not await store.list_open_of_place(connection, incident):
        numbers = await store.list_numbers_of_place(connection, incident.scope, incident.scope_id)
        await store.end_slowdown(connection, numbers)
