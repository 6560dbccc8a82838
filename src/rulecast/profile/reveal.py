"""Open what is sealed of one person, for somebody who may see it; the door writes the audit row."""

from rulecast.profile import store
from rulecast.profile.contact import SEALED_ATTRIBUTES, SEALED_IDENTITY, decode_values
from rulecast.profile.store import Connection
from rulecast.values.ids import ContactId
from rulecast.vault import SealItem, Vault


async def reveal_person(connection: Connection, vault: Vault, contact_id: ContactId) -> dict[str, str]:
    """Return the person's identities and sealed attributes in clear, by kind or attribute name.

    What was erased is left out.
    """
    rows = await store.find_sealed_values(connection, contact_id)
    items = [
        SealItem(contact_id, SEALED_ATTRIBUTES if kind == "attributes" else SEALED_IDENTITY, sealed)
        for kind, sealed in rows
    ]
    revealed: dict[str, str] = {}
    for (kind, _), plain in zip(rows, await vault.open_many(items), strict=True):
        if plain is None:
            continue
        if kind == "attributes":
            revealed.update((name, str(text)) for name, text in decode_values(plain).items())
        else:
            revealed[kind] = plain.decode()
    return revealed
