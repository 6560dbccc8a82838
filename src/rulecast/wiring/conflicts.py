"""Pairs of contacts that may be one person, as people see and settle them."""

from rulecast.observe.append_audit import append_audit
from rulecast.profile.identities import list_conflicts
from rulecast.profile.identities.conflicts import settle_conflict
from rulecast.profile.identities.new_owners import reunite
from rulecast.profile.identities.store import ConflictRow
from rulecast.wiring.workspace import Workspace


async def read_conflicts(workspace: Workspace) -> list[ConflictRow]:
    """Return the open conflicts, the oldest first."""
    async with workspace.database.connection() as connection:
        return await list_conflicts(connection)


async def settle(workspace: Workspace, conflict_id: int, *, is_one: bool = False) -> bool:
    """Close a conflict as two people, or as one, and return whether it could be; the audit says who did.

    One person they can only be where a number seemed to have a new owner: its old contact has it again then.
    """
    async with workspace.database.transaction() as connection:
        now = workspace.clock.now()
        close = reunite if is_one else settle_conflict
        is_settled = await close(connection, conflict_id, by=workspace.actor, now=now)
        if is_settled:
            await append_audit(
                connection,
                actor=workspace.actor,
                action="identity conflict settled",
                subject=f"conflict {conflict_id}",
                details={"people": 1 if is_one else 2},
                now=now,
            )
        return is_settled
