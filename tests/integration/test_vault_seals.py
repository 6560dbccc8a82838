"""What the vault promises about sealed values."""

import pytest

from rulecast.database import Database, fetch_value
from rulecast.values.ids import ContactId
from rulecast.vault import SealItem, Vault

PHONE = "profile.identity.value_sealed"


async def test_a_sealed_value_opens_again(vault: Vault) -> None:
    await vault.create_keys([ContactId(1), ContactId(2)])
    sealed = await vault.seal_many(
        [SealItem(ContactId(1), PHONE, b"one"), SealItem(ContactId(2), PHONE, b"two")]
    )
    opened = await vault.open_many(
        [SealItem(ContactId(1), PHONE, sealed[0]), SealItem(ContactId(2), PHONE, sealed[1])]
    )
    assert opened == [b"one", b"two"]


async def test_a_clone_is_migrated(database: Database) -> None:
    async with database.connection() as connection:
        assert await fetch_value(connection, "SELECT count(*) FROM public.workspace") == 0
