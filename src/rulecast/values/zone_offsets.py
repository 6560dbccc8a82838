"""The one clock of the world: local time from the rows of the tzdata wheel, never from the machine's own files.

Rows say from which UTC instant on a zone is how many minutes ahead of UTC. They are loaded into PostgreSQL and
the mart, and the same rows answer here, so that every engine agrees on local time.
"""

import io
import struct
import zoneinfo
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from typing import Any, NamedTuple

from rulecast.values.errors import RulecastError

FIRST_YEAR = 1990
LAST_YEAR = 2040
# The step of the search for yearly changes that a zone file only describes: no rule of the wheel keeps an offset for
# less than four months. What follows no rule (Morocco's pause of summer time in Ramadan) is listed one by one.
SEARCH_STEP = timedelta(days=28)
SHORTEST_STEP = timedelta(minutes=1)
EPOCH = datetime(FIRST_YEAR, 1, 1, tzinfo=UTC)
END = datetime(LAST_YEAR + 1, 1, 1, tzinfo=UTC)
# The header of a zone file: magic, version, unused bytes, six counts.
HEADER = struct.Struct(">4xc15x6L")


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
    return _rows_in(files("tzdata.zoneinfo").joinpath(*zone.split("/")).read_bytes())


@cache
def _rows_in(content: bytes) -> ZoneRows:
    """Return the offsets in a zone file; names of one zone have equal files, which are read once."""
    rules = zoneinfo.ZoneInfo.from_file(io.BytesIO(content))
    instants = [EPOCH]
    minutes = [_minutes(rules, EPOCH)]
    for change in _changes(content, rules):
        offset = _minutes(rules, change)
        if change > EPOCH and offset != minutes[-1]:
            instants.append(change)
            minutes.append(offset)
    return ZoneRows(instants=tuple(instants), minutes=tuple(minutes))


def _changes(content: bytes, rules: zoneinfo.ZoneInfo) -> Iterator[datetime]:
    """Yield the listed transitions of a zone file, then those that its rule describes, until 2040."""
    listed, has_rule = _listed_transitions(content)
    yield from (change for change in listed if EPOCH < change < END)
    moment = listed[-1] if listed else EPOCH
    offset = _minutes(rules, moment)
    while has_rule and moment < END:
        following = moment + SEARCH_STEP
        new = _minutes(rules, following)
        if new != offset:
            yield _change_between(rules, moment, following)
        moment, offset = following, new


def _listed_transitions(content: bytes) -> tuple[list[datetime], bool]:
    """Return the transitions of a zone file and whether a rule goes on after them (RFC 8536, sections 3.1 to 3.3)."""
    second = HEADER.size + _data_length(HEADER.unpack_from(content), time_bytes=4)
    header = HEADER.unpack_from(content, second)
    _version, _isutcnt, _isstdcnt, _leapcnt, count, _typecnt, _charcnt = header
    seconds = struct.unpack_from(f">{count}q", content, second + HEADER.size)
    footer = content[second + HEADER.size + _data_length(header, time_bytes=8) :]
    first = EPOCH.timestamp()
    return [datetime.fromtimestamp(at, UTC) for at in seconds if at > first], b"," in footer


def _data_length(header: tuple[Any, ...], *, time_bytes: int) -> int:
    _version, isutcnt, isstdcnt, leapcnt, timecnt, typecnt, charcnt = header
    parts = (leapcnt * (time_bytes + 4), timecnt * (time_bytes + 1), typecnt * 6, charcnt, isstdcnt, isutcnt)
    return sum(parts)


@cache
def _known_zones() -> frozenset[str]:
    return frozenset(zone_names())


def _minutes(rules: zoneinfo.ZoneInfo, moment: datetime) -> int:
    offset = moment.astimezone(rules).utcoffset()
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
