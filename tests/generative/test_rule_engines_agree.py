"""Reference, DuckDB and PostgreSQL give one meaning to every condition.

The default run tries 300 conditions, each through its text; RULECAST_TEST_RULE_EXAMPLES asks for more.
`make soak-differential` runs a hundred thousand.
"""

import os
import random
from collections.abc import Iterator
from contextlib import closing

import psycopg
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from tests.database import empty_database
from tests.engines import DuckEngine, Engine, PostgresEngine
from tests.generative.rule_differential import LoadedWorld, differences, maker_for, shrunk
from tests.generative.rule_strategies import conditions
from tests.generative.rule_world import World, random_world, world_of

from rulecast.rule.engine import evaluate, explain
from rulecast.rule.language import RuleProblems
from rulecast.rule.language import condition as c
from rulecast.rule.language.check import check_condition
from rulecast.rule.language.format_condition import format_condition

EXAMPLES = int(os.environ.get("RULECAST_TEST_RULE_EXAMPLES", "300"))
CONDITIONS_PER_WORLD = 100
PEOPLE = 50
SEED = 1


@pytest.fixture(scope="module")
def engines() -> Iterator[list[Engine]]:
    with empty_database() as conninfo, psycopg.connect(conninfo, autocommit=True) as connection:
        duck = DuckEngine()
        with closing(duck.connection):
            yield [duck, PostgresEngine(connection)]


def worlds() -> Iterator[tuple[World, random.Random]]:
    """Yield the fixed catalogue, then catalogues of chance."""
    number = 0
    while True:
        chance = random.Random(SEED + number)
        yield (world_of(number) if number < 1 else random_world(chance, PEOPLE)), chance
        number += 1


def test_reference_duckdb_and_postgresql_agree_on_every_condition(engines: list[Engine]) -> None:
    tried = 0
    for number, (world, chance) in enumerate(worlds()):
        loaded = [LoadedWorld.load(engine, world, f"world_{number}") for engine in engines]
        maker = maker_for(world, chance)
        for _ in range(CONDITIONS_PER_WORLD):
            condition = _through_text(maker.condition(), world)
            if condition is None:
                continue
            tried += 1
            for found in differences(loaded, condition):
                pytest.fail(_report(found.engine, engines, world, found.condition))
        for one in loaded:
            one.engine.drop(f"world_{number}")
        if tried >= EXAMPLES:
            break


def _through_text(condition: c.Condition, world: World) -> c.Condition | None:
    """Return the checked condition, None for the few that the checker refuses, as one that holds for everybody."""
    text = format_condition(condition)
    checked = check_condition(text, world.catalogue, must_make_sense=False)
    if isinstance(checked, RuleProblems):
        assert all(problem.code != "RL-001" for problem in checked.problems), checked.render(text)
        return None
    return checked


def _report(name: str, engines: list[Engine], world: World, condition: c.Condition) -> str:
    engine = next((one for one in engines if one.dialect == name), engines[0])
    small, smaller = shrunk(engine, world, condition)
    people = small.people if len(small.people) == 1 else f"{len(small.people)} people"
    return f"{name}: {format_condition(smaller)} at {small.now} for {people}"


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(condition=conditions(), number=st.integers(0, 119))
def test_an_explanation_says_what_the_evaluator_says(condition: c.Condition, number: int) -> None:
    world = world_of(0)
    checked = _through_text(condition, world)
    assume(checked is not None)
    assert checked is not None
    person = world.people[number]
    assert explain(checked, person, world.now).truth == evaluate(checked, person, world.now)
