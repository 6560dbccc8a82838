"""The vault's rows in the keys database."""

from collections.abc import Mapping, Sequence
from datetime import date

from rulecast.database import Connection, execute, fetch_all, fetch_one, load_queries

QUERIES = load_queries(__package__)


async def add_contact_keys(connection: Connection, wrapped: Mapping[int, bytes], *, key_version: int) -> None:
    """Store keys for contacts that have none and were not erased."""
    await execute(
        connection,
        QUERIES["insert_contact_keys"],
        {"contact_ids": list(wrapped), "wrapped_keys": list(wrapped.values()), "key_version": key_version},
    )


async def contact_keys(connection: Connection, contact_ids: Sequence[int]) -> dict[int, bytes]:
    """Return the wrapped keys of those contacts that have one."""
    rows = await fetch_all(connection, QUERIES["find_contact_keys"], {"contact_ids": list(contact_ids)})
    return dict(rows)


async def erase_contact_key(connection: Connection, contact_id: int) -> bool:
    """Forbid new keys for a contact and delete the one it has; tell whether it had one."""
    await execute(connection, QUERIES["lock_keys_for_erasure"])
    await execute(connection, QUERIES["insert_erased_contact"], {"contact_id": contact_id})
    return await execute(connection, QUERIES["delete_contact_key"], {"contact_id": contact_id}) == 1


async def add_day_key(connection: Connection, day: date, wrapped_key: bytes) -> None:
    """Store the key of a day unless the day has or had one."""
    await execute(connection, QUERIES["insert_day_key"], {"day": day, "wrapped_key": wrapped_key})


async def day_keys(connection: Connection, days: Sequence[date]) -> dict[date, bytes | None]:
    """Return the wrapped keys of known days, None for destroyed ones."""
    return dict(await fetch_all(connection, QUERIES["find_day_keys"], {"days": list(days)}))


async def erase_day_keys_before(connection: Connection, day: date) -> int:
    """Destroy the keys of earlier days and return how many there were."""
    return await execute(connection, QUERIES["destroy_day_keys_before"], {"day": day})


async def fingerprint(connection: Connection) -> tuple[bytes, str] | None:
    """Return the fingerprint and workspace name the keys belong to, None before the first start."""
    row = await fetch_one(connection, QUERIES["find_fingerprint"])
    return None if row is None else (bytes(row[0]), str(row[1]))


async def remember_fingerprint(connection: Connection, value: bytes, workspace: str) -> None:
    """Store the fingerprint of the first start; a later call changes nothing."""
    await execute(connection, QUERIES["insert_fingerprint"], {"fingerprint": value, "workspace": workspace})
