"""Pure arithmetic of pacing: token buckets on plain numbers, for the sender and for the plan's calendar.

Sources of the limits: Cloud API, throughput (80 or 1,000 messages a second and number, sent and received together),
pair rate (a message in six seconds to one person, 45 may be borrowed), messaging limits (people in a rolling day and
portfolio).
"""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from rulecast.values.quickly_made import quickly_made

PAIR_SECONDS_PER_MESSAGE = 6.0
PAIR_BURST = 45
PORTFOLIO_WINDOW = timedelta(hours=24, minutes=1)
"""A rolling day, and a minute for what passes between our permit and Meta's count of the message."""
START_WINDOW_SECONDS = 1.05
"""A second, and as long as a request may be on its way: what left in so long never arrives within one second."""
THROUGHPUT_FLOOR_SHARE = 0.1
"""However much comes in, so much of a number's throughput is left for what goes out."""


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """A token bucket: at most `capacity` tokens, `per_second` new ones; `tokens` were there at `at_seconds`.

    A bucket made at a start is empty, so that a restart never refills what was already spent.
    """

    capacity: float
    per_second: float
    tokens: float = 0.0
    at_seconds: float = 0.0

    def refilled(self, now_seconds: float) -> "Bucket":
        """Return the bucket as it is at an instant; a clock that went back adds nothing."""
        return self._with(self._tokens_at(now_seconds), max(now_seconds, self.at_seconds))

    def take(self, wanted: int, now_seconds: float) -> "tuple[Bucket, int]":
        """Return the bucket after taking the wanted whole tokens, as many as it holds, and how many those are."""
        tokens = self._tokens_at(now_seconds)
        taken = min(wanted, math.floor(tokens))
        return self._with(tokens - taken, max(now_seconds, self.at_seconds)), taken

    def seconds_until(self, wanted: int, now_seconds: float) -> float:
        """Return how long to wait for so many tokens; infinite where the bucket never holds as many."""
        if wanted > self.capacity or self.per_second <= 0:
            return math.inf
        return max(0.0, (wanted - self._tokens_at(now_seconds)) / self.per_second)

    def _tokens_at(self, now_seconds: float) -> float:
        passed = max(0.0, now_seconds - self.at_seconds)
        return min(self.capacity, self.tokens + passed * self.per_second)

    def _with(self, tokens: float, at_seconds: float) -> "Bucket":
        return Bucket(
            capacity=self.capacity, per_second=self.per_second, tokens=tokens, at_seconds=at_seconds
        )


def throughput_bucket(per_second: int, *, window_seconds: float = 0.02) -> Bucket:
    """Return the bucket of a number: no sliding second exceeds `per_second`.

    A bucket lets through its capacity and one second's refill in one second; both together must not exceed
    the limit, so the refill is what the capacity leaves.
    """
    capacity = max(1.0, per_second * window_seconds)
    return Bucket(capacity=capacity, per_second=max(1.0, per_second - capacity) if per_second > 1 else 1.0)


def pair_bucket(now_seconds: float) -> Bucket:
    """Return the bucket of one number and one person, full at the first message."""
    return Bucket(
        capacity=PAIR_BURST,
        per_second=1 / PAIR_SECONDS_PER_MESSAGE,
        tokens=PAIR_BURST,
        at_seconds=now_seconds,
    )


def sending_limit(per_second: int, *, inbound_per_second: int = 0) -> int:
    """Return how many messages a number may send in a second beside what it receives; at least one.

    Source: Cloud API, throughput: inbound and outbound messages count together.
    """
    floor = math.ceil(per_second * THROUGHPUT_FLOOR_SHARE)
    return max(1, floor, per_second - inbound_per_second)


def steady_per_second(per_second: int, *, inbound_per_second: int = 0) -> float:
    """Return the rate a number keeps up for hours: its limit, a little apart."""
    return sending_limit(per_second, inbound_per_second=inbound_per_second) / START_WINDOW_SECONDS


def sending_seconds(messages: int, per_second: int) -> float:
    """Return how long so many messages take at a throughput."""
    return messages / steady_per_second(per_second)


def batch_start(number: int, *, start: datetime, every: timedelta) -> datetime:
    """Return when the batch of that number (from 0) may start."""
    return start + number * every
