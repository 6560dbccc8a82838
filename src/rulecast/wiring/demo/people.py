"""Makes the people of the demonstration: the same seed makes the same people."""

import random
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from rulecast.values.phone import PhoneNumber
from rulecast.values.zone_offsets import offset_minutes

# Five minutes before the rules' window opens where most people live.
STORY_START_LOCAL = datetime(2026, 11, 17, 19, 55)  # noqa: DTZ001 - local time of the zone below
STORY_ZONE = "Africa/Casablanca"
STORY_START = STORY_START_LOCAL.replace(tzinfo=UTC) - timedelta(
    minutes=offset_minutes(STORY_ZONE, STORY_START_LOCAL.replace(tzinfo=UTC))
)
HISTORY_DAYS = 90
# Every event of the past happens in working hours, so that no window of whole days has an edge near one.
EVENT_HOURS = (8, 16)


@dataclass(frozen=True, slots=True)
class Country:
    """Where people live, how their numbers look, what they speak."""

    code: str
    calling_code: str
    mobile_prefixes: tuple[str, ...]
    subscriber_digits: int
    cities: tuple[str, ...]
    languages: tuple[tuple[str, float], ...]
    names: tuple[str, ...]


MOROCCO = Country(
    "MA", "212", ("661", "662", "665", "670", "677"), 6,
    ("Casablanca", "Rabat", "Fès", "Marrakech", "Tanger", "Agadir", "Meknès", "Oujda"),
    (("fr", 0.5), ("ar", 0.42), ("en", 0.05), ("es", 0.03)),
    ("Amina", "Youssef", "Khadija", "Mehdi", "Salma", "Omar", "Nadia", "Rachid", "Imane", "Hamza", "Zineb", "Karim"),
)  # fmt: skip
TUNISIA = Country(
    "TN", "216", ("20", "22", "50", "55", "97", "98"), 6,
    ("Tunis", "Sfax", "Sousse", "Bizerte", "Gabès", "Kairouan"),
    (("ar", 0.55), ("fr", 0.42), ("en", 0.03)),
    ("Mariem", "Ahmed", "Ines", "Sami", "Olfa", "Walid", "Rim", "Anis", "Sonia", "Hatem"),
)  # fmt: skip
FRANCE = Country(
    "FR", "33", ("611", "612", "613", "660", "768"), 6,
    ("Paris", "Lyon", "Marseille", "Toulouse", "Lille", "Nantes"),
    (("fr", 0.9), ("en", 0.07), ("de", 0.03)),
    ("Camille", "Hugo", "Léa", "Louis", "Chloé", "Jules", "Manon", "Noé", "Zoé", "Gaël"),
)  # fmt: skip
# Shares of people who are minors, gave no name, gave no number, live abroad, object to profiling.
MINOR_SHARE, NAMELESS_SHARE, NUMBERLESS_SHARE, ABROAD_SHARE, OBJECTION_SHARE = 0.012, 0.03, 0.01, 0.01, 0.015
COUNTRIES = ((MOROCCO, 0.6), (TUNISIA, 0.22), (FRANCE, 0.18))


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """What one line of the file says about consent; empty text is an empty cell."""

    status: str = ""
    given_on: str = ""
    method: str = ""
    wording_version: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoPerson:
    """One person, with the truth behind the dirty line."""

    number: int
    first_name: str
    phone: PhoneNumber | None
    country: Country
    city: str
    language: str
    birth_date: date
    zone: str
    tags: tuple[str, ...]
    consent: Consent
    objects_to_profiling: bool
    customer_since: date
    # How this person shops: buyer, loyal, lapsed, browser, quiet.
    habit: str

    @property
    def customer(self) -> str:
        """Return the company's own customer number."""
        return f"C{self.number:06d}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoEvent:
    """One thing that a person did."""

    customer: str
    name: str
    occurred_at: datetime
    properties: dict[str, str]


def make_people(chance: random.Random, count: int) -> list[DemoPerson]:
    """Return the people, the four fixed ones first."""
    people = [_fixed(number, facts) for number, facts in enumerate(_FIXED, start=1)]
    people += [_person(chance, number) for number in range(len(people) + 1, count + 1)]
    return people


def make_events(chance: random.Random, people: list[DemoPerson]) -> list[DemoEvent]:
    """Return ninety days of purchases and visits, oldest first."""
    events = [event for person in people for event in _events_of(chance, person)]
    return sorted(events, key=lambda event: (event.occurred_at, event.customer, event.name))


_PROVEN = Consent(status="granted", given_on="2026-03-14", method="web form", wording_version="2026-01")
_Fixed = tuple[str, str, Country, str, str, date, Consent, str]
_FIXED: tuple[_Fixed, ...] = (
    ("Asha", "+212661000001", MOROCCO, "Casablanca", "fr", date(1990, 4, 2), _PROVEN, "loyal"),
    (
        "Bilal", "+212661000002", MOROCCO, "Rabat", "ar", date(1985, 11, 23),
        Consent(status="withdrawn", given_on="2026-09-02", method="agent", wording_version="2026-01"), "lapsed",
    ),
    ("Chitra", "+33612000003", FRANCE, "Lyon", "fr", date(1994, 7, 9), Consent(), "browser"),
    ("Deepa", "+21622000004", TUNISIA, "Tunis", "fr", date(2011, 1, 30), _PROVEN, "browser"),
)  # fmt: skip


def _fixed(number: int, facts: _Fixed) -> DemoPerson:
    name, phone, country, city, language, birth_date, consent, habit = facts
    return DemoPerson(
        number=number, first_name=name, phone=PhoneNumber(phone), country=country, city=city, language=language,
        birth_date=birth_date, zone="", tags=(), consent=consent, objects_to_profiling=False,
        customer_since=date(2024, 5, 6), habit=habit,
    )  # fmt: skip


def _person(chance: random.Random, number: int) -> DemoPerson:
    country = chance.choices([one for one, _ in COUNTRIES], [share for _, share in COUNTRIES])[0]
    is_minor = chance.random() < MINOR_SHARE
    year = chance.randint(2010, 2013) if is_minor else chance.randint(1952, 2006)
    return DemoPerson(
        number=number,
        first_name="" if chance.random() < NAMELESS_SHARE else chance.choice(country.names),
        phone=None if chance.random() < NUMBERLESS_SHARE else _phone(country, number),
        country=country,
        city=chance.choice(country.cities),
        language=chance.choices(
            [one for one, _ in country.languages], [share for _, share in country.languages]
        )[0],
        birth_date=date(year, chance.randint(1, 12), chance.randint(1, 28)),
        # A few live abroad, where it is already late in the evening.
        zone="Asia/Dubai" if chance.random() < ABROAD_SHARE else "",
        tags=tuple(tag for tag, share in (("vip", 0.04), ("newsletter", 0.2)) if chance.random() < share),
        consent=_consent(chance),
        objects_to_profiling=chance.random() < OBJECTION_SHARE,
        customer_since=date(2019, 1, 1) + timedelta(days=chance.randint(0, 2600)),
        habit=chance.choices(("loyal", "buyer", "lapsed", "browser", "quiet"), (0.2, 0.15, 0.3, 0.2, 0.15))[
            0
        ],
    )


def _phone(country: Country, number: int) -> PhoneNumber:
    """Give everybody a number of their own: the person's number decides the digits."""
    prefix = country.mobile_prefixes[number % len(country.mobile_prefixes)]
    return PhoneNumber(f"+{country.calling_code}{prefix}{100_000 + number:0{country.subscriber_digits}d}")


def _consent(chance: random.Random) -> Consent:
    given_on = (date(2025, 12, 1) + timedelta(days=chance.randint(0, 330))).isoformat()
    kind = chance.choices(
        ("proven", "unproven", "denied", "withdrawn", "none"), (0.74, 0.06, 0.03, 0.03, 0.14)
    )[0]
    method = chance.choice(("web form", "shop tablet", "WhatsApp button"))
    match kind:
        case "proven":
            return Consent(status="granted", given_on=given_on, method=method, wording_version="2026-01")
        case "unproven":
            return Consent(status="granted")
        case "denied":
            return Consent(status="denied", given_on=given_on, method=method, wording_version="2026-01")
        case "withdrawn":
            return Consent(
                status="withdrawn", given_on="2026-10-05", method="agent", wording_version="2026-01"
            )
        case _:
            return Consent()


_CATEGORIES = ("shoes", "bags", "home", "kids", "beauty")
# habit -> (recent purchases, older purchases, recent visits): ranges of counts.
_HABITS: dict[str, tuple[tuple[int, int], tuple[int, int], tuple[int, int]]] = {
    "loyal": ((3, 6), (1, 3), (2, 6)),
    "buyer": ((1, 2), (0, 2), (1, 4)),
    "lapsed": ((0, 0), (1, 4), (0, 4)),
    "browser": ((0, 0), (0, 1), (2, 7)),
    "quiet": ((0, 0), (0, 0), (0, 1)),
}


def _events_of(chance: random.Random, person: DemoPerson) -> list[DemoEvent]:
    recent, older, visits = _HABITS[person.habit]
    events = [_purchase(chance, person, chance.randint(1, 29)) for _ in range(chance.randint(*recent))]
    events += [
        _purchase(chance, person, chance.randint(32, HISTORY_DAYS - 2)) for _ in range(chance.randint(*older))
    ]
    events += [
        _event(chance, person, "visit", chance.randint(1, 29), {"page": chance.choice(_CATEGORIES[:3])})
        for _ in range(chance.randint(*visits))
    ]
    return events


def _purchase(chance: random.Random, person: DemoPerson, days_ago: int) -> DemoEvent:
    amount = f"{chance.randint(90, 900)}.{chance.choice(('00', '50', '90'))}"
    return _event(
        chance, person, "purchase", days_ago, {"amount": amount, "category": chance.choice(_CATEGORIES)}
    )


def _event(  # noqa: PLR0917 - one line of a file
    chance: random.Random, person: DemoPerson, name: str, days_ago: int, properties: dict[str, str]
) -> DemoEvent:
    day = STORY_START.date() - timedelta(days=days_ago)
    instant = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(
        seconds=chance.randint(EVENT_HOURS[0] * 3600, EVENT_HOURS[1] * 3600)
    )
    return DemoEvent(customer=person.customer, name=name, occurred_at=instant, properties=properties)
