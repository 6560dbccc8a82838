"""How fast one number may send: a token bucket that slows on 130429, and room between messages of a pair.

The steady rate is what the plan's calendar counts with (`account.pacing`), times a factor; the factor is halved when
Meta says "too fast" and grows slowly again (additive increase, multiplicative decrease). A sender begins with an empty
bucket, and with the factor, the rest and the pairs of the sender before it, so that a restart is no way to a second
helping (P8).
"""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from rulecast.account.pacing import PAIR_BURST, Bucket, pair_bucket, sending_limit, steady_per_second
from rulecast.deliver.regain import REGAIN_MINUTES_MAX

# What may be saved up while a commit takes long; the start line spreads it again.
BURST_SHARE = 0.25
FACTOR_MIN = 0.02
# After a cut the rate comes back by this share of the throughput a second.
RECOVERY_PER_SECOND = 0.05
# Answers to one burst arrive together; one cut a second is one signal.
CUT_PAUSE_SECONDS = 1.0
# A token for which somebody waited as long as told is there, whatever the last digit says.
ROUNDING = 1e-6
# No answer orders a longer rest; what is beyond it was noted by a clock that was put back.
REST_MAX = timedelta(minutes=REGAIN_MINUTES_MAX)
# Pairs remembered at most: older ones are past their six seconds at any throughput.
PAIRS_MAX = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class PaceMemory:
    """What a sender takes over from the one before it.

    `recent_starts` is how many requests may have started a moment ago, `pairs` when people were lately written to.
    """

    factor: float = 1.0
    factor_at: datetime | None = None
    rests_until: datetime | None = None
    recent_starts: int = 0
    pairs: Mapping[int, Sequence[datetime]] = field(default_factory=dict)

    def held_by(self, now: datetime) -> "PaceMemory":
        """Return what of it a clock that says `now` can mean: where it was put back, only a rest is yet to come.

        A rest that was noted in time to come ends as much earlier: it is no longer than it was when it was noted.
        """
        rests_until, factor_at = self.rests_until, self.factor_at
        if rests_until is not None and factor_at is not None:
            rests_until -= max(timedelta(), factor_at - now)
        return replace(
            self,
            factor_at=None if factor_at is None else min(factor_at, now),
            rests_until=None if rests_until is None else min(rests_until, now + REST_MAX),
            pairs={person: [min(at, now) for at in instants] for person, instants in self.pairs.items()},
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """What has to outlive a sender: its factor at an instant, and until when it rests."""

    factor: float
    factor_at: datetime
    rests_until: datetime | None


class NumberPacer:
    """Tokens of one business number, in seconds of the handed instants."""

    def __init__(
        self, *, throughput_per_second: int, now: datetime, memory: PaceMemory | None = None
    ) -> None:
        """Begin with an empty bucket, as slow as the sender before."""
        memory = memory or PaceMemory()
        self.throughput_per_second = throughput_per_second
        self.inbound_per_second = 0
        self.factor = memory.factor
        self._tokens = 0.0
        self._filled_at = min(memory.factor_at or now, now)
        self._cut_at: datetime | None = None
        self._rests_until = memory.rests_until
        self._unsaved = False
        self._fill(now)
        self._tokens = 0.0
        if memory.rests_until is not None:
            self._filled_at = max(self._filled_at, memory.rests_until)

    @property
    def limit_per_second(self) -> int:
        """Return how many may start in a second beside what comes in."""
        return sending_limit(self.throughput_per_second, inbound_per_second=self.inbound_per_second)

    @property
    def rate_per_second(self) -> float:
        """Return the steady rate now in force."""
        return self.factor * steady_per_second(
            self.throughput_per_second, inbound_per_second=self.inbound_per_second
        )

    @property
    def burst(self) -> float:
        """Return the most tokens the bucket can hold; at least one message must fit."""
        return max(1.0, self.limit_per_second * BURST_SHARE * self.factor)

    def reserve(self, percent: int) -> int:
        """Return how many of the tokens marketing leaves to others; one token is nobody's reserve."""
        return min(int(self.burst * percent / 100), int(self.burst) - 1)

    def take_unsaved(self, now: datetime) -> Pace | None:
        """Return what changed since the last time and has to be kept, or None."""
        if not self._unsaved:
            return None
        self._unsaved = False
        self._fill(now)
        return Pace(factor=self.factor, factor_at=now, rests_until=self._rests_until)

    def put_back_unsaved(self) -> None:
        """Remember that what was taken to be kept was not."""
        self._unsaved = True

    def take(self, wanted: int, now: datetime, *, leave: int = 0) -> int:
        """Take at most so many tokens, all but those to leave, and return how many there were."""
        self._fill(now)
        taken = max(0, min(wanted, int(self._tokens + ROUNDING) - leave))
        self._tokens = max(0.0, self._tokens - taken)
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
        self._unsaved = True

    def rest(self, seconds: float, now: datetime) -> None:
        """Give no token for so many seconds; a longer rest that was ordered earlier stays."""
        self._fill(now)
        self._tokens = 0.0
        self._filled_at = max(self._filled_at, now + timedelta(seconds=seconds))
        self._rests_until = self._filled_at
        self._unsaved = True

    def _fill(self, now: datetime) -> None:
        seconds = max(0.0, (now - self._filled_at).total_seconds())
        self._filled_at = max(now, self._filled_at)
        self._tokens = min(self.burst, self._tokens + seconds * self.rate_per_second)
        self.factor = min(1.0, self.factor + seconds * RECOVERY_PER_SECOND)


class PairSpacing:
    """Remembers what one number has sent to each person: answers may borrow ahead, campaigns wait until all is repaid.

    Source: Cloud API, pair rate limits: a message in six seconds, 45 of them may be borrowed.
    """

    def __init__(self, earlier: Mapping[int, Sequence[datetime]] | None = None) -> None:
        """Begin with what is known of earlier messages, in order; the database's permits hold the longer limits."""
        self._buckets: OrderedDict[int, Bucket] = OrderedDict()
        for contact_id, instants in (earlier or {}).items():
            for at in instants:
                self.note(contact_id, at)

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
