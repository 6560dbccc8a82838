"""How fast one number may send: a token bucket that slows on 130429, and room between messages of a pair.

The rate follows throughput x factor; the factor is halved when Meta says "too fast" and grows slowly again
(additive increase, multiplicative decrease). A sender begins with an empty bucket, so that a restart is no way to
a second helping (P8).
"""

from collections import OrderedDict
from datetime import datetime, timedelta

from rulecast.account.pacing import PAIR_BURST, Bucket, pair_bucket

# Share of the throughput that is used as a steady rate and as a burst; together they fill any sliding second
# exactly, never more.
STEADY_SHARE = 0.9
BURST_SHARE = 0.1
FACTOR_MIN = 0.02
# After a cut the rate comes back by this share of the throughput a second.
RECOVERY_PER_SECOND = 0.05
# Answers to one burst arrive together; one cut a second is one signal.
CUT_PAUSE_SECONDS = 1.0
# Pairs remembered at most: older ones are past their six seconds at any throughput.
PAIRS_MAX = 10_000


class NumberPacer:
    """Tokens of one business number, in seconds of the handed instants."""

    def __init__(self, *, throughput_per_second: int, now: datetime) -> None:
        """Begin with an empty bucket."""
        self.throughput_per_second = throughput_per_second
        self.factor = 1.0
        self._tokens = 0.0
        self._filled_at = now
        self._cut_at: datetime | None = None

    @property
    def rate_per_second(self) -> float:
        """Return the steady rate now in force."""
        return self.throughput_per_second * STEADY_SHARE * self.factor

    @property
    def burst(self) -> float:
        """Return the most tokens the bucket can hold; at least one message must fit."""
        return max(1.0, self.throughput_per_second * BURST_SHARE * self.factor)

    def take(self, wanted: int, now: datetime) -> int:
        """Take at most so many tokens and return how many there were."""
        self._fill(now)
        taken = min(wanted, int(self._tokens))
        self._tokens -= taken
        return taken

    def give_back(self, count: int) -> None:
        """Return tokens of requests that were never started."""
        self._tokens = min(self.burst, self._tokens + count)

    def seconds_until_token(self, now: datetime, *, wanted: int = 1) -> float:
        """Return how long until so many tokens are there, or as many as the bucket holds."""
        self._fill(now)
        missing = min(float(wanted), self.burst) - self._tokens
        resting = max(0.0, (self._filled_at - now).total_seconds())
        return max(0.0, missing / self.rate_per_second) + resting

    def slow_down(self, now: datetime) -> None:
        """Halve the rate, at most once a second."""
        if self._cut_at is not None and (now - self._cut_at).total_seconds() < CUT_PAUSE_SECONDS:
            return
        self._fill(now)
        self._cut_at = now
        self.factor = max(FACTOR_MIN, self.factor / 2)
        self._tokens = 0.0

    def rest(self, seconds: float, now: datetime) -> None:
        """Give no token for so many seconds; a longer rest that was ordered earlier stays."""
        self._fill(now)
        self._tokens = 0.0
        self._filled_at = max(self._filled_at, now + timedelta(seconds=seconds))

    def _fill(self, now: datetime) -> None:
        seconds = max(0.0, (now - self._filled_at).total_seconds())
        self._filled_at = max(now, self._filled_at)
        self._tokens = min(self.burst, self._tokens + seconds * self.rate_per_second)
        self.factor = min(1.0, self.factor + seconds * RECOVERY_PER_SECOND)


class PairSpacing:
    """Remembers what one number has sent to each person: answers may borrow ahead, campaigns wait until all is repaid.

    Source: Cloud API, pair rate limits: a message in six seconds, 45 of them may be borrowed.
    """

    def __init__(self) -> None:
        """Begin with no memory; the database's permits hold the longer limits."""
        self._buckets: OrderedDict[int, Bucket] = OrderedDict()

    def seconds_to_wait(self, contact_id: int, now: datetime, *, is_answer: bool = False) -> float:
        """Return how long this pair still has to rest; 0 when it may go."""
        bucket = self._buckets.get(contact_id)
        return (
            0.0 if bucket is None else bucket.seconds_until(1 if is_answer else PAIR_BURST, now.timestamp())
        )

    def note(self, contact_id: int, now: datetime) -> None:
        """Remember a message to this person."""
        bucket = self._buckets.get(contact_id) or pair_bucket(now.timestamp())
        self._buckets[contact_id], _ = bucket.take(1, now.timestamp())
        self._buckets.move_to_end(contact_id)
        if len(self._buckets) > PAIRS_MAX:
            self._buckets.popitem(last=False)
