"""Exact bounds from durations, windows and ages; every engine takes them from here."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from rulecast.rule.language import condition as c
from rulecast.values.catalogue import AttributeType
from rulecast.values.zone_offsets import local_time


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """A half-open stretch of time; no start means since ever."""

    start: datetime | None
    end: datetime

    def holds(self, instant: datetime) -> bool:
        """Return whether the instant lies inside."""
        return (self.start is None or self.start <= instant) and instant < self.end


def bounds_of(window: c.Window | None, now: datetime) -> Bounds:
    """Return the stretch of a window; nothing at or after `now` is ever seen."""
    if window is None:
        return Bounds(start=None, end=now)
    if isinstance(window, c.LastWindow):
        return Bounds(start=now - window.duration.length, end=now)
    start, end = window.start.value, window.end.value
    assert isinstance(start, datetime)
    assert isinstance(end, datetime)
    return Bounds(start=start, end=min(end, now))


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
