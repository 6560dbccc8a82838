"""ClickHouse and Spark mean the same people as the reference: a dialect that is not executed is not shipped.

RULECAST_TEST_CLICKHOUSE_CASES and RULECAST_TEST_SPARK_CASES ask for more; Spark takes half a second for each.
"""

import os
import random
from contextlib import closing
from pathlib import Path

import pytest

from rulecast.rule.engine.sql_nodes import Dialect
from rulecast.rule.language.format_condition import format_condition
from tests.generative.rule_differential import LoadedWorld, checked, differences, maker_for
from tests.generative.rule_world import random_world
from tests.soak.dialect_engines import ClickHouseEngine, SparkEngine, WorkerEngine

# Spark takes minutes; nothing waits for so long, it only bounds a failure.
pytestmark = [pytest.mark.soak, pytest.mark.timeout(3_600)]
PYTHON = Path(__file__).parents[2] / ".venv-soak" / "bin" / "python"
ENGINES: dict[Dialect, type[WorkerEngine]] = {"clickhouse": ClickHouseEngine, "spark": SparkEngine}
CASES: dict[Dialect, int] = {"clickhouse": 3_000, "spark": 200}
CONDITIONS_PER_WORLD = 50
PEOPLE = 40
SEED = 20_261_122


@pytest.mark.parametrize("dialect", list(ENGINES))
def test_the_dialect_agrees_with_the_reference_on_every_condition(dialect: Dialect) -> None:
    wanted = int(os.environ.get(f"RULECAST_TEST_{dialect.upper()}_CASES", CASES[dialect]))
    python = Path(os.environ.get("RULECAST_TEST_SOAK_PYTHON", PYTHON))
    assert python.exists(), "run `make soak`: it sets up the environment of ClickHouse and Spark"
    found: list[str] = []
    tried = 0
    with closing(ENGINES[dialect](python)) as engine:
        for number in range(wanted // CONDITIONS_PER_WORLD):
            chance = random.Random(f"{SEED}/{number}")
            world = random_world(chance, PEOPLE)
            loaded = LoadedWorld.load(engine, world, f"world_{number}")
            maker = maker_for(world, chance)
            for _ in range(CONDITIONS_PER_WORLD):
                condition = checked(maker.condition(), world)
                if condition is None:
                    continue
                tried += 1
                found += [
                    f"{format_condition(one.condition)}: {one.found}"
                    for one in differences([loaded], condition)
                ]
            engine.drop(f"world_{number}")
    assert found == []
    assert tried > wanted * 0.9
