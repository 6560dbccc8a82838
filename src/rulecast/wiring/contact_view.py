"""One person as `rulecast contact show` prints them: what is stored, said, done, sent and decided."""

from dataclasses import dataclass

from rulecast.collect import store as collect_store
from rulecast.collect.event import RecordedEvent
from rulecast.observe.append_audit import append_audit
from rulecast.profile.reveal import reveal_person
from rulecast.wiring.look_up import Person, look_up
from rulecast.wiring.moments.views import PersonMoments, read_person_moments
from rulecast.wiring.workspace import Workspace

EVENTS_SHOWN = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactView:
    """One person; `revealed` holds identities and personal values in clear, where that was asked for."""

    person: Person
    events: tuple[RecordedEvent, ...]
    moments: PersonMoments
    revealed: dict[str, str]


async def view_contact(workspace: Workspace, asked: str, *, reveal: bool) -> ContactView:
    """Return the person of a contact id or phone number; looking and revealing are written to the audit.

    Raises:
        PersonUnknownError: nobody is found; what was asked for is not repeated.
    """
    person = await look_up(workspace, asked, actor=workspace.actor)
    revealed: dict[str, str] = {}
    async with workspace.database.transaction() as connection:
        events = await collect_store.list_recent_events(connection, person.contact_id, count=EVENTS_SHOWN)
        moments = await read_person_moments(connection, person.contact_id)
        if reveal:
            revealed = await reveal_person(connection, workspace.vault, person.contact_id)
            await append_audit(
                connection,
                actor=workspace.actor,
                action="contact.reveal",
                subject=f"contact {person.contact_id}",
                details={"values": sorted(revealed)},
                now=workspace.clock.now(),
            )
    return ContactView(person=person, events=tuple(events), moments=moments, revealed=revealed)
