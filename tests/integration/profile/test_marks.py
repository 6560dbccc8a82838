"""Marks are set under the gate's locks, once, and stand in the change log."""

from datetime import UTC, datetime

import pytest
from tests.people import ASHA

from rulecast.database import Database, execute, fetch_all, fetch_value
from rulecast.database.errors import LockNotAvailable
from rulecast.profile import NewContact, create_contacts
from rulecast.profile.identity import Identity
from rulecast.profile.marks import Marks, set_marks
from rulecast.vault import Vault

NOW = datetime(2026, 11, 17, 18, 55, tzinfo=UTC)


async def test_an_objection_is_stored_once_with_its_change(database: Database, vault: Vault) -> None:
    async with database.transaction() as connection:
        people = await create_contacts(
            connection,
            vault,
            [
                NewContact(
                    identities=(Identity(kind="phone", value=ASHA.phone),), source="import", first_seen_at=NOW
                )
            ],
            NOW,
        )
        assert await set_marks(connection, people, Marks(objects_to_profiling=True), NOW) == 1
        assert await set_marks(connection, people, Marks(objects_to_profiling=True), NOW) == 0
        payloads = await fetch_all(connection, "SELECT payload FROM profile.change WHERE kind = 'flags'", {})
        assert payloads == [({"objects_to_profiling": True},)]
        assert await fetch_value(connection, "SELECT objects_to_profiling FROM profile.contact", {}) is True


async def test_a_mark_waits_for_whoever_holds_the_guard(database: Database, vault: Vault) -> None:
    async with database.transaction() as connection:
        people = await create_contacts(
            connection,
            vault,
            [
                NewContact(
                    identities=(Identity(kind="phone", value=ASHA.phone),), source="import", first_seen_at=NOW
                )
            ],
            NOW,
        )
    async with database.transaction() as holder:
        await fetch_all(holder, "SELECT 1 FROM profile.sending_guard FOR NO KEY UPDATE", {})
        with pytest.raises(LockNotAvailable):
            async with database.transaction() as marker:
                await execute(marker, "SET LOCAL lock_timeout = '100ms'", {})
                await set_marks(marker, people, Marks(is_restricted=True), NOW)
