"""Messages nobody knows the fate of: listed, and sent once more where two people want it."""

from rulecast.deliver.resends import Doubt, Resend, Wish, list_doubts, resend_message
from rulecast.observe.append_audit import append_audit
from rulecast.wiring.approve import same_person
from rulecast.wiring.workspace import Workspace

# A page for a person; more is a case for the report.
DOUBTS_MAX = 1_000


async def read_doubts(workspace: Workspace, *, run_id: int | None = None) -> list[Doubt]:
    """Return messages in doubt, of one run or of all, the oldest first."""
    async with workspace.database.connection() as connection:
        return await list_doubts(connection, run_id=run_id or 0, count_max=DOUBTS_MAX)


async def resend(workspace: Workspace, message_id: int, *, by: str, because: str) -> Resend:
    """Ask for a message to be sent once more, or confirm what another person asked for; both leave an audit row.

    Raises:
        RulecastError: it may not be sent again; the errors of `deliver.resends` say why.
    """
    now = workspace.clock.now()
    async with workspace.database.transaction() as connection:
        done = await resend_message(
            connection,
            message_id,
            Wish(by=by, because=because, allows_marketing=workspace.settings.resend_marketing == "yes"),
            same_person=same_person,
            now=now,
        )
        await append_audit(
            connection,
            actor=by.strip(),
            action="resend confirmed" if done.is_confirmed else "resend requested",
            subject=f"message {message_id}",
            details={"because": because.strip(), "requested_by": done.requested_by},
            now=now,
        )
    return done
