"""Random conditions on time and people to whom they happen, for comparing wake-ups with a watch on every minute."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from rulecast.rule.engine import ConsentFact, EventFact, PersonFacts, evaluate, next_flip
from rulecast.rule.language import condition as c
from rulecast.values.catalogue import AttributeType
from rulecast.values.zone_offsets import local_time, rows_of, utc_of_local

MINUTE = timedelta(minutes=1)
TICK = timedelta(microseconds=1)
DAY = timedelta(days=1)
# Most random conditions never change; a case that does is worth more.
TRIES_FOR_A_CHANGE = 8
GLANCES = 40
# Each zone in a year in which something happened to its clocks.
ZONE_YEARS = (
    ("Africa/Casablanca", 2026),  # Summer time all year, with a pause in Ramadan.
    ("Africa/El_Aaiun", 2027),
    ("Africa/Cairo", 2026),
    ("America/New_York", 2026),
    ("America/St_Johns", 2026),  # Half an hour beside the others.
    ("America/Sao_Paulo", 2018),  # Changes at midnight: a day begins at one, another has two midnights.
    ("America/Havana", 2026),  # The same, today.
    ("America/Santiago", 2026),
    ("America/Caracas", 2016),  # Half an hour forward for ever.
    ("Antarctica/Troll", 2026),  # Two hours at once.
    ("Asia/Beirut", 2026),
    ("Asia/Kathmandu", 2026),  # Fifteen minutes beside the hour, no change.
    ("Asia/Pyongyang", 2018),
    ("Asia/Tehran", 2022),
    ("Australia/Lord_Howe", 2026),  # Half an hour of summer time.
    ("Europe/Paris", 2026),
    ("Europe/Dublin", 2026),
    ("Europe/Istanbul", 2016),
    ("Pacific/Apia", 2011),  # There was no 30 December.
    ("Pacific/Chatham", 2026),
)
WORKSPACE_ZONES = ("Africa/Casablanca", "America/New_York", "UTC", None)
LENGTHS: tuple[tuple[int, c.Unit], ...] = (
    (30, "minutes"),
    (6, "hours"),
    (1, "days"),
    (2, "days"),
    (1, "weeks"),
    (30, "days"),
)
CAMPAIGNS = ("a", "b")
EVENTS = ("purchase", "visit", "message_received")
T = AttributeType


@dataclass(frozen=True)
class Case:
    """A condition, a person, the workspace, and the stretch of time under watch."""

    condition: c.Condition
    person: PersonFacts
    start: datetime
    end: datetime


def case_of(seed: object, zone: str, start: datetime, end: datetime) -> Case:
    """Return the case of a seed; what it refers to happens so that truth changes inside the stretch, if it can."""
    chance = random.Random(f"{seed} {zone} {start}")
    cases = (_Maker(chance, zone, start, end).case() for _ in range(TRIES_FOR_A_CHANGE))
    return next((case for case in cases if _changes(case)), None) or _Maker(chance, zone, start, end).case()


def _changes(case: Case) -> bool:
    """Return whether a few glances show both answers."""
    step = (case.end - case.start) / GLANCES
    return len({evaluate(case.condition, case.person, case.start + n * step) for n in range(GLANCES)}) > 1


def change_stretches(zone: str, year: int) -> Iterator[tuple[datetime, datetime]]:
    """Yield the days around each change of the zone's clocks in a year; a plain week where there is none."""
    changes = [at for at in rows_of(zone).instants if at.year == year]
    for at in changes or [datetime(year, 6, 1, 12, tzinfo=UTC)]:
        begin = at.replace(second=0) - 30 * timedelta(hours=1)
        yield begin, begin + 60 * timedelta(hours=1)


def watched(case: Case) -> list[bool]:
    """Return the truth at each minute of the stretch, by asking every time."""
    minutes = int((case.end - case.start) / MINUTE)
    return [evaluate(case.condition, case.person, case.start + n * MINUTE) for n in range(minutes)]


def walked(case: Case) -> tuple[list[bool], int, int]:
    """Return the truth at each minute by walking from wake-up to wake-up; how many there were, and how many in vain."""
    minutes = int((case.end - case.start) / MINUTE)
    found: list[bool] = []
    truth = evaluate(case.condition, case.person, case.start)
    at = next_flip(case.condition, case.person, case.start)
    wakes = vain = 0
    for n in range(minutes):
        moment = case.start + n * MINUTE
        while at is not None and at <= moment:
            assert evaluate(case.condition, case.person, at - TICK) is truth, f"woken too late at {at}"
            now_true = evaluate(case.condition, case.person, at)
            wakes, vain = wakes + 1, vain + (now_true is truth)
            truth = now_true
            following = next_flip(case.condition, case.person, at)
            assert following is None or following > at
            at = following
        found.append(truth)
    return found, wakes, vain


class _Maker:
    def __init__(self, chance: random.Random, zone: str, start: datetime, end: datetime) -> None:
        self.chance = chance
        self.zone = zone
        self.start = start
        self.end = end
        self.workspace_zone = chance.choice(WORKSPACE_ZONES)

    def case(self) -> Case:
        person_zone = self.chance.choice((self.zone, self.zone, self.zone, None, "Nowhere/Unknown"))
        if person_zone is None:
            self.workspace_zone = self.zone
        condition = self.condition(2)
        return Case(condition, self.person(person_zone), self.start, self.end)

    # ---- people
    def target(self) -> datetime:
        """An instant in the stretch, to the minute, or a microsecond or some seconds beside."""
        minutes = int((self.end - self.start) / MINUTE)
        beside = self.chance.choice((0, 0, 1, -1, 29_000_000))
        return (
            self.start
            + self.chance.randrange(minutes) * MINUTE
            + self.chance.choice((0, 1)) * timedelta(microseconds=beside)
        )

    def instant(self) -> datetime:
        """An instant from which one of the lengths reaches into the stretch."""
        amount, unit = self.chance.choice((*LENGTHS, (0, "days")))
        length = timedelta(**{unit: amount})
        return self.target() - length * self.chance.choice((1, 1, 1, 2, 3, -1))

    def day(self) -> date:
        amount = self.chance.choice((0, 0, 1, 2, 7, 30, -1, -2, -7))
        return local_time(self.zone, self.target()).date() - timedelta(days=amount)

    def person(self, zone: str | None) -> PersonFacts:
        born = self.day()
        years = self.chance.choice((17, 18, 19, 30))
        attributes = {
            "birth_date": date(born.year - years, born.month, min(born.day, 28)),
            "renewal_on": self.day(),
            "paid_at": self.instant(),
            "orders": self.chance.choice((0, 1, 2)),
        }
        for name in list(attributes):
            if self.chance.random() < 0.1:
                attributes.pop(name)
        # A year has room for more than a weekend.
        most = 9 if self.end - self.start < 30 * DAY else 40
        events = [self.event() for _ in range(self.chance.randrange(1, most))]
        return PersonFacts(
            contact_id=self.chance.randrange(1_000_000),
            attributes=attributes,
            consents={"marketing": ConsentFact(granted=True, proven=True, at=self.instant())},
            events=events,
            first_seen_at=self.chance.choice((None, self.instant(), self.start - 400 * DAY)),
            zone=zone,
        )

    def event(self) -> EventFact:
        properties = {
            "campaign": self.chance.choice(CAMPAIGNS),
            "amount": self.chance.choice((Decimal(10), Decimal("99.99"), Decimal(-10))),
            "due_on": self.day(),
            "paid_back_at": self.instant(),
        }
        for name in list(properties):
            if self.chance.random() < 0.2:
                properties.pop(name)
        return EventFact(name=self.chance.choice(EVENTS), occurred_at=self.instant(), properties=properties)

    # ---- conditions
    def condition(self, depth: int) -> c.Condition:
        kind = self.chance.random() if depth else 1.0
        if kind < 0.15:
            return c.Not(part=self.condition(depth - 1))
        if kind < 0.55:
            parts = tuple(self.condition(depth - 1) for _ in range(self.chance.choice((2, 2, 3))))
            return c.And(parts=parts) if self.chance.random() < 0.5 else c.Or(parts=parts)
        return self.chance.choice(
            (
                self.local_atom,
                self.local_atom,
                self.field_atom,
                self.field_atom,
                self.did,
                self.did,
                self.event_atom,
                self.event_atom,
                self.event_atom,
            )
        )()

    def duration(self, *, days: bool = False) -> c.Duration:
        usable = [one for one in LENGTHS if not days or one[1] in {"days", "weeks"}]
        amount, unit = self.chance.choice(usable)
        return c.Duration(amount=amount, unit=unit)

    def local_atom(self) -> c.Condition:
        zone = self.workspace_zone
        days = tuple(self.chance.sample(list(c.Weekday), self.chance.randrange(1, 7)))
        clocks = [
            time(self.chance.choice((0, 0, 1, 2, 3, 12, 20, 22, 23)), self.chance.choice((0, 0, 15, 30)))
        ]
        clocks.append(
            time((clocks[0].hour + self.chance.choice((1, 2, 12, 23))) % 24, self.chance.choice((0, 45)))
        )
        if clocks[0] == clocks[1]:
            clocks[1] = time(clocks[0].hour, 59)
        return self.chance.choice(
            (
                c.LocalTime(start=clocks[0], end=clocks[1], zone=zone),
                c.LocalWeekday(days=days, zone=zone),
                c.InSegment(name="s", condition=c.LocalWeekday(days=days, zone=zone)),
                c.SilentFor(duration=self.duration()),
                c.ConsentGranted(
                    purpose="marketing",
                    direction=self.chance.choice(("before", "after")),
                    duration=self.duration(),
                ),
            )
        )

    def field_atom(self) -> c.Condition:
        zone = self.workspace_zone
        instant = c.Field(name="paid_at", type=T.INSTANT)
        born = c.Field(name="birth_date", type=T.DATE)
        return self.chance.choice(
            (
                *self.dated(c.Field(name="renewal_on", type=T.DATE)),
                *self.timed(instant),
                # Computed from the messages.
                *self.timed(c.Field(name="last_inbound_at", type=T.INSTANT)),
                c.Presence(field=c.Field(name="last_inbound_at", type=T.INSTANT), is_set=True),
                c.Anniversary(field=born, days=self.chance.choice((1, 2, 7, 30)), zone=zone),
                self.age(c.Field(name="age", type=T.INTEGER, years_since="birth_date", zone=zone)),
                c.Comparison(
                    field=c.Field(name="orders", type=T.INTEGER), operator=">", value=c.Constant(value=0)
                ),
            )
        )

    def age(self, age: c.Field) -> c.Condition:
        years = self.chance.choice((18, 19, 30))
        return self.chance.choice(
            (
                c.Comparison(
                    field=age,
                    operator=self.chance.choice(("=", "!=", "<", "<=", ">", ">=")),
                    value=c.Constant(value=years),
                ),
                c.Between(field=age, low=c.Constant(value=18), high=c.Constant(value=years)),
                c.OneOf(field=age, values=(c.Constant(value=years), c.Constant(value=17))),
            )
        )

    def dated(self, name: c.Field) -> tuple[c.Ago | c.FieldWindow, ...]:
        zone = self.workspace_zone
        return (
            c.Ago(
                field=name,
                direction=self.chance.choice(("before", "after")),
                duration=self.duration(days=True),
                zone=zone,
            ),
            c.FieldWindow(
                field=name,
                direction=self.chance.choice(("next", "last")),
                duration=self.duration(days=True),
                zone=zone,
            ),
        )

    def timed(self, name: c.Field) -> tuple[c.Ago | c.FieldWindow, ...]:
        return (
            c.Ago(field=name, direction=self.chance.choice(("before", "after")), duration=self.duration()),
            c.FieldWindow(
                field=name, direction=self.chance.choice(("next", "last")), duration=self.duration()
            ),
        )

    def pattern(self) -> c.EventPattern:
        name = self.chance.choice(EVENTS)
        return c.EventPattern(event=name, where=self.where() if self.chance.random() < 0.4 else None)

    def where(self) -> c.Condition:
        occurred = c.Field(name="occurred_at", type=T.INSTANT)
        atom = self.chance.choice(
            (
                c.Comparison(
                    field=c.Field(name="campaign", type=T.TEXT), operator="=", value=c.Constant(value="a")
                ),
                *self.dated(c.Field(name="due_on", type=T.DATE)),
                *self.timed(c.Field(name="paid_back_at", type=T.INSTANT)),
                *self.timed(occurred),
            )
        )
        return c.Not(part=atom) if self.chance.random() < 0.3 else atom

    def window(self, *, first: bool = True) -> c.Window | None:
        pattern = c.EventPattern(event="visit") if self.chance.random() < 0.5 else None
        short, long = sorted((self.duration(), self.duration()), key=lambda one: one.length)
        begin = self.target()
        day = local_time(self.zone, begin).date()
        return self.chance.choice(
            (
                None,
                c.LastWindow(duration=self.duration()),
                c.LastWindow(duration=self.duration()),
                c.CalendarWindow(
                    amount=self.chance.choice((1, 2, 3)),
                    unit=self.chance.choice(("days", "days", "weeks", "months")),
                    zone=self.workspace_zone,
                ),
                c.AbsoluteWindow(start=c.Constant(value=begin), end=c.Constant(value=begin + DAY)),
                c.DayWindow(
                    day=c.Constant(value=day),
                    start=utc_of_local(self.zone, day),
                    end=utc_of_local(self.zone, day + DAY),
                ),
                c.AgoWindow(start=long, end=short),
                c.BeforeWindow(duration=self.duration()),
                *((c.FirstWindow(duration=self.duration(), anchor=pattern),) if first else ()),
            )
        )

    def did(self) -> c.Condition:
        minimum, maximum = self.chance.choice(
            ((1, None), (2, None), (1, None), (0, 1), (0, 0), (2, 2), (1, 2))
        )
        return c.Did(
            pattern=self.pattern(),
            minimum=minimum,
            maximum=maximum,
            window=self.window(),
            negated=self.chance.random() < 0.3,
        )

    def aggregate(self) -> c.Aggregate:
        kind = self.chance.choice(("count", "sum", "average", "smallest", "largest", "distinct"))
        amount = c.Field(name="amount", type=T.DECIMAL)
        pattern = c.EventPattern(event="purchase", where=self.where() if self.chance.random() < 0.3 else None)
        return c.Aggregate(
            kind=kind, pattern=pattern, property=None if kind == "count" else amount, window=self.window()
        )

    def measure(self) -> c.Condition:
        other: c.Expression = self.chance.choice(
            (
                c.Constant(value=self.chance.choice((0, 1, 2, Decimal("99.99")))),
                self.aggregate(),
                c.Field(name="orders", type=T.INTEGER),
                c.Field(name="age", type=T.INTEGER, years_since="birth_date", zone=self.workspace_zone),
                c.Arithmetic(operator="*", left=c.Constant(value=2), right=self.aggregate()),
            )
        )
        left: c.Expression = self.aggregate()
        if self.chance.random() < 0.3:
            left = c.Arithmetic(
                operator=self.chance.choice(("+", "-", "*", "/")), left=left, right=self.aggregate()
            )
        return c.Measure(
            left=left, operator=self.chance.choice(("=", "!=", "<", "<=", ">", ">=")), right=other
        )

    def event_atom(self) -> c.Condition:
        return self.chance.choice(
            (self.measure, self.periods, self.then, self.edge, self.gap, self.per_key)
        )()

    def periods(self) -> c.Condition:
        return c.DidInPeriods(
            pattern=self.pattern(),
            minimum=self.chance.choice((1, 2)),
            unit=self.chance.choice(("days", "days", "weeks", "months")),
            window=self.window(),
            negated=self.chance.random() < 0.3,
            zone=self.workspace_zone,
            named_zone=self.chance.choice((None, "Pacific/Apia", "Asia/Kathmandu")),
        )

    def then(self) -> c.Condition:
        return c.DidThen(
            first=self.pattern(),
            second=self.pattern(),
            then_not=self.chance.random() < 0.5,
            within=self.duration(),
            same=self.chance.choice(((), ("campaign",))),
            window=self.window(),
            first_only=self.chance.random() < 0.3,
        )

    def edge(self) -> c.Condition:
        return c.EdgeEvent(
            which=self.chance.choice(("first", "last")),
            pattern=self.pattern(),
            has=self.where(),
            window=self.window(),
        )

    def gap(self) -> c.Condition:
        return c.Gap(
            which=self.chance.choice(("longest", "shortest", "average", "last")),
            pattern=self.pattern(),
            operator=self.chance.choice(("<", "<=", ">", ">=")),
            duration=self.duration(),
            window=self.window(),
        )

    def per_key(self) -> c.Condition:
        inner = c.And(parts=(self.did(), self.chance.choice((self.did, self.measure_only))()))
        return c.PerKey(
            keys=self.chance.choice((("campaign",), ("day",), ("campaign", "day"))),
            condition=inner,
            zone=self.workspace_zone,
        )

    def measure_only(self) -> c.Condition:
        return c.Measure(left=self.aggregate(), operator=">", right=c.Constant(value=1))
