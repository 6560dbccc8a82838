"""What the platform counts: throughput of a number and of a pair, marketing per user, users per portfolio."""

from collections import OrderedDict, deque

from cloud_api_simulator.behaviour import DAY_SECONDS

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


TIERS: dict[str, float] = {
    "TIER_250": 250,
    "TIER_2K": 2_000,
    "TIER_10K": 10_000,
    "TIER_100K": 100_000,
    "TIER_UNLIMITED": float("inf"),
}
"""Unique users in a moving 24 h by tier, in the order of growth (Cloud API docs: messaging limits)."""
EVALUATION_SECONDS = 6 * 3600.0
"""A portfolio's tier is looked at again this often (Cloud API docs: messaging limits)."""
GROWTH_SHARE = 0.5
"""Share of the limit that must have been used for the next tier (Cloud API docs: messaging limits)."""


class PortfolioLimit:
    """Distinct users reached outside service windows in a moving day (Cloud API docs: messaging limits)."""

    __slots__ = ("_evaluated_at", "_last", "_most", "tier", "tiers")

    def __init__(self, tier: str) -> None:
        """Start with nobody reached; raises ValueError for an unknown tier."""
        self.tiers = dict(TIERS)
        if tier not in self.tiers:
            message = f"messaging_limit_tier: expected one of {', '.join(self.tiers)}"
            raise ValueError(message)
        self.tier = tier
        self._last: OrderedDict[str, float] = OrderedDict()
        self._most = 0
        self._evaluated_at: float | None = None

    @property
    def limit(self) -> float:
        """Users of a moving day the tier allows."""
        return self.tiers[self.tier]

    def used(self, now: float) -> int:
        """Return how many distinct users were reached in the day that ends at `now`."""
        edge = now - DAY_SECONDS
        last = self._last
        while last and next(iter(last.values())) <= edge:
            last.popitem(last=False)
        return len(last)

    def admits(self, wa_id: str, now: float) -> bool:
        """Return whether one more message to this user is within the limit."""
        return self.used(now) < self.limit or wa_id in self._last

    def count(self, wa_id: str, now: float) -> None:
        """Count one user reached at `now`; an unlimited portfolio keeps no set."""
        if self.limit == float("inf"):
            return
        self._last[wa_id] = now
        self._last.move_to_end(wa_id)
        self._most = max(self._most, len(self._last))

    def grow(self, now: float) -> str | None:
        """Return the next tier when it is reached at one of the six-hourly looks, else None."""
        if self._evaluated_at is None:
            self._evaluated_at = now
        if now - self._evaluated_at < EVALUATION_SECONDS:
            return None
        self._evaluated_at = now
        used, self._most = self._most, len(self._last)
        names = list(self.tiers)
        place = names.index(self.tier)
        if used < GROWTH_SHARE * self.limit or place + 1 == len(names):
            return None
        self.tier = names[place + 1]
        return self.tier


class MarketingCount:
    """Marketing templates of each user in a moving window, and who was refused for it (platform reference 4.4)."""

    __slots__ = ("_refused_at", "_sweep_at", "_times")

    def __init__(self) -> None:
        """Start with nobody counted."""
        # One float for the many who got one message; a list only for the few who got more.
        self._times: dict[str, float | list[float]] = {}
        self._refused_at: dict[str, float] = {}
        self._sweep_at = PAIR_SWEEP_SIZE

    def of(self, wa_id: str, now: float, window_seconds: float) -> int:
        """Return how many marketing templates the user got in the window that ends at `now`."""
        times = self._times.get(wa_id)
        if times is None:
            return 0
        if isinstance(times, float):
            return int(times > now - window_seconds)
        return sum(at > now - window_seconds for at in times)

    def count(self, wa_id: str, now: float, window_seconds: float) -> None:
        """Count one template that goes out at `now`."""
        times = self._times.get(wa_id)
        if times is None:
            self._times[wa_id] = now
        else:
            before = [times] if isinstance(times, float) else times
            self._times[wa_id] = [*(at for at in before if at > now - window_seconds), now]
        if len(self._times) >= self._sweep_at:
            edge = now - window_seconds
            self._times = {key: kept for key, kept in self._times.items() if _last_of(kept) > edge}
            self._sweep_at = max(PAIR_SWEEP_SIZE, 2 * len(self._times))

    def refuse(self, wa_id: str, now: float) -> None:
        """Remember a failure with 131049: marketing within a day of it fails as well."""
        self._refused_at[wa_id] = now

    def is_punished(self, wa_id: str, now: float) -> bool:
        """Return whether the user was refused less than a day ago."""
        refused = self._refused_at.get(wa_id)
        return refused is not None and 0.0 < now - refused < DAY_SECONDS


def _last_of(times: float | list[float]) -> float:
    return times if isinstance(times, float) else times[-1]
