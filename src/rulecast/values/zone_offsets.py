"""The one clock of the world: local time from the rows of the tzdata wheel, never from the machine's own files.

Rows say from which UTC instant on a zone is how many minutes ahead of UTC. They are loaded into PostgreSQL and
the mart, and the same rows answer here, so that every engine agrees on local time.
"""

import zoneinfo
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from typing import NamedTuple

from rulecast.values.errors import RulecastError

FIRST_YEAR = 1990
LAST_YEAR = 2040
# The step of the search for transitions: shorter than any period that a zone of 1990..2040 has kept
# (Morocco's pause of summer time in Ramadan lasts about five weeks).
SEARCH_STEP = timedelta(days=7)
SHORTEST_STEP = timedelta(minutes=1)
EPOCH = datetime(FIRST_YEAR, 1, 1, tzinfo=UTC)


class UnknownZoneError(RulecastError):
    """A time zone is not in the zone database."""

    code = "RC-ZONE-001"
    summary = "A time zone is not in the zone database."
    remedy = "Use an IANA name such as Africa/Casablanca."


class ZoneOffset(NamedTuple):
    """From this UTC instant on the zone is so many minutes ahead of UTC."""

    zone: str
    from_utc: datetime
    minutes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneRows:
    """The rows of one zone as two columns, for searching."""

    instants: tuple[datetime, ...]
    minutes: tuple[int, ...]


def zone_names() -> tuple[str, ...]:
    """Return the names of all zones of the wheel, ordered."""
    listing = files("tzdata").joinpath("zones").read_text(encoding="utf-8")
    return tuple(sorted(listing.split()))


def tzdata_version() -> str:
    """Return the version of the tzdata wheel, which plans record."""
    return version("tzdata")


@cache
def rows_of(zone: str) -> ZoneRows:
    """Return the offsets of a zone from 1990 to 2040.

    Raises:
        UnknownZoneError: the wheel has no zone of that name.
    """
    if zone not in _known_zones():
        raise UnknownZoneError(f"The zone {zone!r} is not in tzdata {tzdata_version()}.")
    with files("tzdata.zoneinfo").joinpath(*zone.split("/")).open("rb") as source:
        rules = zoneinfo.ZoneInfo.from_file(source, key=zone)
    instants = [EPOCH]
    minutes = [_minutes(rules, EPOCH)]
    end = datetime(LAST_YEAR + 1, 1, 1, tzinfo=UTC)
    moment = EPOCH
    while moment < end:
        following = moment + SEARCH_STEP
        if _minutes(rules, following) != _minutes(rules, moment):
            change = _change_between(rules, moment, following)
            instants.append(change)
            minutes.append(_minutes(rules, change))
            moment = change
        else:
            moment = following
    return ZoneRows(instants=tuple(instants), minutes=tuple(minutes))


@cache
def _known_zones() -> frozenset[str]:
    return frozenset(zone_names())


def _minutes(rules: zoneinfo.ZoneInfo, moment: datetime) -> int:
    offset = rules.utcoffset(moment.astimezone(rules))
    assert offset is not None
    # Offsets of whole minutes only since 1972 (Liberia was the last); the table holds whole minutes.
    return round(offset.total_seconds() / 60)


def _change_between(rules: zoneinfo.ZoneInfo, before: datetime, after: datetime) -> datetime:
    """Return the first minute at which the offset differs from that before, by halving."""
    old = _minutes(rules, before)
    low = 0
    high = int((after - before) / SHORTEST_STEP)
    while high - low > 1:
        middle = (low + high) // 2
        if _minutes(rules, before + middle * SHORTEST_STEP) == old:
            low = middle
        else:
            high = middle
    return before + high * SHORTEST_STEP


def zone_offsets() -> Iterator[ZoneOffset]:
    """Yield the rows of all zones, ordered by zone and instant; before 1990 the first row of a zone holds."""
    for zone in zone_names():
        rows = rows_of(zone)
        for instant, minutes in zip(rows.instants, rows.minutes, strict=True):
            yield ZoneOffset(zone, instant, minutes)


def offset_minutes(zone: str, utc: datetime) -> int:
    """Return how many minutes the zone is ahead of UTC at an aware instant.

    Raises:
        UnknownZoneError: the wheel has no zone of that name.
    """
    rows = rows_of(zone)
    return rows.minutes[max(bisect_right(rows.instants, utc) - 1, 0)]


def local_minutes(zone: str, instant: datetime) -> int:
    """Return the local time of day in minutes since midnight."""
    local = local_time(zone, instant)
    return local.hour * 60 + local.minute


def local_time(zone: str, instant: datetime) -> datetime:
    """Return the local wall-clock time of an aware instant, as a naive datetime."""
    return (instant + timedelta(minutes=offset_minutes(zone, instant))).replace(tzinfo=None)


def utc_of_local(zone: str, day: date, clock: time = time(0, 0)) -> datetime:
    """Return the first instant at which the zone's wall clock shows, or has passed, a local time.

    A time that the clock skips gives the instant of the skip; a repeated time gives the earlier one.
    """
    wall = datetime.combine(day, clock)
    rows = rows_of(zone)
    guess = wall.replace(tzinfo=UTC)
    # No zone is further from UTC than 14 hours, so the answer lies inside one day on each side.
    first = max(bisect_right(rows.instants, guess - timedelta(days=1)) - 1, 0)
    last = max(bisect_right(rows.instants, guess + timedelta(days=1)) - 1, 0)
    for index in range(first, last + 1):
        begins = rows.instants[index] if index else datetime.min.replace(tzinfo=UTC)
        candidate = max(guess - timedelta(minutes=rows.minutes[index]), begins)
        ends = (
            rows.instants[index + 1] if index + 1 < len(rows.instants) else datetime.max.replace(tzinfo=UTC)
        )
        if candidate < ends:
            return candidate
    raise AssertionError("the last row of a zone has no end")


def crossings(zone: str, wall: datetime) -> tuple[datetime, ...]:
    """Return the instants at which the zone's wall clock passes a local time (naive), forward or back.

    Between them it is constantly true or false that the clock shows that time or a later one. There is one such
    instant, unless the clock is set back over that time: then three, forward, back, and forward again.
    """
    rows = rows_of(zone)
    guess = wall.replace(tzinfo=UTC)
    # No zone is further from UTC than 14 hours, so that all of them lie inside one day on each side.
    first = max(bisect_right(rows.instants, guess - timedelta(days=1)) - 1, 0)
    last = max(bisect_right(rows.instants, guess + timedelta(days=1)) - 1, 0)
    found: list[datetime] = []
    for index in range(first, last + 1):
        threshold = guess - timedelta(minutes=rows.minutes[index])
        has_passed = len(found) % 2 == 1
        if index > first and (rows.instants[index] >= threshold) is not has_passed:
            found.append(rows.instants[index])
            has_passed = not has_passed
        if not has_passed and (index == last or threshold < rows.instants[index + 1]):
            found.append(threshold)
    return tuple(found)
