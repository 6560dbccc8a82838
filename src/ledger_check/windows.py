"""Counts what stands too close together: starts in a second, messages of a pair, people in a rolling day; pure.

When a request started nobody wrote down to the millisecond: it lies between its intent and its arrival, or its result.
Only what breaks a limit wherever in between it started is counted, so that a slow machine accuses nobody.

Sources of the limits: Cloud API, throughput (messages a second and number), pair rate (a message in six seconds to one
person, 45 may be borrowed), messaging limits (people in a rolling 24 hours and portfolio).
"""

from bisect import bisect_left, insort
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

SECOND = 1.0
DAY_SECONDS = 24 * 3600.0
PAIR_SECONDS_PER_MESSAGE = 6.0
PAIR_BURST = 45
HEARD_SECONDS = 2.0
"""Senders read a changed limit a moment after it was told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """A request that started somewhere between two instants, in seconds; `limit` holds for its number then."""

    earliest: float
    latest: float
    limit: int
    is_answer: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """What was declared, and what Meta told since an instant, in seconds; None is no limit."""

    declared: int | None
    told: int | None = None
    told_at: float = 0.0

    def at(self, at_seconds: float) -> int | None:
        """Return the limit in force; for a moment after a word of Meta's the one before it holds as well."""
        is_heard = self.told is not None and at_seconds > self.told_at + HEARD_SECONDS
        known = [one for one in (self.declared, self.told if is_heard else None) if one is not None]
        return min(known, default=None)


def starts_too_fast(starts: Iterable[Start]) -> int:
    """Return how many starts of one number begin a second that surely holds more of them than the limit."""
    broken, within = 0, list[float]()
    for one in sorted(starts, key=lambda start: start.earliest, reverse=True):
        end = one.earliest + SECOND
        # What ends later than this second ends later than every one that begins before it.
        del within[bisect_left(within, end) :]
        if one.latest < end:
            insort(within, one.latest)
            broken += len(within) > one.limit
    return broken


def pairs_too_close(starts: Iterable[Start]) -> int:
    """Return how many messages of one number to one person came before the pair had rested for them.

    A campaign waits until all that was borrowed is repaid; an answer may borrow 45 messages.
    """
    ordered = sorted(starts, key=lambda start: start.earliest)
    return sum(_is_too_close(one, ordered[:place]) for place, one in enumerate(ordered))


def _is_too_close(one: Start, earlier: Sequence[Start]) -> bool:
    """Return whether one came too early whatever the order of those that overlap: the last of them is a campaign."""
    borrowed = PAIR_BURST - 1 if one.is_answer else 0
    overlapping = [] if one.is_answer else [other for other in earlier if not other.is_answer]
    before = [other for other in earlier if other.latest <= one.earliest or other in overlapping]
    latest = one.latest
    for count, other in enumerate(reversed(before), 1):
        latest = max(latest, other.latest)
        if count - borrowed > (latest - other.earliest) / PAIR_SECONDS_PER_MESSAGE:
            return True
    return False


def people_over(written: Iterable[tuple[float, object, Limit]]) -> int:
    """Return how many messages reached a person beyond the limit of a portfolio: instant in seconds, whom, limit."""
    broken, last = 0, OrderedDict[object, float]()
    for at, person, limit in sorted(written, key=lambda one: one[0]):
        last[person] = at
        last.move_to_end(person)
        while next(iter(last.values())) <= at - DAY_SECONDS:
            last.popitem(last=False)
        most = limit.at(at)
        broken += most is not None and len(last) > most
    return broken
