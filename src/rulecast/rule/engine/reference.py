"""The reference evaluator: one person, one instant, plain Python; it defines what a condition means.

Truth has two values. A comparison with a missing value is false and its negation true; empty text and empty
lists are missing; events at or after `now` do not exist yet.
"""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from rulecast.rule.engine.facts import EventFact, FactValue, PersonFacts
from rulecast.rule.engine.instants import bounds_of, cut_of, full_years, today
from rulecast.rule.language import condition as c
from rulecast.rule.language.check_types import SILENCE_EVENT
from rulecast.values.catalogue import AttributeType
from rulecast.values.zone_offsets import UnknownZoneError, local_time

COMPARE: dict[c.Operator, Any] = {
    "=": lambda left, right: left == right,
    "!=": lambda left, right: left != right,
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
}


def evaluate(condition: c.Condition, person: PersonFacts, now: datetime) -> bool:  # noqa: C901, PLR0911 - one case per kind of node
    """Return whether a checked condition is true for a person at an instant (aware UTC)."""
    match condition:
        case c.And():
            return all(evaluate(part, person, now) for part in condition.parts)
        case c.Or():
            return any(evaluate(part, person, now) for part in condition.parts)
        case c.Not():
            return not evaluate(condition.part, person, now)
        case c.HasTag():
            return condition.tag in person.tags
        case c.ConsentGranted():
            return _consent(condition, person, now)
        case c.SilentFor():
            return _silent(condition, person, now)
        case c.Did():
            return (
                len(matching(condition.pattern, condition.window, person, now)) >= condition.minimum
            ) is not (condition.negated)
        case c.SumOf():
            return bool(COMPARE[condition.operator](sum_of(condition, person, now), condition.value.value))
        case c.DidInPeriods():
            return (len(periods_of(condition, person, now)) >= condition.minimum) is not condition.negated
        case c.DidThen():
            return any(True for _ in _sequences(condition, person, now))
        case _:
            return field_holds(condition, field_value(condition.field, attribute_values(person), now), now)


# ---- fields
def attribute_values(person: PersonFacts) -> Mapping[str, FactValue]:
    """Return the attributes of a person with those that the record holds elsewhere."""
    values = {"first_seen_at": person.first_seen_at, "zone": person.zone, **person.attributes}
    if "last_inbound_at" not in values:
        wrote = (event.occurred_at for event in person.events if event.name == SILENCE_EVENT)
        values["last_inbound_at"] = max(wrote, default=None)
    return values


def field_value(name: c.Field, values: Mapping[str, FactValue], now: datetime) -> FactValue:
    """Return the value of a field, None where it is missing."""
    if name.years_since is not None:
        born = values.get(name.years_since)
        return full_years(born, today(name.zone, now)) if isinstance(born, date) else None
    value = values.get(name.name)
    if value is None or value == "" or (name.type is AttributeType.TEXT_LIST and not value):
        return None
    return value


def field_holds(atom: c.FieldAtom, value: Any, now: datetime) -> bool:  # noqa: PLR0911 - one return per kind of node
    """Return whether an atom holds for a value; for a missing one only `is missing` and `!=` do."""
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
        case c.Ago():
            cut = cut_of(atom, now)
            return bool(value < cut if atom.direction == "before" else value >= cut)


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


# ---- events
def where_holds(condition: c.Condition | None, event: EventFact, now: datetime) -> bool:
    """Return whether an event fulfils the condition on its properties."""
    match condition:
        case None:
            return True
        case c.And():
            return all(where_holds(part, event, now) for part in condition.parts)
        case c.Or():
            return any(where_holds(part, event, now) for part in condition.parts)
        case c.Not():
            return not where_holds(condition.part, event, now)
        case (
            c.Comparison() | c.Between() | c.OneOf() | c.Contains() | c.StartsWith() | c.Presence() | c.Ago()
        ):
            return field_holds(condition, field_value(condition.field, event.properties, now), now)
        case _:
            raise AssertionError("the resolve pass lets only properties stand inside where")


def matching(
    pattern: c.EventPattern, window: c.Window | None, person: PersonFacts, now: datetime
) -> list[EventFact]:
    """Return the events of a person that match a pattern inside a window."""
    bounds = bounds_of(window, now)
    return [
        event
        for event in person.events
        if event.name == pattern.event
        and bounds.holds(event.occurred_at)
        and where_holds(pattern.where, event, now)
    ]


def _silent(atom: c.SilentFor, person: PersonFacts, now: datetime) -> bool:
    start = now - atom.duration.length
    if person.first_seen_at is None or person.first_seen_at >= start:
        return False
    wrote = c.EventPattern(event=SILENCE_EVENT)
    return not matching(wrote, c.LastWindow(duration=atom.duration), person, now)


def sum_of(atom: c.SumOf, person: PersonFacts, now: datetime) -> Decimal:
    """Return the sum over the matching events; a missing property adds nothing."""
    total = Decimal(0)
    for event in matching(atom.pattern, atom.window, person, now):
        value = event.properties.get(atom.property.name)
        if isinstance(value, (int, Decimal)):
            total += value
    return total


def periods_of(atom: c.DidInPeriods, person: PersonFacts, now: datetime) -> set[date]:
    """Return the first days of the local calendar periods in which matching events lie."""
    zone = person.zone or atom.zone or "UTC"
    found: set[date] = set()
    for event in matching(atom.pattern, atom.window, person, now):
        try:
            day = local_time(zone, event.occurred_at).date()
        except UnknownZoneError:
            day = event.occurred_at.date()
        if atom.unit == "weeks":
            day -= timedelta(days=day.weekday())
        found.add(day.replace(day=1) if atom.unit == "months" else day)
    return found


def _sequences(atom: c.DidThen, person: PersonFacts, now: datetime) -> Iterator[EventFact]:
    """Yield each first event that is followed or, for `then not`, whose time has passed without a follower."""
    seconds = matching(atom.second, None, person, now)
    for first in matching(atom.first, atom.window, person, now):
        deadline = first.occurred_at + atom.within.length
        followed = any(
            first.occurred_at < second.occurred_at <= deadline and _same(atom.same, first, second)
            for second in seconds
        )
        if (deadline < now and not followed) if atom.then_not else followed:
            yield first


def _same(names: tuple[str, ...], first: EventFact, second: EventFact) -> bool:
    """Return whether two events agree on properties; a missing one agrees with nothing."""
    pairs = [(first.properties.get(name), second.properties.get(name)) for name in names]
    return all(one is not None and one == other for one, other in pairs)
