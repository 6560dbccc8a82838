"""Turn identities into what may stand in a table: keyed hashes and sealed bytes."""

from collections.abc import Sequence

from rulecast.profile.contact import SEALED_IDENTITY
from rulecast.profile.identity import Identity, lookup_of
from rulecast.profile.store import IdentityRow
from rulecast.values.ids import ContactId
from rulecast.vault import SealItem, Vault


async def seal_identities(vault: Vault, owned: Sequence[tuple[ContactId, Identity]]) -> list[IdentityRow]:
    """Return one row an identity, in order; the people's keys must exist."""
    sealed = await vault.seal_many(
        [SealItem(contact_id, SEALED_IDENTITY, identity.value.encode()) for contact_id, identity in owned]
    )
    return [
        IdentityRow(
            contact_id=contact_id,
            kind=identity.kind,
            scope=identity.scope,
            lookup=lookup_of(vault, identity),
            suppression_index=vault.suppression_index(identity.hashed_kind, identity.hashed_text),
            sealed_value=sealed_value,
        )
        for (contact_id, identity), sealed_value in zip(owned, sealed, strict=True)
    ]
