"""How a sender leaves: nothing new, answers for what is out or a doubt, and everything it holds goes back (F13)."""

import asyncio
from collections.abc import Sequence

from rulecast.deliver.courier import Courier

# What the answers say is committed within this, or the next sender settles it; with the answers it stays below the
# fifteen seconds a process is given to leave.
COMMIT_SECONDS_MAX = 2.0


async def drain(courier: Courier, working: Sequence[asyncio.Task[None]], *, answer_seconds: float) -> bool:
    """Wait until the work of a draining sender is done, and return whether it was done in time.

    A request that has no answer by then becomes a doubt, and what cannot be committed is left to the next sender.
    """
    answering = asyncio.create_task(courier.end_within(answer_seconds))
    try:
        # A claim that is under way ends first: what it takes is given back with the rest.
        _, late = await asyncio.wait(working, timeout=answer_seconds + COMMIT_SECONDS_MAX)
    finally:
        answering.cancel()
    return not late
