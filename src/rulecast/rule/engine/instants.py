"""Exact bounds from durations, windows, zones and ages; every engine takes them from here."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from rulecast.rule.language import condition as c
from rulecast.values.catalogue import AttributeType
from rulecast.values.zone_offsets import UnknownZoneError, local_time, rows_of

# The steps of the clock: a half-open window that holds an instant holds it one of these later than not.
TICK = timedelta(microseconds=1)
# Some 600 zones exist; the rest is for names that people mistyped.
ZONES_KEPT_MAX = 2_048


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """A half-open stretch of time; no start means since ever."""

    start: datetime | None
    end: datetime

    def holds(self, instant: datetime) -> bool:
        """Return whether the instant lies inside."""
        return (self.start is None or self.start <= instant) and instant < self.end


def bounds_of(window: c.Window | None, now: datetime) -> Bounds:
    """Return the stretch of a window that is alike for all people; nothing at or after `now` is ever seen.

    Calendar windows and those from a first event differ from person to person and have no such bounds.
    """
    match window:
        case None:
            return Bounds(start=None, end=now)
        case c.LastWindow():
            return Bounds(start=now - window.duration.length, end=now)
        case c.AgoWindow():
            return Bounds(start=now - window.start.length, end=now - window.end.length)
        case c.BeforeWindow():
            return Bounds(start=None, end=now - window.duration.length)
        case c.DayWindow():
            assert window.start is not None, "the type pass fills in the instants of the day"
            assert window.end is not None
            return Bounds(start=window.start, end=min(window.end, now))
        case c.AbsoluteWindow():
            start, end = window.start.value, window.end.value
            assert isinstance(start, datetime)
            assert isinstance(end, datetime)
            return Bounds(start=start, end=min(end, now))
        case c.CalendarWindow() | c.FirstWindow():
            raise AssertionError("this window differs from person to person")


@lru_cache(maxsize=ZONES_KEPT_MAX)
def zone_or_utc(zone: str | None) -> str:
    """Return the zone where the zone table knows it, else UTC."""
    if not zone:
        return "UTC"
    try:
        rows_of(zone)
    except UnknownZoneError:
        return "UTC"
    return zone


def zone_of(person_zone: str | None, workspace_zone: str | None) -> str:
    """Return the zone in which a person lives: their own, else the workspace's; one nobody knows counts as UTC."""
    return zone_or_utc(person_zone or workspace_zone)


def local_day(zone: str, instant: datetime) -> date:
    """Return the local date of an instant; at either end of the calendar, where there is none, that of UTC."""
    try:
        return local_time(zone, instant).date()
    except OverflowError:
        return instant.date()


def period_start(day: date, unit: c.PeriodUnit, back: int = 0) -> date:
    """Return the first day of the calendar day, week (from Monday) or month of a date, or of one so many before."""
    match unit:
        case "days":
            return day - timedelta(days=back)
        case "weeks":
            return day - timedelta(days=day.weekday() + 7 * back)
        case "months":
            months = day.year * 12 + day.month - 1 - back
            return date(months // 12, months % 12 + 1, 1)


def today(zone: str | None, now: datetime) -> date:
    """Return today's date in the workspace's zone."""
    return local_time(zone or "UTC", now).date()


def full_years(born: date, day: date) -> int:
    """Return the full years from a date to a day; who is born on 29 February turns a year older on 1 March."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def latest_birth(years: int, day: date) -> date:
    """Return the last date of birth of those who are at least so many years old on a day."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return date(day.year - years, 2, 28)


def anniversary_in(year: int, first: date) -> date:
    """Return the anniversary of a date in a year; 29 February falls on 1 March in common years."""
    try:
        return first.replace(year=year)
    except ValueError:
        return date(year, 3, 1)


def cut_of(atom: c.Ago, now: datetime) -> date | datetime:
    """Return the date or instant that lies the duration ago."""
    if atom.field.type is AttributeType.DATE:
        return today(atom.zone, now) - atom.duration.length
    return now - atom.duration.length


def naive_utc(instant: datetime) -> datetime:
    """Return an aware instant as SQL holds it: UTC without a zone."""
    return instant.astimezone(UTC).replace(tzinfo=None)


def minutes_of(length: timedelta) -> int:
    """Return a length of time in minutes; durations have no smaller part."""
    return int(length / timedelta(minutes=1))
