"""The hours in which a person wants no message, as they told an operator."""

from dataclasses import dataclass

from rulecast.observe.append_audit import append_audit
from rulecast.profile.change_contacts import change_contacts
from rulecast.profile.contact import ContactChange
from rulecast.profile.suppression.suppress import lock_people
from rulecast.values.clock_time import read_clock_time
from rulecast.values.errors import RulecastError
from rulecast.values.ids import ContactId
from rulecast.wiring.look_up import look_up
from rulecast.wiring.workspace import Workspace


class ClockTimeInvalidError(RulecastError):
    """A time of the day cannot be read."""

    code = "RC-QUIET-001"
    summary = "The value is not a time of the day."
    remedy = "Write hours and minutes from 00:00 to 24:00, such as 21:30."


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnQuietHours:
    """What a contact holds now; an empty side is the workspace's."""

    contact_id: ContactId
    quiet_from: str
    quiet_until: str
    is_changed: bool


async def set_own_quiet_hours(
    workspace: Workspace, asked: str, *, quiet_from: str, quiet_until: str
) -> OwnQuietHours:
    """Keep from when until when the person wants no message; two empty texts take their hours away.

    Whoever is about to be written to is waited for: once this returns, every decision on the person knows the hours.

    Raises:
        ClockTimeInvalidError: one of the two is no time of the day.
        PersonUnknownError: nobody is found; what was asked for is not repeated.
    """
    hours = {"quiet_from": _time(quiet_from), "quiet_until": _time(quiet_until)}
    person = await look_up(workspace, asked, actor=workspace.actor)
    contact_id = ContactId(person.contact_id)
    now = workspace.clock.now()
    async with workspace.database.transaction() as connection:
        await lock_people(connection, [contact_id])
        change = ContactChange(contact_id=contact_id, attributes=hours)
        outcome = await change_contacts(connection, workspace.vault, [change], now)
        if outcome.changed:
            await append_audit(
                connection,
                actor=workspace.actor,
                action="contact.quiet_hours",
                subject=f"contact {contact_id}",
                details=dict(hours),
                now=now,
            )
    return OwnQuietHours(contact_id=contact_id, is_changed=bool(outcome.changed), **hours)


def _time(text: str) -> str:
    if not text:
        return ""
    found = read_clock_time(text)
    if found is None:
        raise ClockTimeInvalidError
    return found
