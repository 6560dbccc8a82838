"""Notice that a number seems to have a new owner, and keep what the old one consented to from the new one.

A person has one BSUID a portfolio, and WhatsApp tells of every change of it. A known number that writes under a BSUID
its contact never had, without such a word, may be somebody else's since (whatsapp-platform 1.4).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from rulecast.profile.consent import ConsentEntry, record_consents
from rulecast.profile.contact import NewContact
from rulecast.profile.create_contacts import create_contacts
from rulecast.profile.identities import store
from rulecast.profile.identities.conflicts import Conflict, open_conflicts
from rulecast.profile.identities.learn_identities import NUMBERS
from rulecast.profile.identities.store import Connection, Owner, SeenRow
from rulecast.profile.identity import Identity, lookup_of, lookups_of
from rulecast.profile.seal_identities import seal_identities
from rulecast.profile.suppression import JournalEntry
from rulecast.profile.suppression.suppress import carry_stops, lock_people
from rulecast.values.ids import ContactId
from rulecast.values.purpose import ConsentStatus, Purpose
from rulecast.vault import Vault

CAUSE = "new_owner"
METHOD = "number_may_have_new_owner"
"""The method of the line with which the ledger of a number begins again."""
INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Somebody who was seen under a number and a BSUID at once, and under a parent BSUID where one was told."""

    phone: Identity = field(repr=False)
    bsuid: Identity = field(repr=False)
    parent: Identity | None = field(default=None, repr=False)
    occurred_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class _Passed:
    """A number that passed from one contact to another one, or to nobody we knew."""

    former: ContactId
    taker: ContactId | None
    seen: Seen


async def part_new_owners(
    connection: Connection, vault: Vault, seen: Sequence[Seen], now: datetime
) -> list[JournalEntry]:
    """Take numbers that somebody else seems to have from their old contacts; return stops for the journal.

    The number goes to the contact of the BSUID, or to a new one. Its ledger begins again with a withdrawal, so that
    an older consent a list brings counts for nothing; the old contact keeps everything but number and id. The two are
    an open conflict. A contact with another number gets no second one: there the old contact's ledger is ended.
    """
    rows = [_row(vault, one) for one in seen]
    found = await store.find_passed(connection, rows)
    if not found:
        return []
    locked = _people_of(_once(found, seen))
    await lock_people(connection, locked)
    # While the lock was waited for, WhatsApp's word that explains the new id may have been put in force.
    again = _once(await store.find_passed(connection, rows), seen)
    # Whoever else it would be now is not locked: their next word parts them.
    passed = [one for one in again if _people_of([one]) <= locked]
    if not passed:
        return []
    people = _people_of(passed)
    current = await store.list_current(connection, people)
    numbered = {one.contact_id for one in current if one.kind in NUMBERS}
    torn = [one for one in passed if one.taker in numbered]
    moved = [one for one in passed if one.taker not in numbered]
    takers = await _move(connection, vault, moved, current=current, now=now)
    begun = [(takers[one.seen.phone], one.seen.occurred_at) for one in moved]
    begun += [(one.former, one.seen.occurred_at) for one in torn]
    await _begin_ledgers(connection, vault, begun, is_former={one.former for one in torn}, now=now)
    await store.mark_reachability(connection, people | set(takers.values()), now)
    entries = await carry_stops(connection, takers.values(), now)
    _, shared = await open_conflicts(
        connection,
        [
            Conflict(
                first=one.former,
                second=takers[one.seen.phone],
                cause=CAUSE,
                occurred_at=one.seen.occurred_at,
            )
            for one in moved
        ],
        now,
    )
    return entries + shared


def _people_of(passed: Sequence[_Passed]) -> set[ContactId]:
    return {one.former for one in passed} | {one.taker for one in passed if one.taker is not None}


async def reunite(connection: Connection, conflict_id: int, *, by: str, now: datetime) -> bool:
    """Give a number back to the contact it was taken from, and return whether the conflict was such a one and open.

    The next message teaches the new user id; consent stands as it stood before.
    """
    parted = await store.find_parted(connection, conflict_id)
    if parted is None:
        return False
    former, taker = parted.former, parted.taker
    await lock_people(connection, {former, taker})
    current = await store.list_current(connection, [former, taker])
    ended = [
        (one, now)
        for one in current
        if one.kind == "bsuid" or (one.contact_id == taker and one.kind in NUMBERS | {"parent_bsuid"})
    ]
    await store.close_identities(connection, ended)
    await store.open_again(connection, former, ended_at=parted.occurred_at, now=now)
    await store.mark_reachability(connection, [former, taker], now)
    return await store.settle_conflict(connection, conflict_id, by=by, now=now)


def _row(vault: Vault, seen: Seen) -> SeenRow:
    return SeenRow(
        numbers=lookups_of(vault, seen.phone.value),
        bsuid=lookup_of(vault, seen.bsuid),
        scope=seen.bsuid.scope,
        parent=None if seen.parent is None else lookup_of(vault, seen.parent),
        occurred_at=seen.occurred_at,
    )


def _once(found: Sequence[tuple[int, ContactId, ContactId | None]], seen: Sequence[Seen]) -> list[_Passed]:
    """Return each number once, as it was first seen with its new id."""
    first: dict[ContactId, _Passed] = {}
    met: set[Identity] = set()
    for place, former, taker in sorted(found, key=lambda row: (seen[row[0]].occurred_at, row[0])):
        one = seen[place]
        # One new id under two known numbers makes one contact; the other number waits for its next message.
        if former in first or (taker is None and one.bsuid in met):
            continue
        met.add(one.bsuid)
        first[former] = _Passed(former=former, taker=taker, seen=one)
    return list(first.values())


async def _move(
    connection: Connection,
    vault: Vault,
    moved: Sequence[_Passed],
    *,
    current: Sequence[Owner],
    now: datetime,
) -> Mapping[Identity, ContactId]:
    """End the numbers at their old contacts, begin them at the new ones, and return those by number."""
    by_former = {one.former: one.seen for one in moved}
    await store.close_identities(
        connection,
        [
            (one, by_former[one.contact_id].occurred_at)
            for one in current
            if one.contact_id in by_former and _has_passed(vault, one, by_former[one.contact_id])
        ],
    )
    takers = {one.seen.phone: one.taker for one in moved if one.taker is not None}
    begun = [(one.taker, one.seen) for one in moved if one.taker is not None]
    rows = await seal_identities(vault, [(taker, seen.phone) for taker, seen in begun])
    await store.open_identities(
        connection, [(row, seen.occurred_at) for row, (_, seen) in zip(rows, begun, strict=True)]
    )
    met = [one.seen for one in moved if one.taker is None]
    # A parent id can be the old contact's still; it is learned from what the person says.
    new = [
        NewContact(
            identities=(one.phone, one.bsuid), source="inbound", first_seen_at=min(one.occurred_at, now)
        )
        for one in met
    ]
    ids = await create_contacts(connection, vault, new, now)
    return takers | {one.phone: contact_id for one, contact_id in zip(met, ids, strict=True)}


def _has_passed(vault: Vault, owned: Owner, seen: Seen) -> bool:
    """Return whether an identity ends with the sighting: the number, and the id that can only live with a number."""
    if owned.kind == "bsuid":
        return owned.scope == seen.bsuid.scope
    return owned.kind in NUMBERS and owned.lookup in lookups_of(vault, seen.phone.value)


async def _begin_ledgers(
    connection: Connection,
    vault: Vault,
    begun: Sequence[tuple[ContactId, datetime]],
    *,
    is_former: set[ContactId],
    now: datetime,
) -> None:
    """End what was agreed just before the doubt, but for what a known taker has granted under its own id.

    Answers to the person's own messages go on: those need nobody's agreement. What the newcomer says in the same
    instant counts.
    """
    granted = await store.list_granted(connection, {one for one, _ in begun} - is_former)
    entries = [
        ConsentEntry(
            contact_id=contact_id,
            purpose=purpose,
            status=ConsentStatus.WITHDRAWN,
            source="webhook",
            occurred_at=min(at, now) - INSTANT,
            method=METHOD,
        )
        for contact_id, at in begun
        for purpose in Purpose
        if purpose is not Purpose.SERVICE and (contact_id, purpose.value) not in granted
    ]
    await record_consents(connection, vault, entries, now)
