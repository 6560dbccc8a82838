"""Act upon what WhatsApp says about a changed number or user id, once and in any order."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeVar

import msgspec

from rulecast.profile.identities import store
from rulecast.profile.identities.conflicts import Conflict, IdentitiesChanged, open_conflicts
from rulecast.profile.identities.new_owners import reunite
from rulecast.profile.identities.store import Connection, FormerOwner, Owner
from rulecast.profile.identity import Identity, lookup_of, phone_variants
from rulecast.profile.seal_identities import seal_identities
from rulecast.profile.suppression.suppress import carry_stops
from rulecast.values.ids import ContactId
from rulecast.vault import Vault

UpdateKind = Literal["number", "user_id", "identity_hash"]

SEALED_CHANGE = "profile.identity_change.sealed_change"
# Changes of one person that waited for each other; nobody changes the number so often in a week.
CHAIN_LENGTH_MAX = 16
Found = TypeVar("Found", Owner, FormerOwner)
BSUIDS = frozenset({"bsuid", "parent_bsuid"})


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityUpdate:
    """One change: `old` identities end, `new` ones begin at `occurred_at`; `key` makes a repeat the same change.

    A BSUID that begins ends every other one of its scope, because a person has one a portfolio.
    """

    key: bytes
    kind: UpdateKind
    old: tuple[Identity, ...] = field(repr=False)
    new: tuple[Identity, ...] = field(repr=False)
    occurred_at: datetime


async def apply_identity_updates(
    connection: Connection, vault: Vault, updates: Sequence[IdentityUpdate], now: datetime
) -> IdentitiesChanged:
    """Apply the updates in the order of their own time; one whose person is unknown waits for an earlier one.

    An identity that somebody else has is not taken from them: the two become a conflict.
    """
    changed = IdentitiesChanged()
    known = await store.find_known_changes(connection, [one.key for one in updates])
    waiting = {one.key: one for one in updates if one.key not in known}
    queue = sorted(waiting.values(), key=lambda one: one.occurred_at)
    conflicts: list[Conflict] = []
    for _ in range(len(queue) + CHAIN_LENGTH_MAX):
        if not queue:
            break
        update = queue.pop(0)
        await _give_back(connection, vault, update, now)
        contact_id = await _apply(connection, vault, update, conflicts=conflicts, now=now)
        await _keep(connection, vault, update, contact_id=contact_id, now=now)
        if contact_id is not None:
            changed.contact_of[update.key] = contact_id
            queue = await _followers(connection, vault, update) + queue
    changed.entries = await carry_stops(connection, changed.contact_of.values(), now)
    changed.conflicts, shared = await open_conflicts(connection, conflicts, now)
    changed.entries += shared
    await _claim(connection, vault, updates, changed.contact_of)
    return changed


async def _give_back(connection: Connection, vault: Vault, update: IdentityUpdate, now: datetime) -> None:
    """Give a number back that a new id seemed to have taken, where the update says that the id is the person's."""
    olds = [lookup_of(vault, one) for one in update.old if one.kind == "bsuid"]
    news = [lookup_of(vault, one) for one in update.new if one.kind == "bsuid"]
    if update.kind == "user_id" and olds and news:
        for conflict_id in await store.find_parted_by_ids(connection, olds, news):
            await reunite(connection, conflict_id, by="whatsapp", now=now)


async def _claim(
    connection: Connection,
    vault: Vault,
    updates: Sequence[IdentityUpdate],
    contact_of: Mapping[bytes, ContactId],
) -> None:
    """Keep of new identities that somebody else has that they were said to be the person's: stops are theirs too."""
    told = [
        (contact_of[one.key], new, one.occurred_at)
        for one in updates
        if one.key in contact_of
        for new in one.new
    ]
    owners = await store.find_owners(connection, {lookup_of(vault, new) for _, new, _ in told})
    owned = {(one.kind, one.scope, one.lookup): one.contact_id for one in owners}
    claimed = [
        (contact_id, new, at)
        for contact_id, new, at in told
        if owned.get((new.kind, new.scope, lookup_of(vault, new)), contact_id) != contact_id
    ]
    rows = await seal_identities(vault, [(contact_id, new) for contact_id, new, _ in claimed])
    await store.claim_identities(
        connection, [(row, at) for row, (_, _, at) in zip(rows, claimed, strict=True)]
    )


async def _apply(
    connection: Connection, vault: Vault, update: IdentityUpdate, *, conflicts: list[Conflict], now: datetime
) -> ContactId | None:
    new = {lookup_of(vault, one): one for one in update.new}
    old = _old_lookups(vault, update)
    owners = await store.find_owners(connection, [*old, *new])
    former = await store.find_former(connection, old)
    then = [one for one in former if one.valid_to >= update.occurred_at]
    telling = _telling(owners, then, update.occurred_at)
    owner = _first(telling, old) or _first(then, old) or _first(telling, list(new))
    if owner is None:
        return None
    contact_id = owner.contact_id
    conflicts.extend(
        Conflict(
            first=contact_id,
            second=one.contact_id,
            cause="number" if update.kind == "number" else "user_id",
            occurred_at=update.occurred_at,
        )
        for one in telling
        if one.contact_id != contact_id
    )
    await _rewrite(
        connection,
        vault,
        update,
        contact_id=contact_id,
        owners=owners,
        is_late=isinstance(owner, FormerOwner),
    )
    await store.mark_reachability(connection, [contact_id], now)
    return contact_id


async def _rewrite(
    connection: Connection,
    vault: Vault,
    update: IdentityUpdate,
    *,
    contact_id: ContactId,
    owners: Sequence[Owner],
    is_late: bool,
) -> None:
    """End what the person had and begin what is new and nobody else's."""
    new = {lookup_of(vault, one): one for one in update.new}
    old = _old_lookups(vault, update)
    taken = {(one.kind, one.scope, one.lookup) for one in owners}
    begun = {
        Owner(
            contact_id=contact_id,
            kind=one.kind,
            scope=one.scope,
            lookup=key,
            valid_from=update.occurred_at,
        ): one
        for key, one in new.items()
        if (one.kind, one.scope, key) not in taken
    }
    current = await store.list_current(connection, [contact_id])
    ended = [one for one in current if _ends(one, update, old=old, new=list(new))]
    await store.close_identities(connection, [(one, update.occurred_at) for one in ended])
    rows = await seal_identities(vault, [(contact_id, one) for one in begun.values()])
    await store.open_identities(connection, [(row, update.occurred_at) for row in rows])
    await store.close_identities(connection, _outlived(begun, current, is_late=is_late))


def _old_lookups(vault: Vault, update: IdentityUpdate) -> list[bytes]:
    """Return the keyed hashes of the old identities, national variants included, the written ones first."""
    variants = [
        Identity(kind="phone", value=value)
        for one in update.old
        if one.kind == "phone"
        for value in phone_variants(one.value)[1:]
    ]
    return [lookup_of(vault, one) for one in (*update.old, *variants)]


def _telling(owners: Sequence[Owner], then: Sequence[FormerOwner], at: datetime) -> list[Owner]:
    """Return the owners who tell who somebody is: not by a username, nor by what was somebody else's at that time.

    A number belongs to a person in whatever spelling.
    """
    theirs = {one.lookup for one in then}
    return [
        one for one in owners if one.kind != "username" and not (one.lookup in theirs and one.valid_from > at)
    ]


def _outlived(
    begun: Iterable[Owner], current: Sequence[Owner], *, is_late: bool
) -> list[tuple[Owner, datetime]]:
    """Return which of the new identities a later change has ended already, and when.

    A number counts only where the change itself is told late: one from a list begins when the list was read.
    """
    found = []
    for one in begun:
        later = [
            other.valid_from
            for other in current
            if (other.kind, other.scope) == (one.kind, one.scope) and other.valid_from > one.valid_from
        ]
        if later and (is_late or one.kind in BSUIDS):
            found.append((one, min(later)))
    return found


def _first(owners: Sequence[Found], lookups: Sequence[bytes]) -> Found | None:
    by_lookup = {one.lookup: one for one in reversed(owners)}
    return next((by_lookup[one] for one in lookups if one in by_lookup), None)


def _ends(current: Owner, update: IdentityUpdate, *, old: Sequence[bytes], new: Sequence[bytes]) -> bool:
    """Return whether an identity of the person ends with this update; what began later does not."""
    if current.lookup in new or update.kind == "identity_hash":
        return False
    is_named = current.lookup in old and (update.kind == "number" or current.kind in BSUIDS)
    replaced = {(one.kind, one.scope) for one in update.new if one.kind in BSUIDS}
    is_replaced = (current.kind, current.scope) in replaced and current.valid_from <= update.occurred_at
    return is_named or is_replaced


async def _keep(
    connection: Connection,
    vault: Vault,
    update: IdentityUpdate,
    *,
    contact_id: ContactId | None,
    now: datetime,
) -> None:
    sealed = None
    if contact_id is None and not update.new:
        return
    if contact_id is None:
        content = msgspec.json.encode({"old": _plain(update.old), "new": _plain(update.new)})
        sealed = await vault.seal_for_day(now.date(), SEALED_CHANGE, content)
    await store.insert_change(
        connection,
        change_key=update.key,
        kind=update.kind,
        contact_id=contact_id,
        old_lookups=_old_lookups(vault, update),
        sealed_change=sealed,
        key_day=now.date(),
        occurred_at=update.occurred_at,
        now=now,
    )


async def _followers(connection: Connection, vault: Vault, update: IdentityUpdate) -> list[IdentityUpdate]:
    """Return the changes that waited for an identity this one began."""
    lookups = [lookup_of(vault, one) for one in update.new]
    if not lookups:
        return []
    found = []
    for row in await store.take_waiting(connection, lookups, since=update.occurred_at):
        content = await vault.open_for_day(SEALED_CHANGE, bytes(row.sealed_change))
        if content is None:
            continue
        said = msgspec.json.decode(content, type=dict[str, list[dict[str, str]]])
        found.append(
            IdentityUpdate(
                key=bytes(row.change_key),
                kind=_kind(row.kind),
                old=_identities(said["old"]),
                new=_identities(said["new"]),
                occurred_at=row.occurred_at,
            )
        )
    return found


def _plain(identities: Sequence[Identity]) -> list[dict[str, str]]:
    return [{"kind": one.kind, "value": one.value, "scope": one.scope} for one in identities]


def _identities(said: Sequence[dict[str, str]]) -> tuple[Identity, ...]:
    return tuple(msgspec.convert(one, Identity) for one in said)


def _kind(word: str) -> UpdateKind:
    return "number" if word == "number" else "user_id" if word == "user_id" else "identity_hash"
