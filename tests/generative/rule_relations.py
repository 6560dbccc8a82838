"""People as relations of the mart's shape, for the engines that run compiled rules."""

from datetime import UTC, datetime
from typing import Any

from tests.engines import Engine
from tests.generative.rule_world import UNKNOWN_ZONE, ZONES, T

from rulecast.rule.engine import PersonFacts, Relations
from rulecast.values.catalogue import Catalogue, Coordinates
from rulecast.values.zone_offsets import rows_of

RELATIONS = ("contact", "consent", "event", "zone_offset")
FIRST_YEAR = 2020
NAMED_ZONES = (*ZONES, "UTC")
assert UNKNOWN_ZONE not in NAMED_ZONES


def create_relations(
    engine: Engine, schema: str, people: tuple[PersonFacts, ...], catalogue: Catalogue
) -> Relations:
    """Make relations of the mart's shape in a schema of their own and fill them."""
    types = engine.types
    text, texts, instant = types[T.TEXT], types[T.TEXT_LIST], types[T.INSTANT]
    attributes = [(entry.name, entry.type) for entry in catalogue.stored_attributes()]
    properties = [(f"p_{name}", kind) for name, kind in catalogue.event_properties().items()]
    number, flag = types[T.INTEGER], types[T.BOOLEAN]
    contact_id = engine.key_type
    at = engine.quoted("at")
    columns = {
        "contact": f"contact_id {contact_id}, tags {texts}, labels {texts}, {_columns(engine, attributes)}",
        "consent": f"contact_id {contact_id}, purpose {text}, granted {flag}, proven {flag}, {at} {instant}",
        "event": f"event_id {contact_id}, contact_id {contact_id}, name {text}, occurred_at {instant}, "
        f"{_columns(engine, properties)}",
        "zone_offset": f"zone {text}, from_utc {instant}, minutes {number}",
    }
    engine.create(schema, columns)
    names = {relation: engine.name_of(schema, relation) for relation in RELATIONS}
    engine.load(names["zone_offset"], zone_rows())
    engine.load(names["contact"], [_contact(person, catalogue) for person in people])
    engine.load(names["consent"], [row for person in people for row in _consents(person)])
    engine.load(names["event"], _events(people, catalogue))
    return Relations(**names)


def _columns(engine: Engine, columns: list[tuple[str, T]]) -> str:
    cells: list[str] = []
    for name, kind in columns:
        if kind is T.PLACE:
            cells += [
                f"{engine.quoted(f'{name}__{part}')} {engine.types[kind]}"
                for part in ("latitude", "longitude")
            ]
        else:
            cells.append(f"{engine.quoted(name)} {engine.types[kind]}")
    return ", ".join(cells)


def zone_rows() -> list[tuple[Any, ...]]:
    """Return the offsets of the zones in use; nobody in the worlds has an instant before the first year."""
    return [
        (zone, instant.replace(tzinfo=None), minutes)
        for zone in NAMED_ZONES
        for instant, minutes in zip(rows_of(zone).instants, rows_of(zone).minutes, strict=True)
        if instant.year >= FIRST_YEAR
        or instant == max(one for one in rows_of(zone).instants if one.year < FIRST_YEAR)
    ]


def _cells(value: Any, kind: T) -> list[Any]:
    if kind is T.PLACE:
        return [value.latitude, value.longitude] if isinstance(value, Coordinates) else [None, None]
    return [_cell(value)]


def _cell(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None)
    return list(value) if isinstance(value, tuple) else value


def _contact(person: PersonFacts, catalogue: Catalogue) -> tuple[Any, ...]:
    own = {"first_seen_at": person.first_seen_at, "zone": person.zone}
    values = {**person.attributes, **own}
    cells = [
        cell for entry in catalogue.stored_attributes() for cell in _cells(values.get(entry.name), entry.type)
    ]
    return (person.contact_id, sorted(person.tags), sorted(person.labels), *cells)


def _consents(person: PersonFacts) -> list[tuple[Any, ...]]:
    return [
        (person.contact_id, purpose, consent.granted, consent.proven, _cell(consent.at))
        for purpose, consent in person.consents.items()
    ]


def _events(people: tuple[PersonFacts, ...], catalogue: Catalogue) -> list[tuple[Any, ...]]:
    properties = catalogue.event_properties()
    rows = [
        (
            person.contact_id,
            event.name,
            _cell(event.occurred_at),
            *(cell for name, kind in properties.items() for cell in _cells(event.properties.get(name), kind)),
        )
        for person in people
        for event in person.events
    ]
    return [(number, *row) for number, row in enumerate(rows)]
