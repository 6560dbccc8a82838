"""The two rates the platform enforces at once: throughput of a number and of a pair."""

from collections import deque

PAIR_SECONDS_PER_MESSAGE = 6.0
"""One message per 6 s to the same user, sustained (Cloud API docs: pair rate limit)."""
PAIR_BURST_MESSAGES = 45
"""Messages that may be borrowed from future quota in a burst (Cloud API docs: pair rate limit)."""
PAIR_SWEEP_SIZE = 50_000
"""Pairs remembered before those with their whole quota back are forgotten; bounds memory."""


class ThroughputWindow:
    """Counts messages of one number in a sliding second (Cloud API docs: throughput)."""

    __slots__ = ("_limit", "_times")

    def __init__(self, limit_per_second: int) -> None:
        """Allow `limit_per_second` messages in any second."""
        self._limit = limit_per_second
        self._times: deque[float] = deque()

    def admits(self, now: float) -> bool:
        """Return whether one more message fits into the second that ends at `now`."""
        times = self._times
        edge = now - 1.0
        while times and times[0] <= edge:
            times.popleft()
        return len(times) < self._limit

    def count(self, now: float) -> None:
        """Count one message, in or out, at `now`."""
        self._times.append(now)


class PairRate:
    """Meters messages from one number to one user (Cloud API docs: pair rate limit)."""

    __slots__ = ("_paid_until", "_sweep_at")

    def __init__(self) -> None:
        """Start with every pair at its full quota."""
        self._paid_until: dict[tuple[str, str], float] = {}
        self._sweep_at = PAIR_SWEEP_SIZE

    def admits(self, pair: tuple[str, str], now: float) -> bool:
        """Return whether the pair may have one more message at `now`."""
        paid_until = max(self._paid_until.get(pair, now), now)
        return paid_until - now <= (PAIR_BURST_MESSAGES - 1) * PAIR_SECONDS_PER_MESSAGE

    def count(self, pair: tuple[str, str], now: float) -> None:
        """Take six seconds of the pair's quota at `now`."""
        self._paid_until[pair] = max(self._paid_until.get(pair, now), now) + PAIR_SECONDS_PER_MESSAGE
        if len(self._paid_until) >= self._sweep_at:
            self._paid_until = {key: until for key, until in self._paid_until.items() if until > now}
            self._sweep_at = max(PAIR_SWEEP_SIZE, 2 * len(self._paid_until))
