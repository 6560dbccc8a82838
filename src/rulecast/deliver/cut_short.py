"""End work for good within a given time, also beside a database that has fallen silent (F13).

A driver that is cancelled asks its server to end the statement and waits for the server's word. A silent server gives
none: only a second cancellation makes the driver drop the connection.
"""

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any

AGAIN_SECONDS = 0.1
AGAIN_MAX = 50
"""Whatever still runs after so many cancellations, five seconds, is left to the end of the process."""


async def cut_short(tasks: Iterable[asyncio.Task[Any]], *, grace_seconds: float = AGAIN_SECONDS) -> None:
    """Cancel tasks and wait until they have ended; one that goes on after the grace is cancelled again and again."""
    left = {one for one in tasks if not one.done()}
    pause_seconds = grace_seconds
    for _ in range(AGAIN_MAX):
        if not left:
            return
        for one in left:
            one.cancel()
        _, left = await asyncio.wait(left, timeout=pause_seconds)
        pause_seconds = AGAIN_SECONDS


async def end_within(work: Coroutine[Any, Any, None], seconds: float) -> bool:
    """Return whether the work was done in time; what was not is cut short. Raises what it raises."""
    doing = asyncio.create_task(work)
    try:
        await asyncio.wait({doing}, timeout=seconds)
    finally:
        await cut_short({doing})
    if not doing.done() or doing.cancelled():
        return False
    doing.result()
    return True
