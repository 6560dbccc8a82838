"""Learn further identities of people from what they send: a BSUID beside a number, a spelling, a username."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from rulecast.profile.identities import store
from rulecast.profile.identities.conflicts import Conflict, IdentitiesChanged, open_conflicts
from rulecast.profile.identities.store import Connection, Owner
from rulecast.profile.identity import Identity, lookup_of, lookups_of
from rulecast.profile.seal_identities import seal_identities
from rulecast.values.ids import ContactId
from rulecast.vault import Vault

NUMBERS = frozenset({"phone", "wa_id"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """A person was seen under these identities; `is_shared` where the person sent the number as a card."""

    contact_id: ContactId
    identities: tuple[Identity, ...] = field(repr=False)
    occurred_at: datetime
    is_shared: bool = False


@dataclass(slots=True, kw_only=True)
class _Learning:
    """What is to be written."""

    begun: list[tuple[ContactId, Identity, datetime]] = field(default_factory=list)
    ended: list[tuple[Owner, datetime]] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)


async def learn_identities(
    connection: Connection, vault: Vault, sightings: Sequence[Sighting], now: datetime
) -> IdentitiesChanged:
    """Add what is not known yet of known people; a stored number is never rewritten.

    A national variant of a known number is kept as WhatsApp's spelling of it. A newer BSUID or username ends the
    older one. An identity somebody else has makes a conflict; a username goes to whoever bears it now.
    """
    changed = IdentitiesChanged()
    by_lookup = {
        (one.kind, one.scope, lookup_of(vault, one)): one
        for sighting in sightings
        for one in sighting.identities
    }
    owners = await store.find_owners(connection, [lookup for _, _, lookup in by_lookup])
    unknown = [one for one in sightings if not _is_known(vault, one, owners)]
    if not unknown:
        return changed
    current = await store.list_current(connection, {one.contact_id for one in unknown})
    learning = _Learning()
    for sighting in sorted(unknown, key=lambda one: one.occurred_at):
        for identity in sighting.identities:
            _learn(learning, vault, sighting, identity, owners=owners, current=current)
    await store.close_identities(connection, learning.ended)
    distinct = {
        (kind_scope_value.kind, kind_scope_value.scope, kind_scope_value.value): (contact_id, at)
        for contact_id, kind_scope_value, at in learning.begun
    }
    identities = [
        (contact_id, Identity(kind=kind, scope=scope, value=value), at)
        for (kind, scope, value), (contact_id, at) in distinct.items()
    ]
    rows = await seal_identities(vault, [(contact_id, identity) for contact_id, identity, _ in identities])
    await store.open_identities(
        connection, [(row, at) for row, (_, _, at) in zip(rows, identities, strict=True)]
    )
    await store.mark_reachability(
        connection, {contact_id for contact_id, one, _ in identities if one.kind in {"phone", "bsuid"}}, now
    )
    changed.conflicts, changed.entries = await open_conflicts(connection, learning.conflicts, now)
    return changed


def _is_known(vault: Vault, sighting: Sighting, owners: Sequence[Owner]) -> bool:
    theirs = {(_family(one.kind), one.lookup) for one in owners if one.contact_id == sighting.contact_id}
    return all((_family(one.kind), lookup_of(vault, one)) in theirs for one in sighting.identities)


def _family(kind: str) -> str:
    return "phone" if kind in NUMBERS else kind


def _learn(
    learning: _Learning,
    vault: Vault,
    sighting: Sighting,
    identity: Identity,
    *,
    owners: Sequence[Owner],
    current: Sequence[Owner],
) -> None:
    lookup = lookup_of(vault, identity)
    family = _family(identity.kind)
    having = [one for one in owners if _family(one.kind) == family and one.lookup == lookup]
    if any(one.contact_id == sighting.contact_id for one in having):
        return
    if having and identity.kind != "username":
        learning.conflicts.append(
            Conflict(
                first=sighting.contact_id,
                second=having[0].contact_id,
                cause="shared" if sighting.is_shared else "message",
                occurred_at=sighting.occurred_at,
            )
        )
        return
    theirs = [
        one
        for one in current
        if one.contact_id == sighting.contact_id
        and _family(one.kind) == family
        and one.scope == identity.scope
    ]
    if family == "phone":
        _learn_number(learning, vault, sighting, identity, theirs=theirs)
        return
    replaced = [*theirs, *having]
    if any(one.valid_from > sighting.occurred_at for one in replaced):
        return
    learning.ended.extend((one, sighting.occurred_at) for one in replaced)
    learning.begun.append((sighting.contact_id, identity, sighting.occurred_at))


def _learn_number(
    learning: _Learning, vault: Vault, sighting: Sighting, identity: Identity, *, theirs: Sequence[Owner]
) -> None:
    """Keep the first number of a person, or another spelling of a known one; a different one changes nothing."""
    if not theirs:
        learning.begun.append((sighting.contact_id, identity, sighting.occurred_at))
    elif {one.lookup for one in theirs} & set(lookups_of(vault, identity.value)):
        spelling = Identity(kind="wa_id", value=identity.value)
        learning.begun.append((sighting.contact_id, spelling, sighting.occurred_at))
