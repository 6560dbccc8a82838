"""The last look before a request starts: in no window of a number's time more starts than its limit.

Tokens are taken before a group is committed, and one commit takes longer than another: what was spaced when it was
taken may be ready at once. Whoever starts waits here until there is room.
"""

import asyncio
from collections import deque

from rulecast.account.pacing import START_WINDOW_SECONDS
from rulecast.account.records import THROUGHPUT_MAX
from rulecast.values.clock import Clock


class StartLine:
    """The starts of one number in order, and whoever waits for the next one."""

    def __init__(self, clock: Clock, *, recent: int = 0) -> None:
        """Begin with so many starts of an earlier sender that may all have been a moment ago."""
        self._clock = clock
        self._starts: deque[float] = deque([clock.now().timestamp()] * min(recent, THROUGHPUT_MAX))
        self._turn = asyncio.Lock()

    async def wait(self, limit_per_second: int) -> None:
        """Return when one more request may start, and count it as started now.

        Any start and the one `limit_per_second` places before it are a whole window apart, by the instants at which
        they really began: who wakes up late does not make the next one early.
        """
        async with self._turn:
            while (seconds := self.seconds_to_wait(limit_per_second)) > 0:
                await self._clock.sleep(seconds)
            self._starts.append(self._clock.now().timestamp())

    def seconds_to_wait(self, limit_per_second: int) -> float:
        """Return how long until one more request may start."""
        now_seconds, starts = self._clock.now().timestamp(), self._starts
        while starts and starts[0] <= now_seconds - START_WINDOW_SECONDS:
            starts.popleft()
        if len(starts) < limit_per_second:
            return 0.0
        return starts[-limit_per_second] + START_WINDOW_SECONDS - now_seconds
