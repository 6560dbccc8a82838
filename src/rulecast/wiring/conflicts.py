"""Pairs of contacts that may be one person, as people see and settle them."""

from rulecast.observe.append_audit import append_audit
from rulecast.profile.identities import list_conflicts
from rulecast.profile.identities.conflicts import settle_conflict
from rulecast.profile.identities.store import ConflictRow
from rulecast.wiring.workspace import Workspace


async def read_conflicts(workspace: Workspace) -> list[ConflictRow]:
    """Return the open conflicts, the oldest first."""
    async with workspace.database.connection() as connection:
        return await list_conflicts(connection)


async def settle(workspace: Workspace, conflict_id: int) -> bool:
    """Close a conflict as two people and return whether it was open; the audit says who did."""
    async with workspace.database.transaction() as connection:
        now = workspace.clock.now()
        is_settled = await settle_conflict(connection, conflict_id, by=workspace.actor, now=now)
        if is_settled:
            await append_audit(
                connection,
                actor=workspace.actor,
                action="identity conflict settled",
                subject=f"conflict {conflict_id}",
                details={},
                now=now,
            )
        return is_settled
