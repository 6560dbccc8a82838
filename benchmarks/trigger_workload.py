"""The workload of the trigger benchmark as plain values, so that every side can be given the same.

Fifty kinds of events, a few of them frequent (Zipf); rules on one kind each with two to four atoms over forty
attributes, drawn from a pool so that rules share them; some rules also count what the person did in a window of days.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

Plain: TypeAlias = str | int | bool
Kind: TypeAlias = Literal["text", "integer", "instant", "boolean"]
Operator: TypeAlias = Literal["=", "in", "<", ">=", "between", "before", "after"]

EVENT_NAMES = tuple(f"event_{number:02d}" for number in range(50))
CHANNELS = ("shop", "web", "app", "phone", "mail")
KINDS: tuple[Kind, ...] = ("text",) * 18 + ("integer",) * 14 + ("instant",) * 6 + ("boolean",) * 2
ATTRIBUTES: dict[str, Kind] = {f"{kind}_{number:02d}": kind for number, kind in enumerate(KINDS)}
# Values are shared objects, as after a loader that keeps each distinct value once.
TEXTS = tuple(f"v{number}" for number in range(40))
INTEGERS = tuple(range(1_000))
DAY_SECONDS = 86_400
INSTANT_DAYS = 400
NOW_SECONDS = 1_794_941_700  # 2026-11-17 18:55 UTC
WINDOWS_DAYS = (7, 14, 30, 60, 90)
PAST_EVENTS_PER_PERSON = 20
COUNTED_NAMES = EVENT_NAMES[:12]
MISSING = 0.1
WHERE_SHARE = 0.2


@dataclass(frozen=True, slots=True)
class PlainAtom:
    """`attribute operator values`; instants are compared with so many days ago."""

    attribute: str
    operator: Operator
    values: tuple[Plain, ...]


@dataclass(frozen=True, slots=True)
class PlainCount:
    """`did event [where (channel = c)] at least n times in last d days`."""

    event: str
    channel: str | None
    days: int
    minimum: int

    @property
    def name(self) -> str:
        """Return the name under which a side that cannot count is given the number."""
        return f"count_{self.event}_{self.channel or 'any'}_{self.days}"


@dataclass(frozen=True, slots=True)
class PlainRule:
    """A rule: the event it waits for, its atoms, and what it counts."""

    event: str
    channel: str | None
    atoms: tuple[PlainAtom, ...]
    count: PlainCount | None


@dataclass(frozen=True, slots=True)
class PlainEvent:
    """An event of a person, by the place of that person; instants are seconds since 1970."""

    person: int
    name: str
    channel: str
    at_seconds: int


@dataclass(frozen=True, slots=True)
class Workload:
    """Rules, people (attributes by name), what they did before, and the events to be matched."""

    rules: Sequence[PlainRule]
    people: Sequence[dict[str, Plain | None]]
    past: Sequence[Sequence[PlainEvent]]
    events: Sequence[PlainEvent]


def workload_of(rules: int, events: int, people: int, seed: int) -> Workload:
    """Return a workload; atoms are shared as in a workspace of that size: a fifth as many as rules."""
    chance = random.Random(seed)
    atoms = [_atom(chance) for _ in range(max(rules // 5, 300))]
    counts = [_count(chance) for _ in range(max(min(rules // 50, 600), 20))]
    weights = [1 / (place + 1) for place in range(len(EVENT_NAMES))]
    names = chance.choices(EVENT_NAMES, weights, k=rules + events)
    return Workload(
        rules=[_rule(chance, name, atoms, counts) for name in names[:rules]],
        people=[_person(chance) for _ in range(people)],
        past=[_past(chance, person, weights) for person in range(people)],
        events=[
            PlainEvent(chance.randrange(people), name, chance.choice(CHANNELS), NOW_SECONDS - 1)
            for name in names[rules:]
        ],
    )


def _atom(chance: random.Random) -> PlainAtom:
    name, kind = chance.choice(list(ATTRIBUTES.items()))
    match kind:
        case "text":
            texts = [chance.choice(TEXTS) for _ in range(chance.choice((1, 1, 1, 8, 20)))]
            return PlainAtom(name, "=" if len(texts) == 1 else "in", tuple(dict.fromkeys(texts)))
        case "integer":
            low = chance.choice(INTEGERS)
            if chance.random() < 0.3:
                return PlainAtom(name, "between", (low, low + len(INTEGERS) // 5))
            return PlainAtom(name, chance.choice(("<", ">=")), (low,))
        case "instant":
            return PlainAtom(name, chance.choice(("before", "after")), (chance.randrange(1, INSTANT_DAYS),))
        case "boolean":
            return PlainAtom(name, "=", (chance.random() < 0.5,))


def _count(chance: random.Random) -> PlainCount:
    channel = chance.choice((None, None, *CHANNELS))
    days, minimum = chance.choice(WINDOWS_DAYS), chance.choice((1, 1, 2, 3))
    return PlainCount(chance.choice(COUNTED_NAMES), channel, days, minimum)


def _rule(
    chance: random.Random, name: str, atoms: Sequence[PlainAtom], counts: Sequence[PlainCount]
) -> PlainRule:
    channel = chance.choice(CHANNELS) if chance.random() < WHERE_SHARE else None
    count = chance.choice(counts) if chance.random() < 0.3 else None
    return PlainRule(name, channel, tuple(chance.sample(atoms, chance.choice((2, 3, 4)))), count)


def _person(chance: random.Random) -> dict[str, Plain | None]:
    return {
        name: None if chance.random() < MISSING else _value(chance, kind) for name, kind in ATTRIBUTES.items()
    }


def _value(chance: random.Random, kind: Kind) -> Plain:
    match kind:
        case "text":
            return chance.choice(TEXTS)
        case "integer":
            return chance.choice(INTEGERS)
        case "instant":
            return NOW_SECONDS - chance.randrange(INSTANT_DAYS * DAY_SECONDS)
        case "boolean":
            return chance.random() < 0.5


def _past(chance: random.Random, person: int, weights: Sequence[float]) -> list[PlainEvent]:
    number = chance.randrange(2 * PAST_EVENTS_PER_PERSON)
    names = chance.choices(EVENT_NAMES, weights, k=number)
    instants = sorted(NOW_SECONDS - 2 - chance.randrange(100 * DAY_SECONDS) for _ in names)
    return [
        PlainEvent(person, name, chance.choice(CHANNELS), at)
        for name, at in zip(names, instants, strict=True)
    ]


def counts_of(workload: Workload, person: int, counts: Sequence[PlainCount]) -> dict[str, int]:
    """Return how often a person did what each count asks for, by its name; half-open windows."""
    past = workload.past[person]
    return {
        count.name: sum(
            1
            for event in past
            if event.name == count.event
            and count.channel in {None, event.channel}
            and NOW_SECONDS - count.days * DAY_SECONDS <= event.at_seconds < NOW_SECONDS
        )
        for count in counts
    }


def counts_in(rules: Sequence[PlainRule]) -> list[PlainCount]:
    """Return the windows that rules count in, each once."""
    return list({rule.count.name: rule.count for rule in rules if rule.count is not None}.values())
