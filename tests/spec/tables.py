"""Reading the small tables of the specification into people."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from rulecast.rule.engine import ConsentFact, EventFact, PersonFacts
from rulecast.values.catalogue import (
    Attribute,
    AttributeType,
    Catalogue,
    Coordinates,
    DataClass,
    EventDefinition,
    Medium,
    Place,
    Template,
    fold_text,
)

T = AttributeType
NOW = datetime(2026, 11, 17, 18, 55, tzinfo=UTC)
CATALOGUE = Catalogue.of(
    attributes=[
        Attribute(name="orders", type=T.INTEGER),
        Attribute(name="balance", type=T.DECIMAL),
        Attribute(name="is_member", type=T.BOOLEAN),
        Attribute(name="joined_on", type=T.DATE),
        Attribute(name="paid_at", type=T.INSTANT),
        Attribute(name="interests", type=T.TEXT_LIST),
        Attribute(name="location", type=T.PLACE),
        Attribute(name="support_level", type=T.TEXT, purpose="service"),
        Attribute(name="illness", type=T.TEXT, data_class=DataClass.SENSITIVE),
    ],
    events=[
        EventDefinition(
            name="purchase",
            properties={
                "amount": T.DECIMAL,
                "category": T.TEXT,
                "pieces": T.INTEGER,
                "is_gift": T.BOOLEAN,
                "products": T.TEXT_LIST,
                "number": T.INTEGER,
            },
        ),
        EventDefinition(name="campaign", properties={"number": T.INTEGER, "category": T.TEXT}),
        EventDefinition(name="redemption", properties={"number": T.INTEGER}),
        EventDefinition(name="visit", retention_days=90),
    ],
    templates=[
        Template(name="winback", languages=("fr", "ar", "en"), parameters=("name",), links=("promo",)),
        Template(
            name="farewell",
            languages=("fr", "ar"),
            parameters=("name",),
            translations={"fr": ("name",), "ar": ()},
        ),
        Template(name="poster", languages=("fr",), parameters=("name",), media_headers=("IMAGE",)),
        Template(name="clip", languages=("fr",), media_headers=("VIDEO",)),
    ],
    numbers=("casablanca_main",),
    default_zone="Africa/Casablanca",
    places=[Place(name="maarif", latitude=Decimal("33.5867"), longitude=Decimal("-7.6323"))],
    segments={
        "regulars": "orders >= 3",
        "rabat_regulars": 'in segment "regulars" and city = "Rabat"',
        "loop": 'in segment "pool"',
        "pool": 'not in segment "loop"',
    },
    labels={"churn_risk": ("low", "high")},
    recipients=("ops",),
    teams=("support",),
    coupon_pools=("spring", "winback_codes"),
    media=[
        Medium(name="sale", kind="image", templates=("poster",)),
        Medium(name="dance", kind="video"),
    ],
)
TRUTHS = ("TT", "TF", "TM", "FT", "FF", "FM", "MT", "MF", "MM")
NAMES = ("Asha", "Bilal", "Chitra", "Deepa", *TRUTHS, "Elif")
IDS = {name: number for number, name in enumerate(NAMES, start=1)}


@dataclass(frozen=True, kw_only=True)
class Chapter:
    """One chapter of the manual: what it says, the people, and conditions with the people they are true for."""

    title: str
    text: str
    people: str
    cases: tuple[tuple[str, str], ...]
    events: str = ""
    now: datetime = NOW


def rows_of(table: str) -> list[dict[str, str]]:
    """Return the rows of a table; cells are parted by bars, the first line names the columns."""
    lines = [[cell.strip() for cell in line.split("|")] for line in table.strip().splitlines()]
    header, *rows = lines
    return [dict(zip(header, row, strict=True)) for row in rows]


def people_of(chapter: Chapter) -> tuple[PersonFacts, ...]:
    """Return the people of a chapter with their events."""
    events = rows_of(chapter.events) if chapter.events else []
    return tuple(
        _person(row, [event for event in events if event["person"] == row["person"]], chapter.now)
        for row in rows_of(chapter.people)
    )


def instant_of(cell: str, now: datetime = NOW) -> datetime:
    """Return `3 days ago`, `12 hours ago`, `now`, a date or an instant as an instant."""
    if cell == "now":
        return now
    if cell.endswith(" ago"):
        amount, unit, _ = cell.split()
        return now - timedelta(**{unit if unit.endswith("s") else unit + "s": int(amount)})
    return datetime.fromisoformat(cell.removesuffix("Z")).replace(tzinfo=UTC)


def _place(cell: str) -> Coordinates:
    latitude, longitude = cell.split()
    return Coordinates(latitude=float(latitude), longitude=float(longitude))


READERS: dict[AttributeType, Any] = {
    T.TEXT: fold_text,
    T.INTEGER: int,
    T.DECIMAL: Decimal,
    T.BOOLEAN: lambda cell: cell == "true",
    T.DATE: date.fromisoformat,
    T.INSTANT: instant_of,
    T.TEXT_LIST: lambda cell: tuple(fold_text(part.strip()) for part in cell.split(",")),
    T.PLACE: _place,
}


def _person(row: dict[str, str], events: list[dict[str, str]], now: datetime) -> PersonFacts:
    known = {name: cell for name, cell in row.items() if cell and name in CATALOGUE.attributes}
    seen = row.get("first_seen_at")
    return PersonFacts(
        contact_id=IDS[row["person"]],
        attributes={
            name: _attribute(CATALOGUE.attributes[name], cell, now)
            for name, cell in known.items()
            if name not in {"first_seen_at", "zone"}
        },
        tags=frozenset(_parts(row.get("tags", ""))),
        labels=frozenset(
            known for part in _parts(row.get("labels", "")) for known in (part, part.partition("=")[0])
        ),
        consents=_consents(row.get("marketing consent", ""), now),
        events=tuple(_event(event, now) for event in events),
        first_seen_at=instant_of(seen, now) if seen else None,
        zone=row.get("zone") or None,
    )


def _parts(cell: str) -> list[str]:
    return [part.strip() for part in cell.split(",") if part.strip()]


def _attribute(attribute: Attribute, cell: str, now: datetime) -> Any:
    if attribute.type is T.TEXT:
        return attribute.stored_text(cell)
    return instant_of(cell, now) if attribute.type is T.INSTANT else READERS[attribute.type](cell)


def _consents(cell: str, now: datetime) -> dict[str, ConsentFact]:
    if not cell:
        return {}
    state, _, at = cell.partition(", ")
    since = instant_of(at, now) if at else None
    return {"marketing": ConsentFact(granted=state != "withdrawn", proven=state != "unproven", at=since)}


def _event(row: dict[str, str], now: datetime) -> EventFact:
    kinds = CATALOGUE.events[row["event"]].properties
    properties = {name: READERS[kinds[name]](cell) for name, cell in row.items() if name in kinds and cell}
    return EventFact(name=row["event"], occurred_at=instant_of(row["at"], now), properties=properties)
