"""What webhooks tell of people's identities, brought to the profile."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from rulecast.collect import NewEvent
from rulecast.collect.webhook_facts import IdentityChange, InboundMessage
from rulecast.database import Connection
from rulecast.profile.identities import (
    IdentitiesChanged,
    IdentityUpdate,
    Sighting,
    apply_identity_updates,
    learn_identities,
)
from rulecast.profile.identities.new_owners import Seen, part_new_owners
from rulecast.profile.identity import Identity
from rulecast.profile.suppression import JournalEntry
from rulecast.values.ids import ContactId
from rulecast.vault import Vault
from rulecast.wiring.senders import Sender
from rulecast.wiring.webhook_group import Group, Said

# A card shared by a person is the person's own where it was asked for and names one number.
OWN_NUMBERS = 1
_E164 = re.compile(r"\+[1-9][0-9]{6,14}", re.ASCII)


async def change_identities(
    connection: Connection, vault: Vault, changes: Sequence[tuple[IdentityChange, str]], now: datetime
) -> tuple[list[NewEvent], IdentitiesChanged]:
    """Apply changes, each with the portfolio its ids belong to, and return an event for everybody known."""
    updates = {one.key: one for one in (_update(vault, *change) for change in changes)}
    done = await apply_identity_updates(connection, vault, list(updates.values()), now)
    events = [
        NewEvent(
            contact_id=contact_id,
            name="identity_changed",
            occurred_at=updates[key].occurred_at,
            event_key=key,
            source="webhook",
            properties={"kind": updates[key].kind},
        )
        for key, contact_id in done.contact_of.items()
        if key in updates
    ]
    return events, done


async def part_strangers(
    connection: Connection, vault: Vault, group: Group, now: datetime
) -> list[JournalEntry]:
    """Part known numbers from contacts whose id did not say or choose this, and return stops for the journal."""
    words = [(one.sender, one.message.occurred_at) for one in group.said if not one.is_of_group]
    words += [(sender, fact.occurred_at) for fact, sender in group.preferences]
    first: dict[Sender, datetime] = {}
    for sender, at in words:
        if sender.phone and sender.bsuid:
            first[sender] = min(at, now, first.get(sender, at))
    return await part_new_owners(
        connection,
        vault,
        [
            Seen(
                phone=Identity(kind="phone", value=sender.phone or ""),
                bsuid=Identity(kind="bsuid", value=sender.bsuid or "", scope=sender.portfolio_id),
                parent=Identity(kind="parent_bsuid", value=sender.parent_bsuid)
                if sender.parent_bsuid
                else None,
                occurred_at=at,
            )
            for sender, at in sorted(first.items(), key=lambda one: one[1])
        ],
        now,
    )


async def learn_from_messages(
    connection: Connection,
    vault: Vault,
    said: Iterable[Said],
    *,
    people: Mapping[Sender, ContactId],
    now: datetime,
) -> list[JournalEntry]:
    """Learn further identities of known people from what they sent, and return stops for the journal."""
    sightings: dict[tuple[ContactId, Sender, str | None], Sighting] = {}
    for one in said:
        contact_id = people.get(one.sender)
        if contact_id is None or one.is_of_group:
            continue
        message = one.message
        shared = _shared_number(message)
        key = (contact_id, one.sender, message.username)
        before = sightings.get(key)
        if before is not None and before.occurred_at >= message.occurred_at and shared is None:
            continue
        sightings[key] = Sighting(
            contact_id=contact_id,
            identities=(*one.sender.identities, *_username(one), *(() if shared is None else (shared,))),
            occurred_at=min(message.occurred_at, now),
            is_shared=shared is not None,
        )
    if not sightings:
        return []
    learned = await learn_identities(connection, vault, list(sightings.values()), now)
    return learned.entries


def _username(said: Said) -> tuple[Identity, ...]:
    name = said.message.username
    return (Identity(kind="username", value=name, scope=said.sender.portfolio_id),) if name else ()


def _shared_number(message: InboundMessage) -> Identity | None:
    """Return the number a person without one shared on request."""
    own = [one for one in message.contacts if one.is_contact_request]
    if message.sender_phone is not None or len(own) != OWN_NUMBERS or len(own[0].phones) != OWN_NUMBERS:
        return None
    # On a card a number is written as people write it; without its country it names nobody.
    written = own[0].phones[0]
    e164 = "+" + "".join(one for one in written if one.isdecimal())
    is_whole = written.strip().startswith("+") and _E164.fullmatch(e164) is not None
    return Identity(kind="phone", value=e164) if is_whole else None


def _update(vault: Vault, change: IdentityChange, portfolio_id: str) -> IdentityUpdate:
    old = _identities(change.old_phone, change.old_bsuid, change.old_parent_bsuid, portfolio_id)
    new = _identities(change.new_phone, change.new_bsuid, change.new_parent_bsuid, portfolio_id)
    told = "\x1f".join(
        (
            change.kind,
            *(f"{one.kind}={one.hashed_text}" for one in old),
            ">",
            *(f"{one.kind}={one.hashed_text}" for one in new),
            change.identity_hash or "",
            change.occurred_at.isoformat(),
        )
    )
    return IdentityUpdate(
        key=vault.lookup_index("event", f"identity_changed\x1f{told}"),
        kind=change.kind,
        old=old,
        new=new,
        occurred_at=change.occurred_at,
    )


def _identities(
    phone: str | None, bsuid: str | None, parent_bsuid: str | None, portfolio_id: str
) -> tuple[Identity, ...]:
    return Sender(phone=phone, bsuid=bsuid, parent_bsuid=parent_bsuid, portfolio_id=portfolio_id).identities
