"""Somebody who fulfils conditions: made up from what they restrict, and believed only once the evaluator agrees."""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import islice
from typing import Any

from rulecast.rule.analyse.boxes import Box
from rulecast.rule.engine import ConsentFact, EventFact, PersonFacts, evaluate
from rulecast.rule.engine.facts import FactValue
from rulecast.rule.engine.instants import bounds_of
from rulecast.rule.language import condition as c
from rulecast.rule.language.conflict import common_values
from rulecast.rule.language.lower import lower
from rulecast.rule.language.restrict import Restriction, restriction_of
from rulecast.rule.language.value_sets import Choices, Ranges, Stretch
from rulecast.values.catalogue import AttributeType, Coordinates

# Each candidate costs an evaluation of every condition; the first ones nearly always decide.
BOXES_TRIED_MAX = 8
CONTACT_IDS_TRIED_MAX = 400
EVENTS_MAX = 200
KNOWN_SINCE = datetime(2015, 1, 1, tzinfo=UTC)
A_WORD = "x"


@dataclass(slots=True)
class _Draft:
    """What has been decided about the person so far."""

    attributes: dict[str, FactValue] = field(default_factory=dict)
    tags: set[str] = field(default_factory=set)
    labels: set[str] = field(default_factory=set)
    consents: dict[str, ConsentFact] = field(default_factory=dict)
    events: list[EventFact] = field(default_factory=list)


def find_witness(
    conditions: Sequence[c.Condition], boxes: Iterator[Box], *, now: datetime
) -> PersonFacts | None:
    """Return a person for whom every condition is true at an instant (aware UTC), or None where none was found."""
    for box in islice(boxes, BOXES_TRIED_MAX):
        person = _person(box, now)
        if person is None:
            continue
        ids = CONTACT_IDS_TRIED_MAX if _asks_bucket(box) else 1
        for contact_id in range(1, ids + 1):
            tried = replace(person, contact_id=contact_id)
            if all(evaluate(condition, tried, now) for condition in conditions):
                return tried
    return None


def _asks_bucket(box: Box) -> bool:
    return any(isinstance(_atom(one.literal), c.Bucket) for one in box)


def _atom(literal: c.Condition) -> c.Condition:
    return literal.part if isinstance(literal, c.Not) else literal


def _person(box: Box, now: datetime) -> PersonFacts | None:
    draft = _Draft()
    subjects: dict[Hashable, list[Restriction]] = {}
    for one in box:
        subjects.setdefault(one.subject, []).append(one)
    for group in subjects.values():
        _decide(draft, group, now)
    if len(draft.events) > EVENTS_MAX:
        return None
    first_seen_at = draft.attributes.pop("first_seen_at", None)
    zone = draft.attributes.get("zone")
    return PersonFacts(
        contact_id=1,
        attributes=draft.attributes,
        tags=frozenset(draft.tags),
        labels=frozenset(draft.labels),
        consents=draft.consents,
        events=tuple(sorted(draft.events, key=lambda event: event.occurred_at)),
        first_seen_at=first_seen_at if isinstance(first_seen_at, datetime) else KNOWN_SINCE,
        zone=zone if isinstance(zone, str) else None,
    )


def _decide(draft: _Draft, group: list[Restriction], now: datetime) -> None:
    """Choose what the restrictions of one subject leave possible; negated atoms mostly want nothing there."""
    atom = _atom(group[0].literal)
    if isinstance(atom, c.FieldAtom):
        value = _field_value(group, now)
        if value is not None and atom.field.years_since is not None:
            draft.attributes[atom.field.years_since] = _born(int(str(value)), now)
        elif value is not None:
            draft.attributes[atom.field.name] = value
        return
    positive = [one for one in group if not isinstance(one.literal, c.Not)]
    match atom:
        case c.HasTag() if positive:
            draft.tags.add(atom.tag)
        case c.HasLabel() if positive:
            _add_label(draft, atom.label, positive)
        case c.ConsentGranted() if positive:
            at = _instant(positive, now) or now - timedelta(days=1)
            draft.consents[atom.purpose] = ConsentFact(granted=True, proven=True, at=at)
        case _:
            for one in group:
                draft.events.extend(_events(one, now))


def _born(years: int, now: datetime) -> date:
    """Return a day of birth that makes somebody so many years old, whatever zone decides what day it is."""
    long_ago = now.date() - timedelta(days=2)
    return long_ago.replace(year=long_ago.year - years, day=min(long_ago.day, 28))


def _add_label(draft: _Draft, label: str, positive: Sequence[Restriction]) -> None:
    values = _value(positive)
    value = values if isinstance(values, str) else A_WORD
    draft.labels |= {label, f"{label}={value}"}


# ---- values
def _lines(group: Sequence[Restriction]) -> Mapping[Hashable, Ranges | Choices]:
    lines: dict[Hashable, Ranges | Choices] = {}
    for one in group:
        known = lines.get(one.line, one.universe)
        lines[one.line] = one.values if known is None else common_values(known, one.values)
    return lines


def _value(group: Sequence[Restriction]) -> Any:
    found = _lines(group).get("value")
    if isinstance(found, Ranges):
        return _of_ranges(found)
    if isinstance(found, Choices):
        return _of_choices(found)
    return None


def _of_ranges(ranges: Ranges) -> Any:
    """Return a value from the first stretch: between its ends where it has both, else just beyond the one it has."""
    part = ranges.parts[0] if ranges.parts else Stretch()
    if part.low is None and part.high is None:
        return Decimal(1)
    step: Any = timedelta(days=1) if isinstance(part.low or part.high, (date, timedelta)) else 1
    if part.low is None:
        return part.high - step if part.high_open else part.high
    if part.high is None or part.low == part.high:
        return part.low + step if part.low_open else part.low
    if not part.low_open:
        return part.low
    return part.low + (part.high - part.low) / 2


def _of_choices(choices: Choices) -> Any:
    if not choices.is_excluded:
        return min(choices.values, key=str) if choices.values else None
    if choices.universe is not None:
        left = choices.universe - choices.values
        return min(left, key=str) if left else None
    word = A_WORD
    while word in choices.values:
        word += A_WORD
    return word


def _instant(group: Sequence[Restriction], now: datetime) -> datetime | None:
    lines = _lines(group)
    ages = lines.get("from now", lines.get("value"))
    if isinstance(ages, Ranges):
        age = _of_ranges(ages)
        if isinstance(age, timedelta):
            return now + age
    return None


def _field_value(group: Sequence[Restriction], now: datetime) -> FactValue:
    """Return a value of an attribute, None where a missing one serves."""
    if all(one.may_miss and one.missing for one in group):
        return None
    atom = _atom(group[0].literal)
    assert isinstance(atom, c.FieldAtom), "the caller asks for attributes only"
    kind = atom.field.type
    near = next((one for one in map(_positive_atom, group) if isinstance(one, c.Near)), None)
    if near is not None and near.latitude is not None and near.longitude is not None:
        return Coordinates(latitude=float(near.latitude), longitude=float(near.longitude))
    if kind is AttributeType.TEXT_LIST:
        return _list_value(group)
    relative = _instant(group, now)
    if relative is not None:
        return relative.date() if kind is AttributeType.DATE else relative
    anniversary = next((one for one in map(_positive_atom, group) if isinstance(one, c.Anniversary)), None)
    if anniversary is not None:
        return now.date().replace(year=now.year - 30, day=min(now.day, 28))
    return _typed(_text_value(group) if kind is AttributeType.TEXT else _value(group), kind, now)


def _positive_atom(one: Restriction) -> c.Condition | None:
    return None if isinstance(one.literal, c.Not) else one.literal


def _text_value(group: Sequence[Restriction]) -> Any:
    prefix = next(
        (str(one.prefix.value) for one in map(_positive_atom, group) if isinstance(one, c.StartsWith)), ""
    )
    inside = [
        str(constant.value)
        for one in map(_positive_atom, group)
        if isinstance(one, c.Contains)
        for constant in (one.values if one.mode == "all" else one.values[:1])
    ]
    if prefix or inside:
        return prefix + "".join(inside)
    value = _value(group)
    return A_WORD if value is None else value


def _list_value(group: Sequence[Restriction]) -> tuple[str, ...]:
    wanted = [
        str(constant.value)
        for one in map(_positive_atom, group)
        if isinstance(one, c.Contains)
        for constant in (one.values if one.mode == "all" else one.values[:1])
    ]
    return tuple(dict.fromkeys(wanted)) or (A_WORD,)


def _typed(value: Any, kind: AttributeType | None, now: datetime) -> FactValue:
    match kind:
        case AttributeType.INTEGER:
            return int(value if value is not None else 1)
        case AttributeType.DECIMAL:
            return Decimal(str(value if value is not None else 1))
        case AttributeType.BOOLEAN:
            return bool(value) if value is not None else True
        case AttributeType.DATE:
            return value if isinstance(value, date) else now.date()
        case AttributeType.INSTANT:
            return value if isinstance(value, datetime) else now
        case _:
            return str(value) if value is not None else A_WORD


# ---- events
def _events(one: Restriction, now: datetime) -> Iterator[EventFact]:
    """Yield the events that make an atom true; a negated one wants none."""
    literal = one.literal
    if isinstance(literal, c.Not):
        return
    match literal:
        case c.Did():
            yield from _repeated(literal.pattern, literal.window, max(literal.minimum, 0), now)
        case c.Measure():
            for side in (literal.left, literal.right):
                if isinstance(side, c.Aggregate):
                    least = one.values.least() if isinstance(one.values, Ranges) else None
                    count = int(least) if side.kind == "count" and least is not None else 1
                    yield from _repeated(side.pattern, side.window, count, now, measured=(side, one))
        case c.DidThen():
            length = literal.within.length
            first = now - 2 * length - timedelta(minutes=1)
            yield _event(literal.first, first)
            if not literal.then_not:
                yield _event(literal.second, first + length / 2)
        case c.EdgeEvent():
            merged = c.EventPattern(event=literal.pattern.event, where=_joined(literal))
            yield from _repeated(merged, literal.window, 1, now)
        case _:
            return


def _joined(atom: c.EdgeEvent) -> c.Condition:
    where = atom.pattern.where
    return atom.has if where is None else c.And(parts=(where, atom.has))


def _repeated(
    pattern: c.EventPattern,
    window: c.Window | None,
    count: int,
    now: datetime,
    *,
    measured: tuple[c.Aggregate, Restriction] | None = None,
) -> Iterator[EventFact]:
    """Yield so many events inside the window, each a minute before the other."""
    last = now if isinstance(window, (c.CalendarWindow, c.FirstWindow)) else bounds_of(window, now).end
    for number in range(min(count, EVENTS_MAX + 1)):
        event = _event(pattern, last - timedelta(minutes=number + 1))
        if measured is not None and number == 0:
            aggregate, restriction = measured
            if aggregate.property is not None and isinstance(restriction.values, Ranges):
                value = _of_ranges(restriction.values)
                event = replace(event, properties={**event.properties, aggregate.property.name: value})
        yield event


def _event(pattern: c.EventPattern, at: datetime) -> EventFact:
    """Return an event whose properties fulfil the pattern's `where`, as far as its first alternative tells."""
    properties: dict[str, FactValue] = {}
    if pattern.where is not None:
        subjects: dict[Hashable, list[Restriction]] = {}
        for literal in _first_alternative(lower(pattern.where)):
            one = restriction_of(literal)
            subjects.setdefault(one.subject, []).append(one)
        for group in subjects.values():
            atom = _atom(group[0].literal)
            if isinstance(atom, c.FieldAtom):
                value = _field_value(group, at)
                if value is not None:
                    properties[atom.field.name] = value
    return EventFact(name=pattern.event, occurred_at=at, properties=properties)


def _first_alternative(form: c.Condition) -> Iterator[c.Condition]:
    match form:
        case c.And():
            for part in form.parts:
                yield from _first_alternative(part)
        case c.Or():
            yield from _first_alternative(form.parts[0])
        case _:
            yield form
