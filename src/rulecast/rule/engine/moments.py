"""When the truth of an atom may change if nothing happens: instants, between which it surely stays.

A window is half-open and closed at its start, so that an event at `e` is seen from one tick (a microsecond) after
`e` on, and leaves `in last W` one tick after `e + W`.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from rulecast.rule.engine.facts import EventFact, PersonFacts
from rulecast.rule.engine.instants import TICK, anniversary_in, local_day, period_start, zone_of, zone_or_utc
from rulecast.rule.engine.reference import events_named
from rulecast.rule.engine.reference_fields import attribute_of, event_value, person_value
from rulecast.rule.language import condition as c
from rulecast.rule.language.check_types import SILENCE_EVENT
from rulecast.rule.language.walk import atoms_of
from rulecast.values.catalogue import AttributeType
from rulecast.values.zone_offsets import crossings

MIDNIGHT = time(0, 0)
# The one attribute that is computed from events where the record does not hold it.
LAST_INBOUND = "last_inbound_at"
# The clock comes round within a day; it is never set back, nor a date left out, by more than one.
DAYS_AROUND = range(-1, 3)
# Years of life after which nobody's birthday matters.
AGE_YEARS_MAX = 150
# Dates such as 9999-12-31 stand for "never": nobody waits for them, and arithmetic ends soon after.
NEVER = datetime(9000, 1, 1, tzinfo=UTC)
# The anniversary comes round every year; a window of some days may reach over the turn of a year.
YEARS_AROUND = 3


def moments_of(atom: c.Atom, person: PersonFacts, now: datetime) -> Iterator[datetime]:
    """Yield, in order, the instants after `now` at which an atom may change for a person; it may be without end."""
    match atom:
        case c.LocalTime():
            yield from _clock_times(zone_of(person.zone, atom.zone), {atom.start, atom.end}, now)
        case c.LocalWeekday():
            yield from _clock_times(zone_of(person.zone, atom.zone), {MIDNIGHT}, now)
        case _:
            yield from sorted({moment for moment in _moments(atom, person, now) if now < moment < NEVER})


def is_timeless(condition: c.Condition) -> bool:
    """Return whether time alone changes the condition for nobody, whatever is known of them."""
    match condition:
        case c.And() | c.Or():
            return all(is_timeless(part) for part in condition.parts)
        case c.Not():
            return is_timeless(condition.part)
        case c.HasTag() | c.HasLabel() | c.Bucket() | c.Everybody():
            return True
        case (
            c.Comparison()
            | c.Between()
            | c.OneOf()
            | c.Contains()
            | c.StartsWith()
            | c.Matches()
            | c.Presence()
            | c.Near()
        ):
            return condition.field.years_since is None and condition.field.name != LAST_INBOUND
        case _:
            return False


def _moments(atom: c.Atom, person: PersonFacts, now: datetime) -> Iterator[datetime]:
    match atom:
        case c.ConsentGranted():
            record = person.consents.get(atom.purpose)
            if record is not None and record.at is not None and atom.duration is not None:
                yield from _after(record.at, atom.duration.length)
        case (
            c.Did()
            | c.DidInPeriods()
            | c.DidThen()
            | c.Measure()
            | c.EdgeEvent()
            | c.Gap()
            | c.PerKey()
            | c.SilentFor()
        ):
            yield from _event_moments(atom, person, now)
        case (
            c.HasTag()
            | c.HasLabel()
            | c.InSegment()
            | c.LocalTime()
            | c.LocalWeekday()
            | c.Bucket()
            | c.Everybody()
        ):
            return
        case _:
            yield from _person_field_moments(atom, person, now)


# ---- clocks
def _clock_times(zone: str, clocks: set[time], now: datetime) -> Iterator[datetime]:
    """Yield the instants at which the local clock passes one of some times of day, without end."""
    while True:
        day = local_day(zone, now)
        try:
            walls = [
                datetime.combine(day + timedelta(days=n), clock) for n in DAYS_AROUND for clock in clocks
            ]
            now = min(moment for wall in walls for moment in crossings(zone, wall) if moment > now)
        except OverflowError:
            return
        yield now


def _midnights(zone: str, day: date, days: int = 0) -> tuple[datetime, ...]:
    """Return the instants at which so many days after a date begin; none at the end of the calendar."""
    try:
        return crossings(zone, datetime.combine(day + timedelta(days=days), MIDNIGHT))
    except OverflowError:
        return ()


def _after(instant: datetime, length: timedelta = timedelta(0)) -> Iterator[datetime]:
    """Yield the first instant that lies more than so long after another; none at the end of the calendar."""
    try:
        yield instant + length + TICK
    except OverflowError:
        return


# ---- fields
def _person_field_moments(atom: c.FieldAtom, person: PersonFacts, now: datetime) -> Iterator[datetime]:
    if atom.field.years_since is not None:
        born = attribute_of(atom.field.years_since, person, now)
        if isinstance(born, date):
            yield from _birthdays(born, _ages_asked(atom), zone_or_utc(atom.field.zone))
        return
    yield from field_moments(atom, person_value(atom.field, person, now), person, now)
    if atom.field.name == LAST_INBOUND and LAST_INBOUND not in person.attributes:
        # The newest message is computed; those that carry a later time come into sight one by one.
        for at in (event.occurred_at for event in person.events if event.name == SILENCE_EVENT):
            yield from _after(at)
            yield from field_moments(atom, at, person, now)


def field_moments(atom: c.FieldAtom, value: Any, person: PersonFacts, now: datetime) -> Iterator[datetime]:
    """Yield the instants at which an atom may change for a value; only conditions on dates and instants do."""
    if not isinstance(value, date) or value.year >= NEVER.year:
        return
    match atom:
        case c.Ago() | c.FieldWindow():
            length = atom.duration.length
            zone = zone_or_utc(atom.zone)
            shifts = (length,) if isinstance(atom, c.Ago) else (-length, timedelta(0), length)
            for shift in shifts:
                if atom.field.type is AttributeType.DATE:
                    yield from _midnights(zone, value, shift.days + 1)
                else:
                    assert isinstance(value, datetime)
                    yield from _after(value, shift)
        case c.Anniversary():
            zone = zone_of(person.zone, atom.zone)
            first = local_day(zone, value) if isinstance(value, datetime) else value
            begin = max(first.year, now.year - 1)
            for year in range(begin, begin + YEARS_AROUND + atom.days // 365):
                coming = anniversary_in(year, first)
                yield from _midnights(zone, coming, 1 - atom.days)
                yield from _midnights(zone, coming, 1)
        case _:
            return


def _ages_asked(atom: c.FieldAtom) -> Iterable[int]:
    """Return the ages at which a condition on an age may change."""
    match atom:
        case c.Comparison():
            asked = [atom.value.value]
        case c.Between():
            asked = [atom.low.value, atom.high.value]
        case c.OneOf():
            asked = [value.value for value in atom.values]
        case _:
            asked = []
    whole = [int(age) for age in asked if isinstance(age, (int, Decimal))]
    return {age + more for age in whole for more in (0, 1)}


def _birthdays(born: date, ages: Iterable[int], zone: str) -> Iterator[datetime]:
    for age in ages:
        if date.min.year <= born.year + age <= date.max.year:
            yield from _midnights(zone, anniversary_in(born.year + age, born))


# ---- events
def _event_moments(atom: c.EventAtom, person: PersonFacts, now: datetime) -> Iterator[datetime]:  # noqa: C901 - one case per kind of node
    match atom:
        case c.SilentFor():
            if person.first_seen_at is not None:
                yield from _after(person.first_seen_at, atom.duration.length)
            wrote = c.EventPattern(event=SILENCE_EVENT)
            yield from _pattern_moments(wrote, c.LastWindow(duration=atom.duration), person, now)
        case c.Did() | c.DidInPeriods() | c.Gap():
            yield from _pattern_moments(atom.pattern, atom.window, person, now)
        case c.EdgeEvent():
            yield from _pattern_moments(atom.pattern, atom.window, person, now)
            for event in _named(atom.pattern.event, person):
                yield from _where_moments(atom.has, event, person, now)
        case c.DidThen():
            yield from _pattern_moments(atom.first, atom.window, person, now)
            yield from _pattern_moments(atom.second, None, person, now)
            for event in _named(atom.first.event, person):
                yield from _after(event.occurred_at, atom.within.length)
        case c.Measure():
            yield from _expression_moments(atom.left, person, now)
            yield from _expression_moments(atom.right, person, now)
        case c.PerKey():
            # A key is asked from the moment on that an event has it, also where no window holds that event.
            for name in frozenset(events_named(atom.condition)):
                yield from _pattern_moments(c.EventPattern(event=name), None, person, now)
            for inner in atoms_of(atom.condition):
                yield from _moments(inner, person, now)


def _expression_moments(expression: c.Expression, person: PersonFacts, now: datetime) -> Iterator[datetime]:
    match expression:
        case c.Aggregate():
            yield from _pattern_moments(expression.pattern, expression.window, person, now)
        case c.Arithmetic():
            yield from _expression_moments(expression.left, person, now)
            yield from _expression_moments(expression.right, person, now)
        case c.Field() if expression.years_since is not None:
            born = attribute_of(expression.years_since, person, now)
            if isinstance(born, date):
                yield from _birthdays(born, range(AGE_YEARS_MAX + 1), zone_or_utc(expression.zone))
        case _:
            return


def _named(name: str, person: PersonFacts) -> Iterator[EventFact]:
    return (event for event in person.events if event.name == name)


def _pattern_moments(
    pattern: c.EventPattern, window: c.Window | None, person: PersonFacts, now: datetime
) -> Iterator[datetime]:
    """Yield the instants at which another set of events may match."""
    for event in _named(pattern.event, person):
        yield from toggles(window, event.occurred_at, person)
        yield from _where_moments(pattern.where, event, person, now)
    if isinstance(window, c.FirstWindow) and window.anchor is not None:
        yield from _pattern_moments(window.anchor, None, person, now)


def _where_moments(
    condition: c.Condition | None, event: EventFact, person: PersonFacts, now: datetime
) -> Iterator[datetime]:
    for atom in () if condition is None else atoms_of(condition):
        if isinstance(atom, TIMED_FIELD_ATOMS):
            yield from field_moments(atom, event_value(atom.field, event), person, now)


TIMED_FIELD_ATOMS = (c.Ago, c.FieldWindow, c.Anniversary)


def toggles(  # noqa: C901 - one case per kind of window
    window: c.Window | None, at: datetime, person: PersonFacts
) -> Iterator[datetime]:
    """Yield the instants at which an event at `at` comes into the window, leaves it, comes again, and so on."""
    if at >= NEVER:
        return
    match window:
        case None | c.FirstWindow():
            yield from _after(at)
        case c.LastWindow():
            yield from _after(at)
            yield from _after(at, window.duration.length)
        case c.AgoWindow():
            if window.start.length > window.end.length:
                yield from _after(at, window.end.length)
                yield from _after(at, window.start.length)
        case c.BeforeWindow():
            yield from _after(at, window.duration.length)
        case c.CalendarWindow():
            yield from _after(at)
            zone = zone_of(person.zone, window.zone)
            leaves = period_start(local_day(zone, at), window.unit, -window.amount)
            yield from (moment for moment in _midnights(zone, leaves) if moment > at)
        case c.DayWindow():
            assert window.start is not None, "the type pass fills in the instants of the day"
            assert window.end is not None
            if window.start <= at < window.end:
                yield from _after(at)
        case c.AbsoluteWindow():
            start, end = window.start.value, window.end.value
            if isinstance(start, datetime) and isinstance(end, datetime) and start <= at < end:
                yield from _after(at)
