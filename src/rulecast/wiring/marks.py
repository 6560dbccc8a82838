"""Marking one person, with an audit row."""

from rulecast.observe.append_audit import append_audit
from rulecast.profile.marks import Marks, set_marks
from rulecast.values.ids import ContactId
from rulecast.wiring.workspace import Workspace


async def mark_person(workspace: Workspace, contact_id: ContactId, marks: Marks) -> bool:
    """Set marks on one person and return whether anything changed."""
    now = workspace.clock.now()
    async with workspace.database.transaction() as connection:
        changed = await set_marks(connection, [contact_id], marks, now)
        if changed:
            await append_audit(
                connection,
                actor=workspace.actor,
                action="contact.mark",
                subject=f"contact {contact_id}",
                details=dict(marks.chosen()),
                now=now,
            )
    return bool(changed)
