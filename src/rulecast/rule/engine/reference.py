"""The reference evaluator: one person, one instant, plain Python; it defines what a condition means.

Truth has two values. A comparison with a missing value is false and its negation true; empty text and empty
lists are missing; events at or after `now` do not exist yet.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from rulecast.rule.engine.facts import EventFact, FactValue, PersonFacts
from rulecast.rule.engine.instants import local_day, zone_of
from rulecast.rule.engine.reference_events import (
    did,
    did_then,
    edge_has,
    gap_holds,
    matching,
    periods_of,
)
from rulecast.rule.engine.reference_fields import (
    field_holds,
    in_bucket,
    person_value,
    present,
    where_holds,
)
from rulecast.rule.engine.reference_measures import measure_holds
from rulecast.rule.language import condition as c
from rulecast.rule.language.check_types import SILENCE_EVENT
from rulecast.values.zone_offsets import local_time

__all__ = ["evaluate", "evaluate_group", "events_named", "key_groups", "where_holds"]

DAY_KEY = "day"


def evaluate(condition: c.Condition, person: PersonFacts, now: datetime) -> bool:
    """Return whether a checked condition is true for a person at an instant (aware UTC)."""
    match condition:
        case c.And():
            return all(evaluate(part, person, now) for part in condition.parts)
        case c.Or():
            return any(evaluate(part, person, now) for part in condition.parts)
        case c.Not():
            return not evaluate(condition.part, person, now)
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
            return _event_atom(condition, person, now)
        case (
            c.HasTag()
            | c.HasLabel()
            | c.InSegment()
            | c.ConsentGranted()
            | c.LocalTime()
            | c.LocalWeekday()
            | c.Bucket()
            | c.Everybody()
        ):
            return _person_atom(condition, person, now)
        case _:
            return field_holds(condition, person_value(condition.field, person, now), now, person.zone)


def _event_atom(atom: c.EventAtom, person: PersonFacts, now: datetime) -> bool:  # noqa: PLR0911 - one return per kind of node
    match atom:
        case c.Did():
            return did(atom, person, now)
        case c.Measure():
            return measure_holds(atom, person, now)
        case c.DidInPeriods():
            return (len(periods_of(atom, person, now)) >= atom.minimum) is not atom.negated
        case c.DidThen():
            return did_then(atom, person, now)
        case c.EdgeEvent():
            return edge_has(atom, person, now)
        case c.Gap():
            return gap_holds(atom, person, now)
        case c.PerKey():
            groups = key_groups(atom, person, now).values()
            return any(evaluate_group(atom, events, person, now) for events in groups)
        case c.SilentFor():
            return _silent(atom, person, now)


def _person_atom(atom: c.PersonAtom, person: PersonFacts, now: datetime) -> bool:  # noqa: PLR0911 - one return per kind of node
    match atom:
        case c.HasTag():
            return atom.tag in person.tags
        case c.HasLabel():
            wanted = atom.label if atom.value is None else f"{atom.label}={atom.value}"
            return wanted in person.labels
        case c.InSegment():
            assert atom.condition is not None, "the resolve pass fills in the condition of a segment"
            return evaluate(atom.condition, person, now)
        case c.ConsentGranted():
            return _consent(atom, person, now)
        case c.LocalTime():
            clock = local_time(zone_of(person.zone, atom.zone), now).time()
            if atom.start < atom.end:
                return atom.start <= clock < atom.end
            return clock >= atom.start or clock < atom.end
        case c.LocalWeekday():
            day = local_day(zone_of(person.zone, atom.zone), now)
            return list(c.Weekday)[day.weekday()] in atom.days
        case c.Bucket():
            return in_bucket(atom, person.contact_id)
        case c.Everybody():
            return True


def _consent(atom: c.ConsentGranted, person: PersonFacts, now: datetime) -> bool:
    """Consent is a granted and proven record; absence, or a missing date where an age is asked, is none."""
    record = person.consents.get(atom.purpose)
    if record is None or not (record.granted and record.proven):
        return False
    if atom.duration is None:
        return True
    if record.at is None:
        return False
    cut = now - atom.duration.length
    return record.at < cut if atom.direction == "before" else record.at >= cut


def _silent(atom: c.SilentFor, person: PersonFacts, now: datetime) -> bool:
    start = now - atom.duration.length
    if person.first_seen_at is None or person.first_seen_at >= start:
        return False
    wrote = c.EventPattern(event=SILENCE_EVENT)
    return not matching(wrote, c.LastWindow(duration=atom.duration), person, now)


# ---- per key
def key_groups(
    atom: c.PerKey, person: PersonFacts, now: datetime
) -> dict[tuple[FactValue, ...], list[EventFact]]:
    """Return the events that the condition names, by the values of their keys; without one of them, left out."""
    names = frozenset(events_named(atom.condition))
    zone = zone_of(person.zone, atom.zone)
    groups: dict[tuple[FactValue, ...], list[EventFact]] = {}
    for event in person.events:
        if event.name in names and event.occurred_at < now:
            key = tuple(_key(name, event, zone) for name in atom.keys)
            if None not in key:
                groups.setdefault(key, []).append(event)
    return groups


def evaluate_group(atom: c.PerKey, events: Sequence[EventFact], person: PersonFacts, now: datetime) -> bool:
    """Return whether the condition holds when only the events of one key count."""
    return evaluate(atom.condition, replace(person, events=events), now)


def _key(name: str, event: EventFact, zone: str) -> FactValue:
    if name == DAY_KEY:
        return local_day(zone, event.occurred_at)
    return event.occurred_at if name == "occurred_at" else present(event.properties.get(name))


def events_named(condition: c.Condition) -> Iterator[str]:
    """Yield the names of the events that conditions on events ask for."""
    match condition:
        case c.And() | c.Or():
            for part in condition.parts:
                yield from events_named(part)
        case c.Not():
            yield from events_named(condition.part)
        case c.Measure():
            yield from _named_by(condition.left)
            yield from _named_by(condition.right)
        case c.Did() | c.DidInPeriods() | c.Gap() | c.EdgeEvent():
            yield from _named_in(condition.pattern, condition.window)
        case c.DidThen():
            yield from _named_in(condition.first, condition.window)
            yield condition.second.event
        case c.PerKey():
            yield from events_named(condition.condition)
        case c.SilentFor():
            yield SILENCE_EVENT
        case _:
            return


def _named_by(expression: c.Expression) -> Iterator[str]:
    match expression:
        case c.Aggregate():
            yield from _named_in(expression.pattern, expression.window)
        case c.Arithmetic():
            yield from _named_by(expression.left)
            yield from _named_by(expression.right)
        case _:
            return


def _named_in(pattern: c.EventPattern, window: c.Window | None) -> Iterator[str]:
    yield pattern.event
    if isinstance(window, c.FirstWindow) and window.anchor is not None:
        yield window.anchor.event
