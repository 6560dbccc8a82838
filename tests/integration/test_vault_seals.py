"""What the vault promises about sealed values, contact keys and day keys."""

import asyncio
from datetime import date, timedelta
from pathlib import Path

import pytest
from tests.conftest import ROOT_KEY
from tests.people import ASHA

from rulecast.collect.inbox import destroy_old_day_keys
from rulecast.config import Settings
from rulecast.database import Database, execute, fetch_value
from rulecast.values.clock import ManualClock
from rulecast.values.ids import ContactId
from rulecast.vault import SealItem, Vault, open_vault
from rulecast.vault.cipher import HEADER_BYTES, OVERHEAD_BYTES, key_version_of
from rulecast.vault.errors import ContactKeyMissingError, DayKeyDestroyedError, SealBrokenError

ONE, TWO = ContactId(1), ContactId(2)
PHONE, NAME = "profile.identity.value_sealed", "profile.contact.name_sealed"
BODY = "collect.inbox.body_sealed"
MONDAY, TUESDAY = date(2026, 11, 16), date(2026, 11, 17)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings of the vault alone, so that no main database is cloned."""
    return Settings(home=tmp_path / "home", root_key=ROOT_KEY)


async def test_a_sealed_batch_opens_again_in_order(vault: Vault) -> None:
    await vault.create_keys([ONE, TWO])
    sealed = await vault.seal_many([SealItem(ONE, PHONE, b"one"), SealItem(TWO, PHONE, b"two")])
    opened = await vault.open_many([SealItem(TWO, PHONE, sealed[1]), SealItem(ONE, PHONE, sealed[0])])
    assert opened == [b"two", b"one"]


async def test_the_same_value_seals_differently_each_time(vault: Vault) -> None:
    await vault.create_keys([ONE])
    first, second = await vault.seal_many([SealItem(ONE, PHONE, b"same")] * 2)
    assert first != second


async def test_a_seal_adds_thirty_bytes_and_names_its_key_version(vault: Vault) -> None:
    await vault.create_keys([ONE])
    sealed = await vault.seal(ONE, NAME, ASHA.name.encode())
    assert len(sealed) == len(ASHA.name) + OVERHEAD_BYTES
    assert OVERHEAD_BYTES == 30
    assert key_version_of(sealed) == 1


async def test_every_changed_bit_is_found_f77(vault: Vault) -> None:
    await vault.create_keys([ONE])
    sealed = await vault.seal(ONE, PHONE, ASHA.phone.encode())
    for position in range(len(sealed)):
        changed = bytearray(sealed)
        changed[position] ^= 1
        with pytest.raises(SealBrokenError):
            await vault.open(ONE, PHONE, bytes(changed))


async def test_a_seal_moved_to_another_column_or_contact_is_found_f77(vault: Vault) -> None:
    await vault.create_keys([ONE, TWO])
    sealed = await vault.seal(ONE, PHONE, ASHA.phone.encode())
    with pytest.raises(SealBrokenError):
        await vault.open(ONE, NAME, sealed)
    with pytest.raises(SealBrokenError):
        await vault.open(TWO, PHONE, sealed)


async def test_a_wrapped_key_moved_to_another_contact_is_found_f77(
    vault: Vault, settings: Settings, keys_database: Database
) -> None:
    await vault.create_keys([ONE, TWO])
    async with keys_database.connection() as connection:
        await execute(
            connection,
            "UPDATE contact_key SET wrapped_key = (SELECT wrapped_key FROM contact_key WHERE contact_id = 1)",
        )
    other_process = await open_vault(settings, keys_database)
    with pytest.raises(SealBrokenError):
        await other_process.seal(TWO, PHONE, b"anything")


@pytest.mark.parametrize("length", [0, 1, HEADER_BYTES, OVERHEAD_BYTES - 1])
async def test_a_truncated_seal_is_refused_f77(vault: Vault, length: int) -> None:
    await vault.create_keys([ONE])
    sealed = await vault.seal(ONE, PHONE, b"value")
    with pytest.raises(SealBrokenError):
        await vault.open(ONE, PHONE, sealed[:length])
    with pytest.raises(SealBrokenError):
        key_version_of(sealed[:length])


async def test_making_keys_twice_keeps_the_first(
    vault: Vault, settings: Settings, keys_database: Database
) -> None:
    await vault.create_keys([ONE])
    sealed = await vault.seal(ONE, PHONE, b"kept")
    other_process = await open_vault(settings, keys_database)
    await other_process.create_keys([ONE, ONE, TWO])
    assert await other_process.open(ONE, PHONE, sealed) == b"kept"


async def test_a_contact_without_key_cannot_be_sealed(vault: Vault) -> None:
    with pytest.raises(ContactKeyMissingError, match="Contact 2 has no key"):
        await vault.seal(TWO, PHONE, b"value")


async def test_erasure_makes_every_value_of_the_person_unreadable(vault: Vault) -> None:
    await vault.create_keys([ONE, TWO])
    sealed = await vault.seal_many([SealItem(ONE, PHONE, b"one"), SealItem(TWO, PHONE, b"two")])
    assert await vault.destroy_key(ONE)
    opened = await vault.open_many([SealItem(ONE, PHONE, sealed[0]), SealItem(TWO, PHONE, sealed[1])])
    assert opened == [None, b"two"]
    assert not await vault.destroy_key(ONE)


async def test_an_erased_person_gets_no_new_key(vault: Vault, keys_database: Database) -> None:
    await vault.destroy_key(ONE)
    await vault.create_keys([ONE])
    async with keys_database.connection() as connection:
        assert await fetch_value(connection, "SELECT count(*) FROM contact_key") == 0
    with pytest.raises(ContactKeyMissingError):
        await vault.seal(ONE, PHONE, b"value")


async def test_no_value_stands_in_the_keys_database(vault: Vault, keys_database: Database) -> None:
    await vault.create_keys([ONE])
    async with keys_database.connection() as connection:
        wrapped = bytes(await fetch_value(connection, "SELECT wrapped_key FROM contact_key"))
    assert len(wrapped) == 32 + OVERHEAD_BYTES


async def test_a_day_key_opens_the_bodies_of_its_day(vault: Vault) -> None:
    sealed = await vault.seal_for_day(MONDAY, BODY, b'{"entry": []}')
    assert await vault.open_for_day(BODY, sealed) == b'{"entry": []}'
    with pytest.raises(SealBrokenError):
        await vault.open_for_day("collect.import_file.row_sealed", sealed)


async def test_destroyed_days_stay_unreadable_and_later_days_stay_readable(vault: Vault) -> None:
    monday = await vault.seal_for_day(MONDAY, BODY, b"monday")
    tuesday = await vault.seal_for_day(TUESDAY, BODY, b"tuesday")
    assert await vault.destroy_day_keys_before(TUESDAY, days_max=2) == 1
    assert await vault.open_for_day(BODY, monday) is None
    assert await vault.open_for_day(BODY, tuesday) == b"tuesday"
    with pytest.raises(DayKeyDestroyedError):
        await vault.seal_for_day(MONDAY, BODY, b"late")
    assert await vault.destroy_day_keys_before(TUESDAY, days_max=2) == 0


async def test_two_processes_agree_on_the_key_of_a_new_day(
    vault: Vault, settings: Settings, keys_database: Database
) -> None:
    other_process = await open_vault(settings, keys_database)
    first = await vault.seal_for_day(MONDAY, BODY, b"one")
    second = await other_process.seal_for_day(MONDAY, BODY, b"two")
    assert await other_process.open_for_day(BODY, first) == b"one"
    assert await vault.open_for_day(BODY, second) == b"two"


@pytest.mark.parametrize("sealed", [b"", b"\x7f\xff\xff\xff" + b"x" * 40, b"\x00\x00\x01"])
async def test_a_body_of_an_impossible_day_is_refused(vault: Vault, sealed: bytes) -> None:
    with pytest.raises(SealBrokenError):
        await vault.open_for_day(BODY, sealed)


async def test_look_ups_find_the_same_value_only(vault: Vault) -> None:
    index = vault.lookup_index("phone", ASHA.phone)
    assert index == vault.lookup_index("phone", ASHA.phone)
    assert len(index) == 16
    others = {
        vault.lookup_index("bsuid", ASHA.phone),
        vault.lookup_index("phone", ASHA.phone + "0"),
        vault.lookup_index("phon", "e" + ASHA.phone),
        vault.suppression_index("phone", ASHA.phone),
    }
    assert len(others | {index}) == 5


async def test_a_signature_holds_for_its_purpose_and_data_only(vault: Vault) -> None:
    signature = vault.sign("link", b"data")
    assert vault.verify("link", b"data", signature)
    assert not vault.verify("plan", b"data", signature)
    assert not vault.verify("link", b"date", signature)
    assert not vault.verify("link", b"data", signature[:-1])


async def test_a_clock_that_jumped_destroys_the_oldest_days_only_and_a_kill_none_twice_f102(
    vault: Vault, clock: ManualClock
) -> None:
    days = [(clock.now() - timedelta(days=back)).date() for back in range(9)]
    sealed = {day: await vault.seal_for_day(day, "body", b"x") for day in days}
    # As it should be: one day is over its time.
    assert await destroy_old_day_keys(vault, clock.now()) == 1
    # Two at once find nothing more.
    assert await asyncio.gather(*(destroy_old_day_keys(vault, clock.now()) for _ in range(3))) == [0, 0, 0]
    # A year ahead everything is old, and two days are what it costs.
    assert await destroy_old_day_keys(vault, clock.now() + timedelta(days=365)) == 2
    kept = [day for day in days if await vault.open_for_day("body", sealed[day]) is not None]
    assert kept == days[:6]
