"""Repeating work that the database gave up for a reason that may not recur."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from psycopg.errors import DeadlockDetected, SerializationFailure

Result = TypeVar("Result")

# A deadlock victim usually succeeds at once; five in a row mean a lock order is broken somewhere.
ATTEMPTS_LIMIT = 5
FIRST_PAUSE_SECONDS = 0.01


async def retry_conflicts(work: Callable[[], Awaitable[Result]], *, attempts: int = ATTEMPTS_LIMIT) -> Result:
    """Run `work`, a whole transaction, again when it lost a deadlock or a serialisation conflict.

    Raises:
        DeadlockDetected: it lost `attempts` times.
        SerializationFailure: it lost `attempts` times.
    """
    for attempt in range(1, attempts):
        try:
            return await work()
        except (DeadlockDetected, SerializationFailure):
            await asyncio.sleep(FIRST_PAUSE_SECONDS * 2 ** (attempt - 1))
    return await work()
