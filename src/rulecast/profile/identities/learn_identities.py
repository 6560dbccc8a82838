"""Learn further identities of people from what they send: a BSUID beside a number, a spelling, a username."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from rulecast.profile.identities import store
from rulecast.profile.identities.conflicts import Conflict, IdentitiesChanged, open_conflicts
from rulecast.profile.identities.store import Connection, Owner
from rulecast.profile.identity import Identity, lookup_of, lookups_of
from rulecast.profile.seal_identities import seal_identities
from rulecast.profile.suppression.suppress import carry_stops
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
    """Who has which identity, as far as the sightings have been read, and what is to be written.

    `former` tells until when people had what is theirs no more; `outlived` began and ended within the sightings.
    """

    owners: list[Owner]
    current: list[Owner]
    former: dict[tuple[ContactId, str, bytes], datetime]
    begun: dict[Owner, Identity] = field(default_factory=dict)
    ended: list[tuple[Owner, datetime]] = field(default_factory=list)
    outlived: list[tuple[Owner, datetime]] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)

    def begin(self, sighting: Sighting, identity: Identity, lookup: bytes) -> Owner:
        """Give an identity to the person."""
        owner = Owner(
            contact_id=sighting.contact_id,
            kind=identity.kind,
            scope=identity.scope,
            lookup=lookup,
            valid_from=sighting.occurred_at,
        )
        self.begun[owner] = identity
        self.owners.append(owner)
        self.current.append(owner)
        return owner

    def end(self, owner: Owner, at: datetime) -> None:
        """Take an identity away; of usernames nobody asks who bore them for a moment."""
        for known in (self.owners, self.current):
            if owner in known:
                known.remove(owner)
        if owner not in self.begun:
            self.ended.append((owner, at))
        elif owner.kind == "username":
            del self.begun[owner]
        else:
            self.outlived.append((owner, at))


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
    lookups = [lookup for _, _, lookup in by_lookup]
    owners = await store.find_owners(connection, lookups)
    unknown = [one for one in sightings if not _is_known(vault, one, owners)]
    if not unknown:
        return changed
    learning = _Learning(
        owners=owners,
        current=await store.list_current(connection, {one.contact_id for one in unknown}),
        former={
            # The latest end comes first, and the last of a key stays.
            (one.contact_id, one.kind, one.lookup): one.valid_to
            for one in reversed(await store.find_former(connection, lookups))
        },
    )
    for sighting in sorted(unknown, key=lambda one: one.occurred_at):
        for identity in sighting.identities:
            _learn(learning, vault, sighting, identity)
    await store.close_identities(connection, learning.ended)
    begun = learning.begun
    rows = await seal_identities(vault, [(owner.contact_id, identity) for owner, identity in begun.items()])
    await store.open_identities(
        connection, [(row, owner.valid_from) for row, owner in zip(rows, begun, strict=True)]
    )
    await store.close_identities(connection, learning.outlived)
    await store.mark_reachability(
        connection, {owner.contact_id for owner in begun if owner.kind in {"phone", "bsuid"}}, now
    )
    changed.entries = await carry_stops(connection, {owner.contact_id for owner in begun}, now)
    changed.conflicts, shared = await open_conflicts(connection, learning.conflicts, now)
    changed.entries += shared
    return changed


def _is_known(vault: Vault, sighting: Sighting, owners: Sequence[Owner]) -> bool:
    theirs = {(_family(one.kind), one.lookup) for one in owners if one.contact_id == sighting.contact_id}
    return all((_family(one.kind), lookup_of(vault, one)) in theirs for one in sighting.identities)


def _family(kind: str) -> str:
    return "phone" if kind in NUMBERS else kind


def _learn(learning: _Learning, vault: Vault, sighting: Sighting, identity: Identity) -> None:
    lookup = lookup_of(vault, identity)
    family = _family(identity.kind)
    having = [one for one in learning.owners if _family(one.kind) == family and one.lookup == lookup]
    if any(one.contact_id == sighting.contact_id for one in having):
        return
    ended_at = learning.former.get((sighting.contact_id, identity.kind, lookup))
    if ended_at is not None and ended_at >= sighting.occurred_at:
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
        for one in learning.current
        if one.contact_id == sighting.contact_id
        and _family(one.kind) == family
        and one.scope == identity.scope
    ]
    if family == "phone":
        _learn_number(learning, vault, sighting, identity, theirs=theirs)
    else:
        _replace(learning, sighting, identity, lookup, replaced=[*theirs, *having])


def _replace(
    learning: _Learning, sighting: Sighting, identity: Identity, lookup: bytes, *, replaced: Sequence[Owner]
) -> None:
    """End what a newer BSUID or username replaces; an older BSUID is kept as one the person had."""
    later = [one.valid_from for one in replaced if one.valid_from > sighting.occurred_at]
    if not later:
        for one in replaced:
            learning.end(one, sighting.occurred_at)
        learning.begin(sighting, identity, lookup)
    elif identity.kind != "username":
        learning.former[sighting.contact_id, identity.kind, lookup] = min(later)
        learning.end(learning.begin(sighting, identity, lookup), min(later))


def _learn_number(
    learning: _Learning, vault: Vault, sighting: Sighting, identity: Identity, *, theirs: Sequence[Owner]
) -> None:
    """Keep the first number of a person, or another spelling of a known one; a different one changes nothing."""
    lookup = lookup_of(vault, identity)
    if not theirs:
        learning.begin(sighting, identity, lookup)
    elif {one.lookup for one in theirs} & set(lookups_of(vault, identity.value)):
        learning.begin(sighting, Identity(kind="wa_id", value=identity.value), lookup)
