"""What a seed draws: people, runs, and which faults this world has. Each world has some of them, few have all."""

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from tests.simulation.memory_database import Weather
from tests.simulation.meta import CODES, Climate

# Where people live, and how far east of UTC their clocks are in that week; the checks count with these figures.
PLACES = (
    ("FR", "Europe/Paris", 60),
    ("BR", "America/Sao_Paulo", -180),
    ("IN", "Asia/Kolkata", 330),
    ("NP", "Asia/Kathmandu", 345),
)
# In Paris: the evening, the hour in which the quiet hours begin, the one in which they end, and the afternoon.
STARTS = (
    datetime(2026, 11, 17, 17, 30, tzinfo=UTC),
    datetime(2026, 11, 17, 19, 35, tzinfo=UTC),
    datetime(2026, 11, 18, 7, 40, tzinfo=UTC),
    datetime(2026, 11, 18, 13, 0, tzinfo=UTC),
)
CAMPAIGN = timedelta(hours=1)
# Faults come in this part of the run, in seconds of the machine's own clock.
FAULTS_SECONDS = 4.0


# Every fifth person, by number, so that no other draw changes.
OWN_HOURS_REMAINDER = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody of the plan; consent is granted, unproven, withdrawn or missing."""

    contact_id: int
    country: str
    zone: str
    offset_minutes: int
    consent: str

    @property
    def has_own_hours(self) -> bool:
        """Return whether the person wants a longer night than the workspace's."""
        return self.contact_id % 5 == OWN_HOURS_REMAINDER

    @property
    def quiet_hours(self) -> str:
        """Return the night the person named, a quarter of an hour longer at either end."""
        return "20:45-09:15" if self.has_own_hours else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnRun:
    """One run: whom it is for, in how many batches, until when, within which budget."""

    run_id: int
    rule_name: str
    purpose: str
    contact_ids: tuple[int, ...]
    batches: int
    lasts: timedelta
    budget_e4: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happens at an instant of the machine's clock."""

    at_seconds: float
    what: str
    whom: int = 0
    for_seconds: float = 0.0


@dataclass(slots=True, kw_only=True)
class Drawn:
    """A whole world before it runs."""

    seed: int
    start: datetime
    people: list[Person]
    runs: list[DrawnRun]
    climate: Climate
    weather: Weather
    events: list[Event]
    deaths: list[int]
    freezes: list[tuple[int, float]]
    slots: int
    throughput: int
    lease_seconds: float
    template_ramp: tuple[int, ...]
    has_second_sender: bool
    racers: set[int]
    faults: list[str] = field(default_factory=list)


def draw(seed: int) -> Drawn:
    """Return the world of a seed."""
    chance = random.Random(seed)
    people = [_person(chance, number) for number in range(1, chance.randint(6, 15))]
    climate, named = _climate(chance)
    weather = Weather()
    if chance.random() < 0.3:
        weather.doubtful_commits = chance.choice((0.02, 0.1, 0.5))
        named.append("doubtful_commits")
    if chance.random() < 0.2:
        weather.lost_statements = 0.01
        named.append("lost_statements")
    if chance.random() < 0.4:
        weather.slow_statements = chance.choice((0.02, 0.1))
        named.append("slow_statements")
    events = _events(chance, people, named)
    deaths = [chance.randint(20, 900) for _ in range(chance.choice((0, 0, 1, 2, 3)))]
    freezes = [
        (chance.randint(50, 900), chance.uniform(0.5, 6.0)) for _ in range(chance.choice((0, 0, 0, 1, 2)))
    ]
    races = chance.choice((0.0, 0.7))
    named += ["races"] * bool(races)
    named += ["deaths"] * bool(deaths) + ["freezes"] * bool(freezes)
    return Drawn(
        seed=seed,
        start=chance.choice(STARTS),
        people=people,
        runs=_runs(chance, people),
        climate=climate,
        weather=weather,
        events=events,
        deaths=deaths,
        freezes=freezes,
        slots=chance.choice((2, 4, 10)),
        throughput=chance.choice((5, 20, 80)),
        lease_seconds=chance.choice((1.0, 2.0, 4.0)),
        template_ramp=(3, 5, 1000) if chance.random() < 0.2 else (),
        has_second_sender=chance.random() < 0.4,
        racers={one.contact_id for one in people if chance.random() < races},
        faults=named,
    )


def _person(chance: random.Random, number: int) -> Person:
    country, zone, offset_minutes = chance.choice(PLACES)
    consent = chance.choices(("granted", "unproven", "withdrawn", "missing"), (90, 4, 3, 3))[0]
    return Person(
        contact_id=number, country=country, zone=zone, offset_minutes=offset_minutes, consent=consent
    )


def _runs(chance: random.Random, people: list[Person]) -> list[DrawnRun]:
    names = [
        ("winback", "marketing"),
        ("promo", "marketing"),
        ("news", "marketing"),
        ("receipt", "transactional"),
    ]
    runs = []
    for number, (rule_name, purpose) in enumerate(names[: chance.choice((1, 2, 3, 4))], 1):
        chosen = tuple(one.contact_id for one in people if chance.random() < 0.8)
        runs.append(
            DrawnRun(
                run_id=number,
                rule_name=rule_name,
                purpose=purpose,
                contact_ids=chosen,
                batches=chance.choice((1, 2, 4)),
                lasts=chance.choice((CAMPAIGN, CAMPAIGN, timedelta(days=2))),
                budget_e4=41_400 * max(1, len(chosen) // 2) if chance.random() < 0.2 else None,
            )
        )
    return runs


def _climate(chance: random.Random) -> tuple[Climate, list[str]]:
    climate = Climate(answer_seconds=chance.choice((0.03, 0.08, 0.3)))
    named = []
    shares = {
        "refused_connections": 0.1,
        "lost_answers": 0.1,
        "lost_requests": 0.05,
        "stalls": 0.04,
        "server_errors": 0.1,
        "gateway_pages": 0.1,
        "empty_answers": 0.05,
        "held": 0.1,
        "failed_later": 0.15,
        "lost_statuses": 0.3,
        "doubled_statuses": 0.4,
        "late_statuses": 0.4,
    }
    for name, share in shares.items():
        if chance.random() < 0.3:
            setattr(climate, name, share)
            named.append(name)
    if chance.random() < 0.4:
        climate.codes = chance.choice((0.03, 0.15))
        climate.which_codes = tuple(chance.sample(CODES, chance.choice((1, 3))))
        named.append(f"codes {climate.which_codes}")
    return climate, named


def _events(chance: random.Random, people: list[Person], named: list[str]) -> list[Event]:
    events: list[Event] = []
    leaving = [one for one in people if chance.random() < 0.3]
    if chance.random() < 0.6:
        named.append("opt_outs")
        for one in leaving:
            at = chance.uniform(0.0, FAULTS_SECONDS)
            events.append(Event(at_seconds=at, what="opt_out", whom=one.contact_id))
            if chance.random() < 0.3:
                events.append(
                    Event(at_seconds=at + chance.uniform(0.1, 3.0), what="opt_in", whom=one.contact_id)
                )
    if chance.random() < 0.3:
        named.append("withdrawals")
        events += [
            Event(at_seconds=chance.uniform(0.0, FAULTS_SECONDS), what="withdraw", whom=one.contact_id)
            for one in people
            if chance.random() < 0.15
        ]
    for what, share in (("stop_all", 0.3), ("stop_rule", 0.2), ("stop_number", 0.2), ("outage", 0.25)):
        if chance.random() < share:
            named.append(what)
            events.append(
                Event(
                    at_seconds=chance.uniform(0.0, FAULTS_SECONDS),
                    what=what,
                    for_seconds=chance.uniform(0.3, 3.0),
                )
            )
    if chance.random() < 0.15:
        named.append("clock_jump")
        events.append(Event(at_seconds=chance.uniform(0.5, FAULTS_SECONDS), what="clock_jump"))
    return sorted(events, key=lambda one: one.at_seconds)
