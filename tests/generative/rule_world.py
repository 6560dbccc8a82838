"""Small worlds of people for the rule engines: every type, missing values, instants on the edges of windows."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

from tests.generative.rule_values import DECIMAL_MAX, INTEGERS, TAGS, TEXTS

from rulecast.rule.engine import ConsentFact, EventFact, PersonFacts
from rulecast.values.catalogue import (
    Attribute,
    AttributeType,
    Catalogue,
    Coordinates,
    EventDefinition,
    Place,
    Template,
)
from rulecast.values.zone_offsets import offset_minutes

T = AttributeType
NOW = datetime(2026, 11, 17, 18, 55, tzinfo=UTC)
# The first is a plain evening; the others: a change of clocks, and a leap day for birthdays.
INSTANTS = (
    NOW,
    datetime(2026, 3, 29, 1, 0, tzinfo=UTC),
    datetime(2024, 2, 29, 20, 59, 59, 999_999, tzinfo=UTC),
    # New year in half of the world, and the hour in which New York sets its clocks back.
    datetime(2026, 12, 31, 11, 30, tzinfo=UTC),
    datetime(2026, 11, 1, 6, 30, tzinfo=UTC),
)
ZONES = ("Africa/Casablanca", "Europe/Paris", "Asia/Kathmandu", "America/New_York", "Pacific/Kiritimati")
UNKNOWN_ZONE = "Mars/Olympus"
PEOPLE_COUNT = 120
EVENTS = ("purchase", "visit", "clicked", "message_received")

CATALOGUE = Catalogue.of(
    attributes=[
        Attribute(name="plan", type=T.TEXT),
        Attribute(name="orders", type=T.INTEGER),
        Attribute(name="balance", type=T.DECIMAL),
        Attribute(name="is_vip", type=T.BOOLEAN),
        Attribute(name="joined_on", type=T.DATE),
        Attribute(name="paid_at", type=T.INSTANT),
        Attribute(name="interests", type=T.TEXT_LIST),
        Attribute(name="location", type=T.PLACE),
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
    places=[
        Place(name="maarif", latitude=Decimal("33.5731"), longitude=Decimal("-7.6298")),
        Place(name="fiji", latitude=Decimal("-17.8"), longitude=Decimal("179.95")),
    ],
    labels={"churn_risk": ("low", "high"), "lifecycle": ("new", "lost")},
)
# Names of attributes and properties to be drawn; words of SQL among them, and each has its type for good.
NAMES = (
    "plan",
    "order",
    "select",
    "user",
    "level",
    "total",
    "from_x",
    "limit",
    "score",
    "worth",
    "rank",
    "state",
)
ATTRIBUTE_KINDS = (
    T.TEXT,
    T.TEXT,
    T.INTEGER,
    T.DECIMAL,
    T.BOOLEAN,
    T.DATE,
    T.INSTANT,
    T.TEXT_LIST,
    T.PLACE,
)
PROPERTY_KINDS = (
    T.TEXT,
    T.TEXT,
    T.INTEGER,
    T.INTEGER,
    T.DECIMAL,
    T.BOOLEAN,
    T.DATE,
    T.INSTANT,
    T.TEXT_LIST,
)


@dataclass(frozen=True, kw_only=True)
class World:
    people: tuple[PersonFacts, ...]
    now: datetime
    catalogue: Catalogue = CATALOGUE
    events: tuple[str, ...] = EVENTS


@cache
def world_of(seed: int) -> World:
    """Return the people of a seed; many instants lie exactly on, or a microsecond beside, the edge of a window."""
    chance = random.Random(seed)
    now = INSTANTS[seed % len(INSTANTS)]
    return _world(chance, now, CATALOGUE, EVENTS, PEOPLE_COUNT)


def random_world(chance: random.Random, people_count: int) -> World:
    """Return a catalogue of its own, and people of it, at one of the instants."""
    attributes = [
        Attribute(name=f"a_{name}", type=chance.choice(ATTRIBUTE_KINDS))
        for name in chance.sample(NAMES, chance.choice((4, 6, 8)))
    ]
    kinds = {name: chance.choice(PROPERTY_KINDS) for name in NAMES}
    events = [
        EventDefinition(
            name=event,
            properties={name: kinds[name] for name in chance.sample(NAMES, chance.choice((1, 3, 5)))},
        )
        for event in chance.sample(("purchase", "signup", "table", "refund"), chance.choice((1, 2, 3)))
    ]
    catalogue = Catalogue.of(
        attributes=attributes,
        events=events,
        default_zone=chance.choice((*ZONES, "UTC")),
        places=CATALOGUE.places.values(),
        labels=CATALOGUE.labels,
    )
    names = (*(event.name for event in events), *chance.sample(EVENTS[2:], 1))
    return _world(chance, chance.choice(INSTANTS), catalogue, names, people_count)


def _world(
    chance: random.Random, now: datetime, catalogue: Catalogue, events: tuple[str, ...], people_count: int
) -> World:
    drawing = _Drawing(chance=chance, now=now, catalogue=catalogue, events=events)
    people = tuple(drawing.person(number) for number in range(people_count))
    return World(people=people, now=now, catalogue=catalogue, events=events)


@dataclass(frozen=True, kw_only=True)
class _Drawing:
    chance: random.Random
    now: datetime
    catalogue: Catalogue
    events: Sequence[str]

    def person(self, number: int) -> PersonFacts:
        chance = self.chance
        own = {"first_seen_at", "zone"}
        attributes = {
            entry.name: self._maybe(self._attribute(entry))
            for entry in self.catalogue.stored_attributes()
            if entry.name not in own
        }
        return PersonFacts(
            contact_id=number,
            attributes=attributes,
            tags=frozenset(chance.sample(TAGS, chance.choice((0, 0, 1, 2)))),
            labels=self._labels(),
            consents=self._consents(),
            events=tuple(self._event() for _ in range(chance.choice((0, 0, 1, 2, 4, 7)))),
            first_seen_at=self._maybe(self._instant(), 0.1),
            zone=self._maybe(chance.choice((*ZONES, *ZONES, UNKNOWN_ZONE, "")), 0.2),
        )

    def _maybe(self, value: Any, missing: float = 0.3) -> Any:
        return None if self.chance.random() < missing else value

    def _attribute(self, entry: Attribute) -> Any:
        match entry.name:
            case "country":
                return self.chance.choice(("ma", "fr"))
            case "language":
                return self.chance.choice(("fr", "pt_BR"))
            case "birth_date":
                return self._born()
            case _:
                return self._value(entry.type)

    def _value(self, kind: T) -> Any:  # noqa: PLR0911 - one return per type
        chance = self.chance
        match kind:
            case T.TEXT:
                return chance.choice((*TEXTS, ""))
            case T.INTEGER:
                return chance.choice((*INTEGERS, 3))
            case T.DECIMAL:
                return chance.choice((Decimal(0), Decimal("0.0001"), Decimal("-3.5"), DECIMAL_MAX))
            case T.BOOLEAN:
                return chance.random() < 0.5
            case T.DATE:
                return self._born() if chance.random() < 0.3 else self._date()
            case T.INSTANT:
                return self._instant()
            case T.TEXT_LIST:
                return tuple(chance.sample(TEXTS, chance.choice((0, 1, 2, 3))))
            case T.PLACE:
                return self._place()

    def _place(self) -> Coordinates:
        near = self.chance.choice(((33.5731, -7.6298), (-17.8, 179.95), (89.5, 10.0), (0.0, 0.0)))
        reach = self.chance.choice((0.0, 0.01, 0.2, 3.0, 40.0))
        latitude = near[0] + self.chance.uniform(-reach, reach)
        longitude = near[1] + self.chance.uniform(-reach, reach)
        return Coordinates(
            latitude=max(-90.0, min(90.0, latitude)), longitude=(longitude + 180.0) % 360.0 - 180.0
        )

    def _instant(self) -> datetime:
        steps = (0, 1, 2, 4, 6, 8, 14, 15, 28, 60, 120, 200, 700, -1, -14, -60)
        edge = self.now - timedelta(hours=12) * self.chance.choice(steps)
        shift = self.chance.choice((-1, 0, 0, 1, 3_600_000_000 * self.chance.randrange(24)))
        return edge + timedelta(microseconds=shift)

    def _date(self) -> date:
        return self.now.date() - timedelta(
            days=self.chance.choice((0, 1, 2, 3, 7, 8, 30, 31, 365, 366, -1, -6, -7, -8))
        )

    def _born(self) -> date:
        years = self.chance.choice((1, 4, 17, 18, 18, 19, 30, 31, 65, 70))
        day = (self.now + timedelta(hours=1)).date()
        born = day.replace(year=day.year - years, day=min(day.day, 28))
        return born + timedelta(days=self.chance.choice((-1, 0, 1, 2, 6, 7, 40, 364)))

    def _labels(self) -> frozenset[str]:
        found: set[str] = set()
        for name, values in self.catalogue.labels.items():
            if self.chance.random() < 0.5:
                found.add(name)
                if self.chance.random() < 0.8:
                    found.add(f"{name}={self.chance.choice(values)}")
        return frozenset(found)

    def _consents(self) -> dict[str, ConsentFact]:
        return {
            purpose: ConsentFact(
                granted=self.chance.random() < 0.7,
                proven=self.chance.random() < 0.7,
                at=self._maybe(self._instant(), 0.1),
            )
            for purpose in ("marketing", "service")
            if self.chance.random() < 0.7
        }

    def _event(self) -> EventFact:
        name = self.chance.choice(self.events)
        given = {
            key: self._property(key, kind)
            for key, kind in self.catalogue.events[name].properties.items()
            if self.chance.random() < 0.75
        }
        # Neighbouring hours fall on one day in one zone and on two in another.
        nearby = self.now - timedelta(hours=self.chance.randrange(60))
        at = self.chance.choice((self._instant(), nearby))
        return EventFact(name=name, occurred_at=at, properties=given)

    def _property(self, name: str, kind: T) -> Any:
        """Return a value of few, so that keys and sequences find equal ones."""
        match kind:
            case T.TEXT:
                return self.chance.choice({"link": ("promo", "home")}.get(name, TEXTS[:3]))
            case T.INTEGER:
                return self.chance.choice((0, 1, 2, 5, -2, 10**17))
            case T.DECIMAL:
                return self.chance.choice((Decimal(250), Decimal("19.99"), Decimal(-20), DECIMAL_MAX))
            case _:
                return self._value(kind)


assert offset_minutes("Asia/Kathmandu", NOW) == 345
