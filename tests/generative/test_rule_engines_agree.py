"""Reference, DuckDB and PostgreSQL give one meaning to every condition.

The default run tries 300 conditions; RULECAST_TEST_RULE_EXAMPLES asks for more, on more worlds.
"""

import os
from collections.abc import Iterator
from contextlib import closing

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.database import empty_database
from tests.engines import DuckEngine, Engine, PostgresEngine
from tests.generative.rule_strategies import conditions
from tests.generative.rule_world import CATALOGUE, create_relations, world_of

from rulecast.rule.engine import Relations, compile_audience, evaluate, explain
from rulecast.rule.language import RuleProblems
from rulecast.rule.language import condition as c
from rulecast.rule.language.check import check_condition, lowered
from rulecast.rule.language.format_condition import format_condition

EXAMPLES_DEFAULT = 300
EXAMPLES = int(os.environ.get("RULECAST_TEST_RULE_EXAMPLES", str(EXAMPLES_DEFAULT)))
WORLDS = 3 if EXAMPLES == EXAMPLES_DEFAULT else 60


@pytest.fixture(scope="module")
def engines() -> Iterator[list["LoadedEngine"]]:
    with empty_database() as conninfo, psycopg.connect(conninfo, autocommit=True) as connection:
        duck = DuckEngine()
        with closing(duck.connection):
            yield [LoadedEngine(duck), LoadedEngine(PostgresEngine(connection))]


class LoadedEngine:
    """An engine with one schema for each world that was asked for."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.worlds: dict[int, Relations] = {}

    def audience(self, condition: c.Condition, seed: int) -> list[int]:
        world = world_of(seed)
        if seed not in self.worlds:
            self.worlds[seed] = create_relations(self.engine, f"world_{seed}", world.people, CATALOGUE)
        compiled = compile_audience(
            condition, self.engine.dialect, now=world.now, relations=self.worlds[seed]
        )
        return sorted(row[0] for row in self.engine.run(compiled.sql))


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
@given(condition=conditions(), seed=st.integers(0, WORLDS - 1))
def test_reference_duckdb_and_postgresql_agree_on_every_condition(
    engines: list[LoadedEngine], condition: c.Condition, seed: int
) -> None:
    text = format_condition(condition)
    checked = check_condition(text, CATALOGUE)
    assert not isinstance(checked, RuleProblems), checked.render(text)
    world = world_of(seed)
    expected = [person.contact_id for person in world.people if evaluate(checked, person, world.now)]
    low = lowered(checked)
    assert [p.contact_id for p in world.people if evaluate(low, p, world.now)] == expected, (
        "lowering changed it"
    )
    for loaded in engines:
        assert loaded.audience(checked, seed) == expected, loaded.engine.dialect


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(condition=conditions(), number=st.integers(0, 119))
def test_an_explanation_says_what_the_evaluator_says(condition: c.Condition, number: int) -> None:
    checked = check_condition(format_condition(condition), CATALOGUE)
    assert not isinstance(checked, RuleProblems)
    world = world_of(0)
    person = world.people[number]
    assert explain(checked, person, world.now).truth == evaluate(checked, person, world.now)
