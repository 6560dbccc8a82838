"""The staff to whom rules are tried."""

from rulecast.observe.append_audit import append_audit
from rulecast.plan import store
from rulecast.values.ids import ContactId
from rulecast.wiring.look_up import look_up
from rulecast.wiring.workspace import Workspace


async def mark_seed(workspace: Workspace, asked: str, *, is_seed: bool) -> ContactId:
    """Mark or unmark a contact, named by number or contact id, as somebody who gets test messages.

    Raises:
        PersonUnknownError: nobody of this number or id is known.
    """
    person = await look_up(workspace, asked, actor=workspace.actor)
    now = workspace.clock.now()
    async with workspace.database.transaction() as connection:
        await store.set_seed(connection, person.contact_id, is_seed=is_seed, now=now)
        await append_audit(
            connection,
            actor=workspace.actor,
            action="seed marked" if is_seed else "seed unmarked",
            subject=f"contact {person.contact_id}",
            details={},
            now=now,
        )
    return person.contact_id
