"""What a seed draws beside its faults, of a chance of its own: shared limits, codes, later steps, incidents.

So that a world keeps its faults when something is added here.
"""

import random
from dataclasses import dataclass

from tests.simulation.drawn import FAULTS_SECONDS, Event, Person

POOL = "codes"
# What the machine hears of: slower first, marketing held at once, everything stopped.
SIGNALS = (
    ("quality", "number"),
    ("alert:FLOOD", "waba"),
    ("ban:scheduled", "waba"),
    ("broken:accepted_twice", "workspace"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Extras:
    """What there is in a world beside its runs; None is no limit, and no pool."""

    numbers: tuple[str, ...]
    people_max: int | None
    codes: int | None
    has_later_step: bool
    events: tuple[Event, ...]
    signals: tuple[tuple[str, str], ...]

    @property
    def names(self) -> list[str]:
        """Return what this world has, as its faults are named."""
        found = {
            "two_numbers": len(self.numbers) > 1,
            "people_limit": self.people_max is not None,
            "codes_of_a_pool": self.codes is not None,
            "later_steps": self.has_later_step,
            "incidents": bool(self.signals),
        }
        return [name for name, is_there in found.items() if is_there]


def draw_extras(seed: int, people: list[Person]) -> Extras:
    """Return what a seed draws."""
    chance = random.Random(seed * 15_485_863 + 11)
    numbers = ("1", "2") if chance.random() < 0.15 else ("1",)
    is_limited = chance.random() < (0.6 if len(numbers) > 1 else 0.15)
    people_max = chance.randint(2, max(3, len(people))) if is_limited else None
    codes = chance.randint(0, 2 * len(people)) if chance.random() < 0.25 else None
    has_later_step = chance.random() < 0.15
    signals = [chance.choice(SIGNALS) for _ in range(chance.choice((0, 0, 0, 1, 2)))]
    # Early, while there is much to send that has to rest or to go slower.
    events = [
        Event(at_seconds=chance.uniform(0.0, FAULTS_SECONDS / 4), what="signal", whom=place)
        for place in range(len(signals))
    ]
    if has_later_step:
        events += [
            Event(at_seconds=chance.uniform(0.5, 2 * FAULTS_SECONDS), what="reply", whom=one.contact_id)
            for one in people
            if chance.random() < 0.5
        ]
    return Extras(
        numbers=numbers,
        people_max=people_max,
        codes=codes,
        has_later_step=has_later_step,
        events=tuple(events),
        signals=tuple(signals),
    )
