"""The last look before a request starts: in no window of a number's time more starts than its limit.

Tokens are taken before a group is committed, and one commit takes longer than another: what was spaced when it was
taken may be ready at once. Connecting takes longer still. Whoever starts waits here until there is room, on a
connection that stands, and writes its first byte at once.
"""

import asyncio
from collections import deque
from collections.abc import Callable

from rulecast.account.pacing import START_WINDOW_SECONDS
from rulecast.account.records import THROUGHPUT_MAX
from rulecast.values.clock import Clock


def nothing() -> str | None:
    """Name no reason."""
    return None


class StartLine:
    """The starts of one number in order, and whoever waits for the next one."""

    def __init__(self, clock: Clock, *, recent: int = 0) -> None:
        """Begin with so many starts of an earlier sender that may all have been a moment ago."""
        self._clock = clock
        self._starts: deque[float] = deque([clock.now().timestamp()] * min(recent, THROUGHPUT_MAX))
        self._turn = asyncio.Lock()

    async def wait(
        self, limit_per_second: int, reason_not_to_start: Callable[[], str | None] = nothing
    ) -> str | None:
        """Return when one more request may start, and count it as started now, or return why it must not start.

        Any start and the one `limit_per_second` places before it are a whole window apart, by the instants at which
        they really began: who wakes up late does not make the next one early. The reason is asked last of all, and
        whoever must not start takes no place.
        """
        async with self._turn:
            while (reason := reason_not_to_start()) is None:
                seconds = self.seconds_to_wait(limit_per_second)
                if seconds <= 0:
                    self._starts.append(self._clock.now().timestamp())
                    break
                await self._clock.sleep(seconds)
        return reason

    def seconds_to_wait(self, limit_per_second: int) -> float:
        """Return how long until one more request may start."""
        now_seconds, starts = self._clock.now().timestamp(), self._starts
        while starts and starts[0] <= now_seconds - START_WINDOW_SECONDS:
            starts.popleft()
        if len(starts) < limit_per_second:
            return 0.0
        return starts[-limit_per_second] + START_WINDOW_SECONDS - now_seconds
