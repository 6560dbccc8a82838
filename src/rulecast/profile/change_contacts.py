"""Learn more about known people; what is known already changes nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from rulecast.profile import store
from rulecast.profile.contact import (
    SEALED_ATTRIBUTES,
    ContactChange,
    StoredContact,
    decode_values,
    encode_values,
    is_addressable,
)
from rulecast.profile.seal_identities import seal_identities
from rulecast.profile.store import ChangedContactRow, Connection
from rulecast.values.ids import ContactId
from rulecast.vault import SealItem, Vault


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeOutcome:
    """Who really changed, and when each of the people was first recorded."""

    changed: frozenset[ContactId]
    recorded_at: Mapping[ContactId, datetime]


@dataclass(slots=True, kw_only=True)
class _History:
    """The values of one person that held at the time of a change, and those that hold since a later time."""

    before: dict[str, object] = field(default_factory=dict)
    later: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Difference:
    """The values of one person after the change, and the public ones that differ."""

    change: ContactChange
    attributes: dict[str, object]
    personal: dict[str, str] | None
    changed: dict[str, object]
    kept_sealed: bytes | None


async def change_contacts(
    connection: Connection, vault: Vault, changes: Sequence[ContactChange], now: datetime
) -> ChangeOutcome:
    """Store what is new in the caller's transaction, one change per contact.

    Raises:
        UniqueViolation: somebody else has just taken one of the identities.
    """
    if not changes:
        return ChangeOutcome(changed=frozenset(), recorded_at={})
    by_id = {one.contact_id: one for one in changes}
    stored = await store.lock_contacts(connection, sorted(by_id))
    opened = await _open_personal(vault, stored, by_id)
    histories = await _find_histories(connection, changes, now)
    differences = [
        difference
        for one in stored
        if (
            difference := _difference(
                one,
                by_id[one.contact_id],
                opened.get(one.contact_id, {}),
                history=histories.get(one.contact_id),
            )
        )
        is not None
    ]
    await store.update_contacts(connection, await _rows(vault, differences, now), now)
    added = await _add_identities(connection, vault, changes, now)
    return ChangeOutcome(
        changed=frozenset({one.change.contact_id for one in differences} | added),
        recorded_at={one.contact_id: one.recorded_at for one in stored},
    )


async def _find_histories(
    connection: Connection, changes: Sequence[ContactChange], now: datetime
) -> dict[ContactId, _History]:
    """Return the histories of those people of whom something newer is known than what is said now."""
    said = [(one.contact_id, one.attributes_valid_from or now) for one in changes if one.attributes]
    since = dict(said)
    histories: dict[ContactId, _History] = {}
    for contact_id, payload, valid_from in await store.find_later_values(connection, said):
        history = histories.setdefault(contact_id, _History())
        values = decode_values(payload)
        if valid_from > since[contact_id]:
            history.later.update(values)
        else:
            history.before.update(values)
    return histories


async def _open_personal(
    vault: Vault, stored: Sequence[StoredContact], by_id: Mapping[ContactId, ContactChange]
) -> dict[ContactId, dict[str, str]]:
    """Open the sealed values of those people to whom a sealed value or a public text is said again."""
    sealed = [
        SealItem(one.contact_id, SEALED_ATTRIBUTES, one.sealed_attributes)
        for one in stored
        if one.sealed_attributes is not None
        and (by_id[one.contact_id].personal or by_id[one.contact_id].attributes)
    ]
    opened = await vault.open_many(sealed)
    return {
        item.contact_id: {} if plain is None else decode_values(plain)
        for item, plain in zip(sealed, opened, strict=True)
    }


def _difference(
    stored: StoredContact, change: ContactChange, personal: dict[str, str], *, history: _History | None
) -> _Difference | None:
    """Return what a change alters, or None; a value with a newer one joins the history and alters nothing now."""
    attributes = decode_values(stored.attributes)
    before = attributes if history is None else history.before
    later = {} if history is None else history.later
    changed = {name: value for name, value in change.attributes.items() if before.get(name) != value}
    current = {name: value for name, value in changed.items() if name not in later}
    spelled = {name: text for name, text in change.personal.items() if name not in later}
    after = {name: text for name, text in personal.items() if name not in current} | spelled
    if not changed and after == personal:
        return None
    return _Difference(
        change=change,
        attributes=attributes | current,
        personal=None if after == personal else after,
        changed=changed,
        kept_sealed=stored.sealed_attributes,
    )


async def _rows(vault: Vault, differences: Sequence[_Difference], now: datetime) -> list[ChangedContactRow]:
    resealed = [one for one in differences if one.personal is not None]
    sealed = iter(
        await vault.seal_many(
            [
                SealItem(one.change.contact_id, SEALED_ATTRIBUTES, encode_values(one.personal or {}).encode())
                for one in resealed
            ]
        )
    )
    return [
        ChangedContactRow(
            contact_id=one.change.contact_id,
            attributes=encode_values(one.attributes),
            sealed_attributes=one.kept_sealed if one.personal is None else next(sealed),
            changed=encode_values(one.changed),
            attributes_valid_from=one.change.attributes_valid_from or now,
        )
        for one in differences
    ]


async def _add_identities(
    connection: Connection, vault: Vault, changes: Sequence[ContactChange], now: datetime
) -> set[ContactId]:
    owned = [(one.contact_id, identity) for one in changes for identity in one.identities]
    if not owned:
        return set()
    await store.insert_identities(connection, await seal_identities(vault, owned), now)
    reachable = sorted({one.contact_id for one in changes if is_addressable(one.identities)})
    await store.mark_reachable(connection, reachable, now)
    return {contact_id for contact_id, _ in owned}
