"""Quiet hours and sending windows in the local time of a person, in whole minutes.

Local time comes from stretches of constant offset. Where the zone of a person is not known, several zones are
possible and the strictest decides: an instant is quiet as soon as it is quiet in one of them (F60). Around a
clock that is set back, both readings of the hour count, and one quiet reading is enough; a clock that is set
forward needs no rule of its own, the first minute after the gap is read as it stands (F59).
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise

from typing_extensions import override

MINUTES_PER_DAY = 24 * 60
# The longest stretch a clock was ever set back is 24 hours (the date line); further away nothing matters.
OVERLAP_HOURS_MAX = 24
# A weekly window comes back within eight days, unless a closed day or a change of the clocks falls on it.
STRETCH_DAYS = 9
# What is carried over is sent within ninety days; eleven stretches.
SEARCH_DAYS_MAX = 99
# The local date is at most one day away from that of UTC, and a window over midnight looks at the day before.
CLOSED_DAYS_MARGIN = 2
_MINUTE = timedelta(minutes=1)
# Of the zones of the world, those of one group and the one before it.
READINGS_KEPT = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneStretch:
    """A zone's offset east of UTC in minutes, from an instant on."""

    from_utc: datetime
    minutes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneClock:
    """The offsets of one zone in order of time; the first also stands for everything before it."""

    zone: str
    stretches: tuple[ZoneStretch, ...]

    def readings(self, at: datetime) -> frozenset[datetime]:
        """Return the local times a clock on the wall may show: one, or two while an hour repeats.

        The instants keep their UTC mark; only their fields mean local time.
        """
        return _readings(self, at)

    @override
    def __hash__(self) -> int:
        """Return the hash of the zone's name: its stretches, some hundreds, follow from it."""
        return hash(self.zone)

    def changes_after(self, at: datetime, until: datetime) -> Iterator[datetime]:
        """Yield the instants in (at, until] at which the readings change their rule."""
        for earlier, later in pairwise(self.stretches):
            if later.from_utc - timedelta(hours=OVERLAP_HOURS_MAX) > until:
                return
            back = timedelta(minutes=abs(earlier.minutes - later.minutes))
            for edge in (later.from_utc - back, later.from_utc, later.from_utc + back):
                if at < edge <= until:
                    yield edge


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalClock:
    """The zones in which a person may be; one when the zone is known, never none."""

    zones: tuple[ZoneClock, ...]

    def __post_init__(self) -> None:
        """Refuse a clock without a zone: it would allow everything."""
        if not self.zones:
            raise ValueError("a local clock needs at least one zone")

    def readings(self, at: datetime) -> Iterator[datetime]:
        """Yield every local time that the person's clock may show at the instant."""
        for zone in self.zones:
            yield from zone.readings(at)


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietHours:
    """Local minutes in which nothing is sent: `start <= minute < end`, over midnight where end < start.

    `own` are hours the person named: in them it is quiet as well, so that they can only add to the others.
    """

    start_minute: int
    end_minute: int
    own: "QuietHours | None" = None

    def is_quiet(self, local: datetime) -> bool:
        """Return whether a local time lies in the quiet hours."""
        if self.own is not None and self.own.is_quiet(local):
            return True
        minute = local.hour * 60 + local.minute
        if self.start_minute <= self.end_minute:
            return self.start_minute <= minute < self.end_minute
        return minute >= self.start_minute or minute < self.end_minute

    @property
    def edges(self) -> frozenset[int]:
        """Return the minutes of the day at which it may become quiet, or cease to be."""
        found = {self.start_minute % MINUTES_PER_DAY, self.end_minute % MINUTES_PER_DAY}
        return frozenset(found if self.own is None else found | self.own.edges)


@dataclass(frozen=True, slots=True, kw_only=True)
class SendingWindow:
    """When a rule sends: `start <= minute < end` of the local day, on weekdays counted from Monday = 0.

    `closed_days` are local dates on which it stays closed; None stands for a calendar that nobody knows, and closes
    every day.
    """

    weekdays: frozenset[int]
    start_minute: int
    end_minute: int
    closed_days: frozenset[date] | None = frozenset()

    def is_open(self, local: datetime) -> bool:
        """Return whether a local time lies in the window.

        One over midnight belongs to the day it opened, and it is closed where either of its two days is.
        """
        opened = self._opened_on(local)
        if opened is None or opened.weekday() not in self.weekdays or self.closed_days is None:
            return False
        return self.closed_days.isdisjoint((opened, local.date()))

    def _opened_on(self, local: datetime) -> date | None:
        minute = local.hour * 60 + local.minute
        if self.start_minute < self.end_minute:
            return local.date() if self.start_minute <= minute < self.end_minute else None
        if minute >= self.start_minute:
            return local.date()
        return local.date() - timedelta(days=1) if minute < self.end_minute else None


@lru_cache(maxsize=READINGS_KEPT)
def _readings(clock: ZoneClock, at: datetime) -> frozenset[datetime]:
    """Return what a clock may show; a group of messages is decided at one instant, for people of few zones."""
    position = max(bisect_right(clock.stretches, at, key=lambda stretch: stretch.from_utc) - 1, 0)
    found = {at + timedelta(minutes=clock.stretches[position].minutes)}
    for earlier, later in pairwise(clock.stretches[max(position - 1, 0) : position + 2]):
        back = timedelta(minutes=earlier.minutes - later.minutes)
        if later.from_utc - back <= at < later.from_utc + back:
            found.add(at + timedelta(minutes=earlier.minutes))
            found.add(at + timedelta(minutes=later.minutes))
    return frozenset(found)


def is_quiet(clock: LocalClock, quiet_hours: QuietHours | None, at: datetime) -> bool:
    """Return whether it may be quiet where the person is."""
    return quiet_hours is not None and any(quiet_hours.is_quiet(local) for local in clock.readings(at))


def is_open(clock: LocalClock, window: SendingWindow | None, at: datetime) -> bool:
    """Return whether the rule's window is open wherever the person may be."""
    return window is None or all(window.is_open(local) for local in clock.readings(at))


def next_allowed_instant(
    clock: LocalClock, quiet_hours: QuietHours | None, window: SendingWindow | None, *, at: datetime
) -> datetime | None:
    """Return the first instant from `at` on at which sending is allowed; None where there is none in 99 days."""
    if window is not None and window.closed_days is None:
        return None
    start, last = at, at + timedelta(days=SEARCH_DAYS_MAX)
    while start < last:
        limit = start + timedelta(days=STRETCH_DAYS)
        for instant in _candidates(clock, quiet_hours, window, at=start, limit=limit):
            if not is_quiet(clock, quiet_hours, instant) and is_open(clock, window, instant):
                return instant
        if not _is_unusual(clock, window, start, limit):
            return None
        start = limit
    return None


def end_of_allowance(
    clock: LocalClock, quiet_hours: QuietHours | None, window: SendingWindow | None, *, at: datetime
) -> datetime | None:
    """Return the first instant from `at` on at which sending is not allowed; None where nothing ever closes."""
    start: datetime | None = at
    while start is not None:
        limit = start + timedelta(days=STRETCH_DAYS)
        for instant in _candidates(clock, quiet_hours, window, at=start, limit=limit):
            if is_quiet(clock, quiet_hours, instant) or not is_open(clock, window, instant):
                return instant
        start = _near_the_next_closed_day(window, limit)
    return None


def _is_unusual(clock: LocalClock, window: SendingWindow | None, start: datetime, limit: datetime) -> bool:
    """Return whether anything in a stretch kept a window shut that opens in other weeks."""
    closed = frozenset[date]() if window is None else window.closed_days or frozenset()
    margin = timedelta(days=CLOSED_DAYS_MARGIN)
    first, last = (start - margin).date(), (limit + margin).date()
    return any(first <= day <= last for day in closed) or any(
        True for zone in clock.zones for _ in zone.changes_after(start, limit)
    )


def _near_the_next_closed_day(window: SendingWindow | None, at: datetime) -> datetime | None:
    """Return from when on an allowance that every week leaves open may end; None where no closed day follows."""
    closed = frozenset[date]() if window is None else window.closed_days or frozenset()
    margin = timedelta(days=CLOSED_DAYS_MARGIN)
    following = [day for day in closed if day >= (at - margin).date()]
    if not following:
        return None
    return max(at, datetime.combine(min(following), time(), UTC) - margin)


def _candidates(
    clock: LocalClock,
    quiet_hours: QuietHours | None,
    window: SendingWindow | None,
    *,
    at: datetime,
    limit: datetime,
) -> list[datetime]:
    """Return, in order, the only instants at which an answer can change: edges of the day in every offset.

    Whole minutes suffice: the answer for the minute that is running is that of its first second.
    """
    edges = {0}
    if quiet_hours is not None:
        edges |= quiet_hours.edges
    if window is not None:
        edges |= {window.start_minute, window.end_minute % MINUTES_PER_DAY}
    found = {at}
    for zone in clock.zones:
        found.update(zone.changes_after(at, limit))
        for minutes in _offsets_near(zone, at, limit):
            found.update(_edges_of_days(edges, minutes, at=at, limit=limit))
    return sorted(found)


def _offsets_near(zone: ZoneClock, at: datetime, limit: datetime) -> Iterable[int]:
    margin = timedelta(hours=OVERLAP_HOURS_MAX)
    first = max(bisect_right(zone.stretches, at - margin, key=lambda stretch: stretch.from_utc) - 1, 0)
    return {stretch.minutes for stretch in zone.stretches[first:] if stretch.from_utc <= limit + margin}


def _edges_of_days(
    edges: Iterable[int], minutes: int, *, at: datetime, limit: datetime
) -> Iterator[datetime]:
    offset = timedelta(minutes=minutes)
    midnight = (at + offset).replace(hour=0, minute=0, second=0, microsecond=0)
    for day in range(STRETCH_DAYS + 1):
        for edge in edges:
            instant = midnight + timedelta(days=day) + edge * _MINUTE - offset
            if at < instant <= limit:
                yield instant
