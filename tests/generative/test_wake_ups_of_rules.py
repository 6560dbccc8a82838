"""Whatever the language can say: between two wake-ups the truth stays, and each wake-up is its very microsecond.

RULECAST_TEST_WAKE_UP_WORLDS asks for more worlds than the default run has time for.
"""

import os
import random
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from tests.generative.rule_differential import checked, maker_for
from tests.generative.rule_world import random_world

from rulecast.rule.engine import PersonFacts, evaluate, next_flip
from rulecast.rule.language import condition as c

WORLDS = int(os.environ.get("RULECAST_TEST_WAKE_UP_WORLDS", "10"))
CONDITIONS, PEOPLE, WAKE_UPS, PROBES = 25, 12, 40, 30
IN_VAIN_SHARE_MAX = 0.02
TICK = timedelta(microseconds=1)
# Part of what happened to the people comes after the start: it is seen when its time has come.
BEFORE, AFTER = timedelta(days=20), timedelta(days=480)


def stretches(
    condition: c.Condition, person: PersonFacts, start: datetime, end: datetime
) -> Iterator[tuple[datetime, datetime, bool]]:
    """Yield the stretches between wake-ups with their truth, some of them."""
    at = start
    for _ in range(WAKE_UPS):
        truth = evaluate(condition, person, at)
        following = next_flip(condition, person, at)
        until = end if following is None else min(following, end)
        assert at < until
        yield at, until, truth
        if until == end:
            return
        at = until


@pytest.mark.parametrize("seed", range(WORLDS))
def test_between_two_wake_ups_the_truth_stays(seed: int) -> None:
    chance = random.Random(seed)
    world = random_world(chance, PEOPLE)
    maker = maker_for(world, chance)
    start, end = world.now - BEFORE, world.now + AFTER
    wakes = in_vain = 0
    for _ in range(CONDITIONS):
        condition = checked(maker.condition(), world)
        for person in world.people if condition is not None else ():
            assert condition is not None
            previous: bool | None = None
            for begin, until, truth in stretches(condition, person, start, end):
                in_vain += truth is previous
                share = PROBES * (until - begin) / (end - start)
                last = until - TICK
                probes = [begin + (last - begin) * chance.random() for _ in range(round(share) + 1)]
                for probe in (*probes, last):
                    assert evaluate(condition, person, probe) is truth, f"{probe} of {condition} for {person}"
                previous = truth
                wakes += 1
    assert wakes > CONDITIONS * PEOPLE
    # Two clocks that never show their times together are searched for some years and then woken for.
    assert in_vain <= wakes * IN_VAIN_SHARE_MAX
