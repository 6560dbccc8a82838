"""The vault's rows in the keys database; each call is one short transaction of its own."""

from collections.abc import Mapping, Sequence
from datetime import date

from rulecast.database import Database, execute, fetch_all, fetch_one, load_queries

QUERIES = load_queries(__package__)

KeysDatabase = Database
"""The database of the wrapped keys, as wiring hands it in."""


class KeyStore:
    """Wrapped keys, and the fingerprint of the root key they were wrapped under.

    A verb elsewhere never opens a transaction; here it must: the keys live in a database of their own,
    which the door's transaction cannot include.
    """

    def __init__(self, database: KeysDatabase) -> None:
        """Keep the keys database."""
        self._database = database

    async def add_contact_keys(self, wrapped: Mapping[int, bytes], *, key_version: int) -> list[int]:
        """Store keys for contacts that have none and were not erased; return those contacts."""
        async with self._database.transaction() as connection:
            rows = await fetch_all(
                connection,
                QUERIES["insert_contact_keys"],
                {
                    "contact_ids": list(wrapped),
                    "wrapped_keys": list(wrapped.values()),
                    "key_version": key_version,
                },
            )
        return [int(row[0]) for row in rows]

    async def contact_keys(self, contact_ids: Sequence[int]) -> dict[int, bytes]:
        """Return the wrapped keys of those contacts that have one."""
        async with self._database.connection() as connection:
            rows = await fetch_all(
                connection, QUERIES["find_contact_keys"], {"contact_ids": list(contact_ids)}
            )
        return dict(rows)

    async def erase_contact_key(self, contact_id: int) -> bool:
        """Forbid new keys for a contact and delete the one it has; tell whether it had one."""
        async with self._database.transaction() as connection:
            await execute(connection, QUERIES["lock_keys_for_erasure"])
            await execute(connection, QUERIES["insert_erased_contact"], {"contact_id": contact_id})
            return await execute(connection, QUERIES["delete_contact_key"], {"contact_id": contact_id}) == 1

    async def add_day_key(self, day: date, wrapped_key: bytes) -> None:
        """Store the key of a day unless the day has or had one."""
        async with self._database.transaction() as connection:
            await execute(connection, QUERIES["insert_day_key"], {"day": day, "wrapped_key": wrapped_key})

    async def day_key(self, day: date) -> bytes | None:
        """Return the wrapped key of a day, None for an unknown or destroyed one."""
        async with self._database.connection() as connection:
            row = await fetch_one(connection, QUERIES["find_day_key"], {"day": day})
        return None if row is None or row[0] is None else bytes(row[0])

    async def erase_day_keys_before(self, day: date, *, days_max: int) -> int:
        """Destroy the oldest keys of earlier days and return how many."""
        async with self._database.transaction() as connection:
            return await execute(
                connection, QUERIES["destroy_day_keys_before"], {"day": day, "days_max": days_max}
            )

    async def fingerprint(self) -> tuple[bytes, str] | None:
        """Return the fingerprint and workspace name the keys belong to, None before the first start."""
        async with self._database.connection() as connection:
            row = await fetch_one(connection, QUERIES["find_fingerprint"])
        return None if row is None else (bytes(row[0]), str(row[1]))

    async def remember_fingerprint(self, value: bytes, workspace: str) -> None:
        """Store the fingerprint of the first start; a later call changes nothing."""
        async with self._database.transaction() as connection:
            await execute(
                connection, QUERIES["insert_fingerprint"], {"fingerprint": value, "workspace": workspace}
            )
