"""Advisory locks by name, so that two processes never do the same whole run at once."""

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rulecast.database.pool import Connection


def key_of(name: str) -> int:
    """Return the 64-bit signed number PostgreSQL locks for a name."""
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "big", signed=True)


async def lock_in_transaction(connection: "Connection", name: str) -> None:
    """Wait for the named lock and hold it until the transaction ends."""
    await connection.execute("SELECT pg_advisory_xact_lock(%s)", (key_of(name),))


async def try_lock_in_transaction(connection: "Connection", name: str) -> bool:
    """Take the named lock until the transaction ends, if it is free; tell whether it was."""
    cursor = await connection.execute("SELECT pg_try_advisory_xact_lock(%s)", (key_of(name),))
    row = await cursor.fetchone()
    return row is not None and bool(row[0])
