"""The reference for conditions on what a person did: which events count, in what order, how far apart."""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise

from rulecast.rule.engine.facts import EventFact, PersonFacts
from rulecast.rule.engine.instants import bounds_of, local_day, period_start, zone_of, zone_or_utc
from rulecast.rule.engine.reference_fields import COMPARE, present, where_holds
from rulecast.rule.language import condition as c
from rulecast.values.zone_offsets import crossings

InWindow = Callable[[datetime], bool]
MIDNIGHT = time(0, 0)


# ---- which events count
def matching(
    pattern: c.EventPattern, window: c.Window | None, person: PersonFacts, now: datetime
) -> list[EventFact]:
    """Return the events of a person that match a pattern inside a window, in order of recording."""
    inside = in_window(pattern, window, person, now)
    return [
        event
        for event in person.events
        if event.name == pattern.event
        and inside(event.occurred_at)
        and where_holds(pattern.where, event, now, person.zone)
    ]


def in_window(
    pattern: c.EventPattern, window: c.Window | None, person: PersonFacts, now: datetime
) -> InWindow:
    """Return the test whether an instant lies in the window as this person sees it now."""
    match window:
        case c.CalendarWindow():
            return _in_calendar(window, person, now)
        case c.FirstWindow():
            first = first_of(matching(window.anchor or pattern, None, person, now))
            if first is None:
                return lambda _at: False
            start, end = first.occurred_at, first.occurred_at + window.duration.length
            return lambda at: start <= at < end and at < now
        case _:
            return bounds_of(window, now).holds


def _in_calendar(window: c.CalendarWindow, person: PersonFacts, now: datetime) -> InWindow:
    zone = zone_of(person.zone, window.zone)
    first_day = period_start(local_day(zone, now), window.unit, window.amount - 1)
    # The local date is that day or a later one after the first passing of its midnight, not between the next two.
    passings = crossings(zone, datetime.combine(first_day, MIDNIGHT))
    return lambda at: at < now and bisect_right(passings, at) % 2 == 1


def first_of(events: Sequence[EventFact]) -> EventFact | None:
    """Return the earliest event; of several at one instant that recorded first."""
    return min(events, key=lambda event: event.occurred_at, default=None)


def last_of(events: Sequence[EventFact]) -> EventFact | None:
    """Return the latest event; of several at one instant that recorded last."""
    return max(reversed(events), key=lambda event: event.occurred_at, default=None)


# ---- conditions
def did(atom: c.Did, person: PersonFacts, now: datetime) -> bool:
    """Return whether so many events match; `did not` turns that round."""
    count = len(matching(atom.pattern, atom.window, person, now))
    holds = count >= atom.minimum and (atom.maximum is None or count <= atom.maximum)
    return holds is not atom.negated


def periods_of(atom: c.DidInPeriods, person: PersonFacts, now: datetime) -> set[date]:
    """Return the first days of the local calendar periods in which matching events lie."""
    zone = zone_of(person.zone, atom.zone) if atom.named_zone is None else zone_or_utc(atom.named_zone)
    found = matching(atom.pattern, atom.window, person, now)
    return {period_start(local_day(zone, event.occurred_at), atom.unit) for event in found}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sequenced:
    """A first event, the instant by which the second is awaited, and whether it came."""

    first: EventFact
    deadline: datetime
    is_followed: bool


def sequences(atom: c.DidThen, person: PersonFacts, now: datetime) -> Iterator[Sequenced]:
    """Yield each first event with what followed it."""
    firsts = matching(atom.first, atom.window, person, now)
    if atom.first_only:
        only = first_of(firsts)
        firsts = [] if only is None else [only]
    seconds = sorted(matching(atom.second, None, person, now), key=lambda event: event.occurred_at)
    instants = [event.occurred_at for event in seconds]
    for first in firsts:
        deadline = first.occurred_at + atom.within.length
        after = seconds[bisect_right(instants, first.occurred_at) : bisect_right(instants, deadline)]
        followed = any(_same(atom.same, first, second) for second in after)
        yield Sequenced(first=first, deadline=deadline, is_followed=followed)


def did_then(atom: c.DidThen, person: PersonFacts, now: datetime) -> bool:
    """Return whether one first event was followed or, for `then not`, has waited in vain."""
    return any(
        one.deadline < now and not one.is_followed if atom.then_not else one.is_followed
        for one in sequences(atom, person, now)
    )


def _same(names: tuple[str, ...], first: EventFact, second: EventFact) -> bool:
    """Return whether two events agree on properties; a missing one agrees with nothing."""
    pairs = [(present(first.properties.get(name)), second.properties.get(name)) for name in names]
    return all(one is not None and one == other for one, other in pairs)


def edge_event(atom: c.EdgeEvent, person: PersonFacts, now: datetime) -> EventFact | None:
    """Return the first or last matching event."""
    found = matching(atom.pattern, atom.window, person, now)
    return first_of(found) if atom.which == "first" else last_of(found)


def edge_has(atom: c.EdgeEvent, person: PersonFacts, now: datetime) -> bool:
    """Return whether the first or last matching event fulfils the condition on its properties."""
    event = edge_event(atom, person, now)
    return event is not None and where_holds(atom.has, event, now, person.zone)


def gap_of(atom: c.Gap, person: PersonFacts, now: datetime) -> tuple[timedelta, int] | None:
    """Return the gap as a length and the number that divides it, None for fewer than two events."""
    found = sorted(event.occurred_at for event in matching(atom.pattern, atom.window, person, now))
    gaps = [later - earlier for earlier, later in pairwise(found)]
    if not gaps:
        return None
    match atom.which:
        case "longest":
            return max(gaps), 1
        case "shortest":
            return min(gaps), 1
        case "last":
            return gaps[-1], 1
        case "average":
            return found[-1] - found[0], len(gaps)


def gap_holds(atom: c.Gap, person: PersonFacts, now: datetime) -> bool:
    """Return whether the gap compares so with the duration, exactly."""
    gap = gap_of(atom, person, now)
    if gap is None:
        return False
    length, parts = gap
    return bool(COMPARE[atom.operator](length, atom.duration.length * parts))
