"""How a sender leaves: nothing new, answers for what is out or a doubt, and everything it holds goes back (F13)."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from rulecast.deliver.courier import Courier
from rulecast.deliver.cut_short import end_within
from rulecast.deliver.store import OperationalError

# What the answers say is committed within this, or the next sender settles it; with the answers, with what is given
# back and with the last words of the process it stays below the fifteen seconds a process is given to leave.
COMMIT_SECONDS_MAX = 1.5
# Where the answers took all their time, what is claimed and the lease are given back within this.
GIVING_BACK_SECONDS_MIN = 1.0


def giving_back_seconds(answer_seconds: float, *, spent_seconds: float) -> float:
    """Return how long a sender may take to give everything back: what answers and commits have left of their time."""
    return max(0.0, answer_seconds + COMMIT_SECONDS_MAX - spent_seconds) + GIVING_BACK_SECONDS_MIN


async def drain(
    courier: Courier,
    working: Sequence[asyncio.Task[None]],
    hand_back: Callable[[], Coroutine[Any, Any, None]],
    *,
    answer_seconds: float,
) -> bool:
    """Wait until the work of a draining sender is done, have everything given back, and return whether it was.

    A request that has no answer by then becomes a doubt, and what cannot be committed is left to the next sender.
    """
    loop = asyncio.get_running_loop()
    told_at = loop.time()
    answering = asyncio.create_task(courier.end_within(answer_seconds))
    try:
        # A claim that is under way ends first: what it takes is given back with the rest.
        _, late = await asyncio.wait(working, timeout=answer_seconds + COMMIT_SECONDS_MAX)
    finally:
        answering.cancel()
    if late:
        return False
    left_seconds = giving_back_seconds(answer_seconds, spent_seconds=loop.time() - told_at)
    try:
        return await end_within(hand_back(), left_seconds)
    except OperationalError:
        return False
