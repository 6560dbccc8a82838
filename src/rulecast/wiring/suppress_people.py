"""A stop somebody told us off WhatsApp: by phone, letter or at the counter."""

import asyncio
from collections.abc import Sequence

from rulecast.observe.append_audit import append_audit
from rulecast.profile.suppression import Stop, SuppressionCause, suppress
from rulecast.profile.suppression.stop import Scope
from rulecast.values.ids import ContactId
from rulecast.wiring.receiver import open_journal
from rulecast.wiring.workspace import Workspace


async def suppress_people(
    workspace: Workspace, contact_ids: Sequence[ContactId], *, scope: Scope, why: str
) -> int:
    """Stop these people in the database and in the journal, and return how many words were new.

    The journal is durable before the commit: a stop that was confirmed survives a restore of the database.
    """
    now = workspace.clock.now()
    journal = await asyncio.to_thread(open_journal, workspace)
    async with workspace.database.transaction() as connection:
        stops = [
            Stop(contact_id=contact_id, occurred_at=now, cause=SuppressionCause.AGENT, scope=scope)
            for contact_id in contact_ids
        ]
        entries = await suppress(connection, stops, now)
        for contact_id in contact_ids:
            await append_audit(
                connection,
                actor=workspace.actor,
                action="contact suppressed",
                subject=f"contact {contact_id}",
                details={"scope": scope, "why": why},
                now=now,
            )
        if entries:
            await journal.append(entries)
    return len(entries)
