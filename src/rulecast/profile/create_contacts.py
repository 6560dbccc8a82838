"""Create people, with the guard row that the send path locks and the change rows the mart lives from."""

from collections.abc import Sequence
from datetime import datetime

from rulecast.profile import store
from rulecast.profile.contact import (
    SEALED_ATTRIBUTES,
    NewContact,
    encode_values,
    is_addressable,
)
from rulecast.profile.identity import Identity
from rulecast.profile.seal_identities import seal_identities
from rulecast.profile.store import Connection
from rulecast.values.ids import ContactId
from rulecast.vault import SealItem, Vault


async def create_contacts(
    connection: Connection, vault: Vault, contacts: Sequence[NewContact], now: datetime
) -> list[ContactId]:
    """Create the people in the caller's transaction and return their ids, in order.

    Their keys are committed to the keys database first; a key without a contact is harmless.

    Raises:
        UniqueViolation: somebody else has just created a contact with one of the identities.
    """
    if not contacts:
        return []
    ids = await store.next_contact_ids(connection, len(contacts))
    await vault.create_keys(ids)
    sealed = await _seal_personal(vault, ids, contacts)
    await store.insert_contacts(
        connection,
        [
            store.ContactRow(
                contact_id=contact_id,
                first_seen_at=contact.first_seen_at,
                source=contact.source,
                attributes=encode_values(contact.attributes),
                sealed_attributes=sealed_attributes,
                is_reachable=is_addressable(contact.identities),
                attributes_valid_from=contact.attributes_valid_from or now,
            )
            for contact_id, contact, sealed_attributes in zip(ids, contacts, sealed, strict=True)
        ],
        now,
    )
    owned: list[tuple[ContactId, Identity]] = [
        (contact_id, identity)
        for contact_id, contact in zip(ids, contacts, strict=True)
        for identity in contact.identities
    ]
    await store.insert_identities(connection, await seal_identities(vault, owned), now)
    return ids


async def _seal_personal(
    vault: Vault, ids: Sequence[ContactId], contacts: Sequence[NewContact]
) -> list[bytes | None]:
    items = [
        SealItem(contact_id, SEALED_ATTRIBUTES, encode_values(contact.personal).encode())
        for contact_id, contact in zip(ids, contacts, strict=True)
        if contact.personal
    ]
    sealed = iter(await vault.seal_many(items))
    return [next(sealed) if contact.personal else None for contact in contacts]
