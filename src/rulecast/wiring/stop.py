"""Stop and resume sending, as the command line and the page ask for it."""

from dataclasses import dataclass
from typing import Literal

from rulecast.account.store import list_numbers
from rulecast.database import Connection
from rulecast.gate import resume_sending, stop_sending
from rulecast.gate.incidents.respond import refuse_owned_stop
from rulecast.gate.stop import Stop, StopTargetError, stops_in_force
from rulecast.observe.append_audit import append_audit
from rulecast.values.failpoints import INERT, Failpoint, Failpoints
from rulecast.wiring.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class StopTarget:
    """What is to rest: everything, a rule by its name, or a number by its name or id."""

    scope: Literal["all", "rule", "sender"]
    name: str = ""


async def stop(
    workspace: Workspace, target: StopTarget, *, reason: str = "", failpoints: Failpoints = INERT
) -> int:
    """Put a stop in force and return its number; within a second of this no new request starts.

    Raises:
        StopTargetError: the rule or number does not exist.
    """
    async with workspace.database.transaction() as connection:
        now, resolved = workspace.clock.now(), await _resolve(connection, target)
        stop_id = await stop_sending(
            connection, scope=target.scope, target=resolved, reason=reason, by=workspace.actor, now=now
        )
        await append_audit(
            connection,
            actor=workspace.actor,
            action="stop",
            subject=f"{target.scope} {resolved}".strip(),
            details={"stop_id": stop_id, "reason": reason},
            now=now,
        )
        await failpoints.reach(Failpoint.BEFORE_STOP_COMMIT)
    await failpoints.reach(Failpoint.AFTER_STOP_COMMIT)
    return stop_id


async def resume(workspace: Workspace, target: StopTarget) -> int:
    """Lift the stops of this target, with them a hold of the number, and return how many there were.

    Raises:
        StopTargetError: the number does not exist.
        StopOwnedError: an open incident stopped everything.
    """
    async with workspace.database.transaction() as connection:
        now, resolved = workspace.clock.now(), await _resolve(connection, target)
        if target.scope == "all":
            await refuse_owned_stop(connection)
        lifted = await resume_sending(
            connection, scope=target.scope, target=resolved, by=workspace.actor, now=now
        )
        await append_audit(
            connection,
            actor=workspace.actor,
            action="resume",
            subject=f"{target.scope} {resolved}".strip(),
            details={"lifted": lifted},
            now=now,
        )
        return lifted


async def list_stops(workspace: Workspace) -> list[Stop]:
    """Return every stop in force, the oldest first."""
    async with workspace.database.connection() as connection:
        return await stops_in_force(connection)


async def _resolve(connection: Connection, target: StopTarget) -> str:
    if target.scope != "sender":
        return target.name
    for number in await list_numbers(connection):
        if target.name in {number.name, number.business_number_id}:
            return number.business_number_id
    raise StopTargetError(f"There is no business number named {target.name!r}.")
