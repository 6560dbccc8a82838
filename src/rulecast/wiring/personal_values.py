"""Personal values of contacts, opened for one rendering."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import msgspec

from rulecast.profile.contact import SEALED_ATTRIBUTES
from rulecast.values.ids import ContactId
from rulecast.vault import SealItem, Vault

_VALUES = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal)


async def open_values(
    vault: Vault, rows: Sequence[tuple[int, bytes | None]]
) -> Mapping[int, Mapping[str, object]]:
    """Return the sealed attributes of these people, by id and name; nothing where the key is destroyed."""
    sealed = [(contact_id, value) for contact_id, value in rows if value is not None]
    items = [SealItem(ContactId(contact_id), SEALED_ATTRIBUTES, bytes(value)) for contact_id, value in sealed]
    opened = await vault.open_many(items)
    return {
        contact_id: _VALUES.decode(plain)
        for (contact_id, _value), plain in zip(sealed, opened, strict=True)
        if plain is not None
    }
