"""The reference for conditions on one attribute of a contact or one property of an event."""

import hashlib
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

import re2

from rulecast.rule.engine.facts import EventFact, FactValue, PersonFacts
from rulecast.rule.engine.instants import (
    anniversary_in,
    cut_of,
    full_years,
    local_day,
    today,
    zone_of,
)
from rulecast.rule.language import condition as c
from rulecast.rule.language.check_types import SILENCE_EVENT
from rulecast.values.catalogue import AttributeType, Coordinates
from rulecast.values.distance import great_circle_km

# Twice the conditions that one rule can have, for each of some rules at work at the same time.
PATTERNS_KEPT_MAX = 4_096
METRES_PER_KM = 1_000
BUCKET_PARTS = 100
BUCKET_DIGITS = 8
BUCKET_NUMBERS = 2**32

COMPARE: dict[c.Operator, Any] = {
    "=": lambda left, right: left == right,
    "!=": lambda left, right: left != right,
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
}


# ---- values
def attribute_of(name: str, person: PersonFacts, now: datetime) -> FactValue:
    """Return an attribute of a person, also those that the record holds elsewhere."""
    if name in person.attributes:
        return person.attributes[name]
    if name == "first_seen_at":
        return person.first_seen_at
    if name == "zone":
        return person.zone
    if name == "last_inbound_at":
        wrote = (event.occurred_at for event in person.events if event.name == SILENCE_EVENT)
        return max((at for at in wrote if at < now), default=None)
    return None


def person_value(name: c.Field, person: PersonFacts, now: datetime) -> FactValue:
    """Return the value of a field of a person, None where it is missing."""
    if name.years_since is not None:
        born = attribute_of(name.years_since, person, now)
        return full_years(born, today(name.zone, now)) if isinstance(born, date) else None
    return present(attribute_of(name.name, person, now))


def event_value(name: c.Field, event: EventFact) -> FactValue:
    """Return the value of a property of an event, None where it is missing; each event knows when it occurred."""
    return event.occurred_at if name.name == "occurred_at" else present(event.properties.get(name.name))


def present(value: FactValue) -> FactValue:
    """Return the value, None for an empty text or list."""
    if isinstance(value, (str, list, tuple)) and not value:
        return None
    return value


# ---- conditions
def field_holds(atom: c.FieldAtom, value: Any, now: datetime, zone: str | None = None) -> bool:  # noqa: C901, PLR0911, PLR0912 - one return per kind of node
    """Return whether an atom holds for a value; for a missing one only `is missing` and `!=` do.

    `zone` is the person's, for those atoms that ask for their local day.
    """
    match atom:
        case c.Presence():
            return (value is not None) is atom.is_set
        case c.Comparison(operator="!="):
            return bool(value is None or value != atom.value.value)
        case _ if value is None:
            return False
        case c.Comparison():
            return bool(COMPARE[atom.operator](value, atom.value.value))
        case c.Between():
            below = COMPARE["<" if atom.field.type is AttributeType.INSTANT else "<="]
            return bool(atom.low.value <= value and below(value, atom.high.value))
        case c.OneOf():
            return any(value == wanted.value for wanted in atom.values)
        case c.Contains():
            tests = (wanted.value in value for wanted in atom.values)
            return all(tests) if atom.mode == "all" else any(tests)
        case c.StartsWith():
            return bool(value.startswith(atom.prefix.value))
        case c.Matches():
            return _pattern(str(atom.pattern.value)).search(value) is not None
        case c.Ago():
            cut = cut_of(atom, now)
            return bool(value < cut if atom.direction == "before" else value >= cut)
        case c.FieldWindow():
            return _field_window(atom, value, now)
        case c.Anniversary():
            return _anniversary(atom, value, zone_of(zone, atom.zone), now)
        case c.Near():
            return distance_km(atom, value) <= reach_km(atom)


@lru_cache(maxsize=PATTERNS_KEPT_MAX)
def _pattern(text: str) -> Any:
    options = re2.Options()
    options.log_errors = False
    return re2.compile(text, options)


def _field_window(atom: c.FieldWindow, value: date | datetime, now: datetime) -> bool:
    # An instant is compared with now, a date with the workspace's date of today.
    middle: Any = today(atom.zone, now) if atom.field.type is AttributeType.DATE else now
    length = atom.duration.length
    if atom.direction == "next":
        return bool(middle <= value < middle + length)
    return bool(middle - length <= value < middle)


def _anniversary(atom: c.Anniversary, value: date, zone: str, now: datetime) -> bool:
    day = local_day(zone, now)
    first = local_day(zone, value) if isinstance(value, datetime) else value
    until = day + timedelta(days=atom.days)
    coming = (anniversary_in(year, first) for year in range(day.year, until.year + 1))
    return any(first < one and day <= one < until for one in coming)


def distance_km(atom: c.Near, value: Coordinates) -> float:
    """Return how far a place lies from that of the condition, in kilometres."""
    assert atom.latitude is not None, "the resolve pass fills in the coordinates of a place"
    assert atom.longitude is not None
    there = Coordinates(latitude=float(atom.latitude), longitude=float(atom.longitude))
    return great_circle_km(value, there)


def reach_km(atom: c.Near) -> float:
    """Return the distance that the condition allows, in kilometres."""
    return float(atom.amount if atom.unit == "km" else atom.amount / METRES_PER_KM)


def bucket_number(salt: str, contact_id: int) -> int:
    """Return the number below 2^32 that decides in which part of the people a contact falls."""
    text = f"{salt}:{contact_id}".encode()
    return int(hashlib.md5(text, usedforsecurity=False).hexdigest()[:BUCKET_DIGITS], 16)


def in_bucket(atom: c.Bucket, contact_id: int) -> bool:
    """Return whether a contact falls in the first parts of one hundred."""
    return BUCKET_PARTS * bucket_number(atom.salt, contact_id) < atom.below * BUCKET_NUMBERS


# ---- conditions on the properties of an event
def where_holds(
    condition: c.Condition | None, event: EventFact, now: datetime, zone: str | None = None
) -> bool:
    """Return whether an event fulfils the condition on its properties; `zone` is the person's."""
    match condition:
        case None:
            return True
        case c.And():
            return all(where_holds(part, event, now, zone) for part in condition.parts)
        case c.Or():
            return any(where_holds(part, event, now, zone) for part in condition.parts)
        case c.Not():
            return not where_holds(condition.part, event, now, zone)
        case (
            c.Comparison()
            | c.Between()
            | c.OneOf()
            | c.Contains()
            | c.StartsWith()
            | c.Matches()
            | c.Presence()
            | c.Ago()
            | c.FieldWindow()
            | c.Anniversary()
            | c.Near()
        ):
            return field_holds(condition, event_value(condition.field, event), now, zone)
        case _:
            raise AssertionError("the resolve pass lets only properties stand inside where")
