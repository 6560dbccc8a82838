"""The last look before a request starts: in no window of a number's time more starts than its limit.

Tokens are taken before a group is committed, and one commit takes longer than another: what was spaced when it was
taken may be ready at once. Whoever starts asks here when.
"""

from collections import deque

from rulecast.account.pacing import START_WINDOW_SECONDS
from rulecast.account.records import THROUGHPUT_MAX


class StartLine:
    """The starts of one number, past and promised, in seconds of one clock and in order."""

    def __init__(self, *, recent: int = 0, now_seconds: float = 0.0) -> None:
        """Begin with so many starts of an earlier sender that may all have been a moment ago."""
        self._starts: deque[float] = deque([now_seconds] * min(recent, THROUGHPUT_MAX))

    def book(self, limit: int, now_seconds: float) -> float:
        """Return the instant at which one more request may start, and keep it as taken.

        Any start and the one `limit` places before it are a whole window apart.
        """
        starts = self._starts
        at_seconds = now_seconds
        if starts:
            # A clock that goes back starts nothing early.
            at_seconds = max(at_seconds, starts[-1])
            if len(starts) >= limit:
                at_seconds = max(at_seconds, starts[-limit] + START_WINDOW_SECONDS)
        starts.append(at_seconds)
        while len(starts) > limit and starts[0] <= now_seconds - START_WINDOW_SECONDS:
            starts.popleft()
        return at_seconds
