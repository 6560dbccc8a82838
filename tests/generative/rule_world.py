"""Small worlds of people for the rule engines: every type, missing values, instants on the edges of windows."""

import random
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

from tests.engines import Engine

from rulecast.rule.engine import ConsentFact, EventFact, PersonFacts, Relations
from rulecast.values.catalogue import Attribute, AttributeType, Catalogue, EventDefinition, Template
from rulecast.values.zone_offsets import offset_minutes, rows_of

T = AttributeType
NOW = datetime(2026, 11, 17, 18, 55, tzinfo=UTC)
# The first is a plain evening; the others: a change of clocks, and a leap day for birthdays.
INSTANTS = (
    NOW,
    datetime(2026, 3, 29, 1, 0, tzinfo=UTC),
    datetime(2024, 2, 29, 20, 59, 59, 999_999, tzinfo=UTC),
)
ZONES = ("Africa/Casablanca", "Europe/Paris", "Asia/Kathmandu", "America/New_York", "Pacific/Kiritimati")
PEOPLE_COUNT = 120

CATALOGUE = Catalogue.of(
    attributes=[
        Attribute(name="plan", type=T.TEXT),
        Attribute(name="orders", type=T.INTEGER),
        Attribute(name="balance", type=T.DECIMAL),
        Attribute(name="is_vip", type=T.BOOLEAN),
        Attribute(name="joined_on", type=T.DATE),
        Attribute(name="paid_at", type=T.INSTANT),
        Attribute(name="interests", type=T.TEXT_LIST),
        # A word of SQL: names are quoted everywhere.
        Attribute(name="group", type=T.TEXT),
    ],
    events=[
        EventDefinition(
            name="purchase",
            properties={
                "amount": T.DECIMAL,
                "pieces": T.INTEGER,
                "category": T.TEXT,
                "is_gift": T.BOOLEAN,
                "due_on": T.DATE,
                "paid_back_at": T.INSTANT,
                "labels": T.TEXT_LIST,
            },
        ),
        EventDefinition(name="visit", properties={"category": T.TEXT, "pieces": T.INTEGER}),
    ],
    templates=[Template(name="winback", languages=("fr", "ar", "en"), parameters=("name",))],
    numbers=("casablanca_main",),
    # Far from UTC, so that a forgotten workspace zone shows at once.
    default_zone="America/New_York",
)
TEXTS = ("a", "b", "ab", "été", "straße".casefold(), "it's", "100%_x", "ن")
TAGS = ("vip", "new", "o'clock")
COLUMN_TYPES = {
    "duckdb": {T.TEXT: "VARCHAR", T.DECIMAL: "DECIMAL(18,4)", T.TEXT_LIST: "VARCHAR[]"},
    "postgres": {T.TEXT: "TEXT", T.DECIMAL: "NUMERIC(18,4)", T.TEXT_LIST: "TEXT[]"},
}
SHARED_TYPES = {T.INTEGER: "BIGINT", T.BOOLEAN: "BOOLEAN", T.DATE: "DATE", T.INSTANT: "TIMESTAMP"}


@dataclass(frozen=True)
class World:
    people: tuple[PersonFacts, ...]
    now: datetime


@cache
def world_of(seed: int) -> World:
    """Return the people of a seed; many instants lie exactly on, or a microsecond beside, the edge of a window."""
    chance = random.Random(seed)
    now = INSTANTS[seed % len(INSTANTS)]
    return World(people=tuple(_person(chance, number, now) for number in range(PEOPLE_COUNT)), now=now)


def _maybe(chance: random.Random, value: Any, missing: float = 0.3) -> Any:
    return None if chance.random() < missing else value


def _instant(chance: random.Random, now: datetime) -> datetime:
    edge = now - timedelta(hours=12) * chance.choice((0, 1, 2, 4, 6, 8, 14, 15, 28, 60, 120, 200, 700, -1))
    return edge + timedelta(microseconds=chance.choice((-1, 0, 0, 1, 3_600_000_000 * chance.randrange(24))))


def _date(chance: random.Random, now: datetime) -> date:
    return now.date() - timedelta(days=chance.choice((0, 1, 2, 3, 7, 8, 30, 31, 365, 366, -1)))


def _person(chance: random.Random, number: int, now: datetime) -> PersonFacts:
    zone = _maybe(chance, chance.choice(ZONES), 0.2)
    years = chance.choice((17, 18, 18, 19, 30, 31, 65, 70))
    born = (now + timedelta(hours=1)).date().replace(year=now.year - years, day=min(now.day, 28))
    attributes = {
        "country": _maybe(chance, chance.choice(("ma", "fr"))),
        "city": _maybe(chance, chance.choice((*TEXTS, ""))),
        "language": _maybe(chance, chance.choice(("fr", "pt_BR"))),
        "birth_date": _maybe(chance, born + timedelta(days=chance.choice((-1, 0, 1, 2, 40)))),
        "last_inbound_at": _maybe(chance, _instant(chance, now)),
        "plan": _maybe(chance, chance.choice((*TEXTS, ""))),
        "orders": _maybe(chance, chance.choice((-1, 0, 1, 2, 3, 10**17))),
        "balance": _maybe(
            chance, chance.choice((Decimal(0), Decimal("0.0001"), Decimal("-3.5"), Decimal(500)))
        ),
        "is_vip": _maybe(chance, chance.random() < 0.5),
        "joined_on": _maybe(chance, _date(chance, now)),
        "paid_at": _maybe(chance, _instant(chance, now)),
        "interests": _maybe(chance, tuple(chance.sample(TEXTS, chance.choice((0, 1, 2, 3))))),
        "group": _maybe(chance, chance.choice(TEXTS)),
    }
    return PersonFacts(
        contact_id=number,
        attributes=attributes,
        tags=frozenset(chance.sample(TAGS, chance.choice((0, 0, 1, 2)))),
        consents=_consents(chance, now),
        events=tuple(_event(chance, now) for _ in range(chance.choice((0, 0, 1, 2, 4, 7)))),
        first_seen_at=_maybe(chance, _instant(chance, now), 0.1),
        zone=zone,
    )


def _consents(chance: random.Random, now: datetime) -> dict[str, ConsentFact]:
    purposes = ("marketing", "service")
    return {
        purpose: ConsentFact(
            granted=chance.random() < 0.7,
            proven=chance.random() < 0.7,
            at=_maybe(chance, _instant(chance, now), 0.1),
        )
        for purpose in purposes
        if chance.random() < 0.7
    }


def _event(chance: random.Random, now: datetime) -> EventFact:
    name = chance.choice(("purchase", "purchase", "visit", "clicked", "message_received"))
    every = {
        "amount": chance.choice((Decimal(250), Decimal("19.99"), Decimal(-20), Decimal("0.0001"))),
        "pieces": chance.choice((0, 1, 2, 5)),
        "category": chance.choice(("a", "b", "été")),
        "is_gift": chance.random() < 0.5,
        "due_on": _date(chance, now),
        "paid_back_at": _instant(chance, now),
        "labels": tuple(chance.sample(TEXTS, chance.choice((0, 1, 2)))),
        "link": chance.choice(("promo", "home")),
        "template": "winback",
        "run": chance.choice((1, 2)),
        "kind": "text",
    }
    declared = CATALOGUE.events[name].properties
    given = {key: value for key, value in every.items() if key in declared and chance.random() < 0.75}
    # Neighbouring hours fall on one day in one zone and on two in another.
    nearby = now - timedelta(hours=chance.randrange(60))
    return EventFact(name=name, occurred_at=chance.choice((_instant(chance, now), nearby)), properties=given)


# ---- the same people as relations
def create_relations(
    engine: Engine, schema: str, people: tuple[PersonFacts, ...], catalogue: Catalogue
) -> Relations:
    """Make relations of the mart's shape in a schema of their own and fill them."""
    types = {**SHARED_TYPES, **COLUMN_TYPES[engine.dialect]}
    text, texts = types[T.TEXT], types[T.TEXT_LIST]
    attributes = ", ".join(f'"{entry.name}" {types[entry.type]}' for entry in catalogue.stored_attributes())
    properties = ", ".join(f'"p_{name}" {types[kind]}' for name, kind in catalogue.event_properties().items())
    columns = {
        "contact": f"contact_id BIGINT, tags {texts}, {attributes}",
        "consent": f'contact_id BIGINT, purpose {text}, granted BOOLEAN, proven BOOLEAN, "at" TIMESTAMP',
        "event": f"contact_id BIGINT, name {text}, occurred_at TIMESTAMP, {properties}",
        "zone_offset": f"zone {text}, from_utc TIMESTAMP, minutes INTEGER",
    }
    engine.run(f"CREATE SCHEMA {schema}")
    for relation, definition in columns.items():
        engine.run(f"CREATE TABLE {schema}.{relation} ({definition})")
    engine.load(f"{schema}.zone_offset", zone_rows())
    _load_people(engine, schema, people, catalogue)
    return Relations(
        contact=f"{schema}.contact",
        consent=f"{schema}.consent",
        event=f"{schema}.event",
        zone_offset=f"{schema}.zone_offset",
    )


def zone_rows() -> list[tuple[Any, ...]]:
    """Return the offsets of the zones in use."""
    return [
        (zone, instant.replace(tzinfo=None), minutes)
        for zone in (*ZONES, "UTC")
        for instant, minutes in zip(rows_of(zone).instants, rows_of(zone).minutes, strict=True)
    ]


def _cell(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None)
    return list(value) if isinstance(value, tuple) else value


def _load_people(engine: Engine, schema: str, people: tuple[PersonFacts, ...], catalogue: Catalogue) -> None:
    own = {"first_seen_at", "zone"}
    names = [entry.name for entry in catalogue.stored_attributes()]
    engine.load(
        f"{schema}.contact",
        [
            (
                person.contact_id,
                sorted(person.tags),
                *(
                    _cell(getattr(person, name) if name in own else person.attributes.get(name))
                    for name in names
                ),
            )
            for person in people
        ],
    )
    engine.load(
        f"{schema}.consent",
        [
            (person.contact_id, purpose, consent.granted, consent.proven, _cell(consent.at))
            for person in people
            for purpose, consent in person.consents.items()
        ],
    )
    properties = list(catalogue.event_properties())
    engine.load(
        f"{schema}.event",
        [
            (
                person.contact_id,
                event.name,
                _cell(event.occurred_at),
                *(_cell(event.properties.get(name)) for name in properties),
            )
            for person in people
            for event in person.events
        ],
    )


assert offset_minutes("Asia/Kathmandu", NOW) == 345
