"""Counters of what people did, by contact, pair and UTC day: how they grow and how a window is read from them.

A window is answered from whole days and, on the two days it cuts, from the first and the last instant of the day;
only where those leave the answer open must the events themselves be read.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import accumulate
from typing import NamedTuple, Self

from rulecast.rule.engine.facts import EventFact
from rulecast.rule.engine.instants import Bounds
from rulecast.rule.engine.reference_fields import event_value, where_holds
from rulecast.rule.language import condition as c

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedPair:
    """What is counted: the events of a pattern and, with a property, its sum over them.

    Two pairs are the same when their hashes (16 bytes) are; the hash covers the types that the checker found, too.
    """

    hash: bytes
    pattern: c.EventPattern = field(compare=False)
    property: c.Field | None = field(compare=False)


class DayCounts(NamedTuple):
    """What one person did on one UTC day: how often, the sum, and the first and last instant (aware UTC)."""

    day: date
    times: int
    total: Decimal
    first_at: datetime
    last_at: datetime

    def plus(self, other: "DayCounts") -> "DayCounts":
        """Return both together; they are of one day."""
        return DayCounts(
            self.day,
            self.times + other.times,
            self.total + other.total,
            min(self.first_at, other.first_at),
            max(self.last_at, other.last_at),
        )


class Reading(NamedTuple):
    """What the days say about a window: the count lies in `low..high`; `total` is None where an edge leaves it open.

    Readers that only count leave `total` None everywhere.
    """

    low: int
    high: int
    total: Decimal | None


NOTHING = Reading(0, 0, ZERO)
NONE = Reading(0, 0, None)
# Most people did a thing a few times: their readings are made once.
_SMALL = tuple(Reading(times, times, None) for times in range(64))


def day_of(instant: datetime) -> date:
    """Return the UTC day under which an event is counted; a late one is counted on its own day too."""
    return instant.astimezone(UTC).date()


def counted(pair: CountedPair, event: EventFact) -> DayCounts | None:
    """Return what an event adds to a pair, None where it does not belong to it.

    The conditions of pairs do not depend on the time of the question, so the event's own instant stands for it.
    """
    if event.name != pair.pattern.event or not where_holds(pair.pattern.where, event, event.occurred_at):
        return None
    value = None if pair.property is None else event_value(pair.property, event)
    total = Decimal(value) if isinstance(value, int | Decimal) else ZERO
    return DayCounts(day_of(event.occurred_at), 1, total, event.occurred_at, event.occurred_at)


def tally(pair: CountedPair, events: Iterable[EventFact]) -> list[DayCounts]:
    """Return the days of one person's events for a pair, in order of time."""
    days: dict[date, DayCounts] = {}
    for event in events:
        added = counted(pair, event)
        if added is not None:
            known = days.get(added.day)
            days[added.day] = added if known is None else known.plus(added)
    return [days[day] for day in sorted(days)]


@dataclass(frozen=True, slots=True)
class Series:
    """The days of one person for one pair, ready to be asked: columns in order of time, and running sums."""

    ordinals: list[int]
    counts: list[int]
    totals: list[Decimal]
    days: list[DayCounts]

    @classmethod
    def of(cls, days: Iterable[DayCounts]) -> Self:
        """Return the series of days that stand in order of time, each once."""
        listed = list(days)
        return cls(
            [one.day.toordinal() for one in listed],
            list(accumulate((one.times for one in listed), initial=0)),
            list(accumulate((one.total for one in listed), initial=ZERO)),
            listed,
        )


class WindowReader:
    """Reads one half-open window from any number of series."""

    __slots__ = ("_adds_up", "_bounds", "_first", "_last")

    def __init__(self, bounds: Bounds, *, adds_up: bool) -> None:
        self._bounds = bounds
        self._adds_up = adds_up
        self._first = 0 if bounds.start is None else day_of(bounds.start).toordinal()
        self._last = day_of(bounds.end).toordinal()

    def read(self, series: Series) -> Reading:
        """Return what is known of the window without looking at events."""
        ordinals = series.ordinals
        first, after = bisect_left(ordinals, self._first), bisect_right(ordinals, self._last)
        if after <= first:
            return NOTHING if self._adds_up else NONE
        count = series.counts[after] - series.counts[first]
        total = series.totals[after] - series.totals[first] if self._adds_up else None
        # Only the two outermost days can be cut by the window.
        if ordinals[first] == self._first or ordinals[after - 1] == self._last:
            return self._without_edges(Reading(count, count, total), series.days, {first, after - 1})
        if total is None and count < len(_SMALL):
            return _SMALL[count]
        return Reading(count, count, total)

    def _without_edges(self, whole: Reading, days: list[DayCounts], edges: set[int]) -> Reading:
        low, high, total = whole
        for place in edges:
            day = days[place]
            if self._bounds.holds(day.first_at) and self._bounds.holds(day.last_at):
                continue
            part = self._part_of(day)
            low += part.low - day.times
            high += part.high - day.times
            total = None if total is None or part.total is None else total - day.total + part.total
        return Reading(low, high, total)

    def _part_of(self, day: DayCounts) -> Reading:
        """Return what is known of a day of which the first event or the last one lies outside the window."""
        bounds = self._bounds
        if day.first_at >= bounds.end or (bounds.start is not None and day.last_at < bounds.start):
            return NOTHING
        # An event that lies inside is certain; one that lies outside is certain, too. Between them all is possible.
        inside = bounds.holds(day.first_at) + bounds.holds(day.last_at)
        possible = day.times - (2 - inside)
        return Reading(inside, possible, None) if possible else NOTHING
