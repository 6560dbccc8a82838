"""What an atom looked at: the counts, sums, times and distances that decided, by name."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from rulecast.rule.engine.facts import PersonFacts
from rulecast.rule.engine.instants import local_day, zone_of
from rulecast.rule.engine.reference import evaluate_group, key_groups
from rulecast.rule.engine.reference_events import edge_event, first_of, gap_of, matching, periods_of
from rulecast.rule.engine.reference_fields import (
    BUCKET_NUMBERS,
    BUCKET_PARTS,
    bucket_number,
    distance_km,
    event_value,
    person_value,
)
from rulecast.rule.engine.reference_measures import value_of
from rulecast.rule.language import condition as c
from rulecast.rule.language.check_types import SILENCE_EVENT
from rulecast.rule.language.walk import atoms_of
from rulecast.values.catalogue import Coordinates
from rulecast.values.zone_offsets import local_time

# Enough to recognise a case; a person with many keys would fill the screen.
KEYS_SHOWN_MAX = 5
# Shown numbers are rounded as stored decimals are; the comparison itself rounds nothing.
SHOWN_PLACES = 4
DISTANCE_PLACES = 3


def values_of(atom: c.Atom, person: PersonFacts, now: datetime) -> dict[str, object]:
    """Return the values that an atom read of a person, named for a reader."""
    match atom:
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
            return _of_events(atom, person, now)
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
            return _of_person(atom, person, now)
        case c.Near():
            place = person_value(atom.field, person, now)
            if not isinstance(place, Coordinates):
                return {"distance_km": None}
            return {"distance_km": round(distance_km(atom, place), DISTANCE_PLACES)}
        case _:
            return {atom.field.name: person_value(atom.field, person, now)}


def _of_person(atom: c.PersonAtom, person: PersonFacts, now: datetime) -> dict[str, object]:  # noqa: PLR0911 - one return per kind of node
    match atom:
        case c.HasTag():
            return {"tags": tuple(sorted(person.tags))}
        case c.HasLabel():
            begins = f"{atom.label}="
            own = (one for one in person.labels if one == atom.label or one.startswith(begins))
            return {"labels": tuple(sorted(own))}
        case c.ConsentGranted():
            record = person.consents.get(atom.purpose)
            found = (
                None
                if record is None
                else {"granted": record.granted, "proven": record.proven, "at": record.at}
            )
            return {f"consent {atom.purpose}": found}
        case c.LocalTime():
            zone = zone_of(person.zone, atom.zone)
            return {"local_time": local_time(zone, now).strftime("%H:%M"), "zone": zone}
        case c.LocalWeekday():
            zone = zone_of(person.zone, atom.zone)
            return {
                "local_weekday": list(c.Weekday)[local_day(zone, now).weekday()].value,
                "zone": zone,
            }
        case c.Bucket():
            part = BUCKET_PARTS * bucket_number(atom.salt, person.contact_id) // BUCKET_NUMBERS
            return {"bucket": part}
        case c.InSegment() | c.Everybody():
            return {}


def _of_events(atom: c.EventAtom, person: PersonFacts, now: datetime) -> dict[str, object]:  # noqa: PLR0911 - one return per kind of node
    match atom:
        case c.SilentFor():
            wrote = _instants(c.EventPattern(event=SILENCE_EVENT), None, person, now)
            return {"first_seen_at": person.first_seen_at, "last message": max(wrote, default=None)}
        case c.Did():
            found = _instants(atom.pattern, atom.window, person, now)
            return {"times": len(found), "last": max(found, default=None), **_anchor(atom, person, now)}
        case c.Measure():
            return _measured(atom, person, now)
        case c.DidInPeriods():
            return {atom.unit: tuple(sorted(periods_of(atom, person, now)))}
        case c.DidThen():
            return {
                f"{atom.first.event} at": _instants(atom.first, atom.window, person, now),
                f"{atom.second.event} at": _instants(atom.second, None, person, now),
            }
        case c.EdgeEvent():
            event = edge_event(atom, person, now)
            if event is None:
                return {f"{atom.which} at": None}
            read = {name.name: event_value(name, event) for name in _fields_of(atom.has)}
            return {f"{atom.which} at": event.occurred_at, **read}
        case c.Gap():
            gap = gap_of(atom, person, now)
            times = len(matching(atom.pattern, atom.window, person, now))
            return {f"{atom.which} gap": None if gap is None else gap[0] / gap[1], "times": times}
        case c.PerKey():
            groups = key_groups(atom, person, now)
            true_for = (key for key, events in groups.items() if evaluate_group(atom, events, person, now))
            shown = [", ".join(str(part) for part in key) for key in true_for][:KEYS_SHOWN_MAX]
            return {"holds for": tuple(shown), "asked": len(groups)}


def _anchor(atom: c.Did, person: PersonFacts, now: datetime) -> dict[str, object]:
    if not isinstance(atom.window, c.FirstWindow):
        return {}
    first = first_of(matching(atom.window.anchor or atom.pattern, None, person, now))
    return {"counted from": None if first is None else first.occurred_at}


def _measured(atom: c.Measure, person: PersonFacts, now: datetime) -> dict[str, object]:
    """Return each number that was read and, where arithmetic stands, the value of each side."""
    found: dict[str, object] = {}
    for part in (*_read_by(atom.left), *_read_by(atom.right)):
        base = part.name if isinstance(part, c.Field) else part.kind
        name, number = base, 2
        while name in found:
            name, number = f"{base} {number}", number + 1
        found[name] = shown_number(value_of(part, person, now))
    for name, side in (("left", atom.left), ("right", atom.right)):
        if isinstance(side, c.Arithmetic):
            found[name] = shown_number(value_of(side, person, now))
    return found


def _read_by(expression: c.Expression) -> Iterator[c.Field | c.Aggregate]:
    match expression:
        case c.Arithmetic():
            yield from _read_by(expression.left)
            yield from _read_by(expression.right)
        case c.Field() | c.Aggregate():
            yield expression
        case c.Constant():
            return


def shown_number(value: Fraction | None) -> int | Decimal | None:
    """Return a number for reading: whole where it is, else rounded to four places."""
    if value is None:
        return None
    if value.denominator == 1:
        return value.numerator
    return Decimal(round(value * 10**SHOWN_PLACES)).scaleb(-SHOWN_PLACES)


def _fields_of(condition: c.Condition) -> Iterator[c.Field]:
    for atom in atoms_of(condition):
        name = getattr(atom, "field", None)
        if isinstance(name, c.Field):
            yield name


def _instants(
    pattern: c.EventPattern, window: c.Window | None, person: PersonFacts, now: datetime
) -> tuple[datetime, ...]:
    return tuple(sorted(event.occurred_at for event in matching(pattern, window, person, now)))
