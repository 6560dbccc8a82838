"""A hundred thousand random conditions: reference, matcher, DuckDB and PostgreSQL mean the same people, or it is told.

A case is one condition over one population, compared for every person. Each population has its own catalogue; the
seed decides everything; processes share the populations out. `python -m tests.soak.differential --cases 9 --seed 1`
"""

import argparse
import json
import multiprocessing
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field

import psycopg

from rulecast.rule.language import condition as c
from rulecast.rule.language.format_condition import format_condition
from tests.database import empty_database
from tests.engines import DuckEngine, Engine, PostgresEngine
from tests.generative.matcher_differential import ENGINE, matcher_differences
from tests.generative.rule_differential import (
    Difference,
    LoadedWorld,
    checked,
    differences,
    maker_for,
    shrunk,
)
from tests.generative.rule_world import World, random_world

PEOPLE = 40
CONDITIONS_PER_WORLD = 500
FAILURES_SHOWN_MAX = 10


@dataclass(slots=True)
class Report:
    """What was compared and what differed."""

    seed: int
    cases: int = 0
    populations: int = 0
    refused_by_checker: int = 0
    # By engine, and under "telling" the cases whose answer is neither nobody nor everybody: the others prove less.
    compared: Counter[str] = field(default_factory=Counter)
    differences: int = 0
    failures: list[str] = field(default_factory=list)
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """The part of one process: so many cases of the populations number `place`, `place + step`, ..."""

    seed: int
    cases: int
    place: int = 0
    step: int = 1


def run(engines: Sequence[Engine], share: Share) -> Report:
    """Compare the cases of a share on the engines."""
    report = Report(seed=share.seed)
    started = time.monotonic()
    while report.cases < share.cases:
        number = share.place + report.populations * share.step
        chance = random.Random(f"{share.seed}/{number}")
        world = random_world(chance, PEOPLE)
        schema = f"soak_{number}"
        loaded = [LoadedWorld.load(engine, world, schema) for engine in engines]
        _compare_world(loaded, chance, report, cases_left=share.cases - report.cases)
        for engine in engines:
            engine.drop(schema)
        report.populations += 1
        print(f"{report.cases} cases, {report.differences} differences", file=sys.stderr)
    report.seconds = round(time.monotonic() - started, 1)
    return report


def _compare_world(
    loaded: Sequence[LoadedWorld], chance: random.Random, report: Report, *, cases_left: int
) -> None:
    world = loaded[0].world
    maker = maker_for(world, chance)
    conditions: list[c.Condition] = []
    for _ in range(min(CONDITIONS_PER_WORLD, cases_left)):
        condition = checked(maker.condition(), world)
        if condition is None:
            report.refused_by_checker += 1
            continue
        report.cases += 1
        conditions.append(condition)
        for found in differences(loaded, condition, count=report.compared):
            _note(found, loaded, report)
    report.compared[ENGINE] += len(conditions)
    # Every second population without counters: there the matcher reads events instead.
    for found in matcher_differences(world, conditions, has_counters=report.populations % 2 == 0):
        _note(found, loaded, report)


def _note(found: Difference, loaded: Sequence[LoadedWorld], report: Report) -> None:
    report.differences += 1
    if report.differences <= FAILURES_SHOWN_MAX:
        report.failures.append(_describe(found, loaded, loaded[0].world))
        print(report.failures[-1], file=sys.stderr)


def _describe(found: Difference, loaded: Sequence[LoadedWorld], world: World) -> str:
    if found.engine == ENGINE:
        return f"{ENGINE}: {format_condition(found.condition)} at {world.now}: {found.found} for {found.expected}"
    engine = next((one.engine for one in loaded if one.engine.dialect == found.engine), loaded[0].engine)
    small, condition = shrunk(engine, world, found.condition)
    people = small.people if len(small.people) == 1 else f"{len(small.people)} people"
    answer = found.found if isinstance(found.found, str) else ""
    return f"{found.engine}: {format_condition(condition)} at {small.now} for {people} {answer}"


def run_alone(share: Share) -> Report:
    """Run a share on engines of its own."""
    with empty_database() as conninfo, psycopg.connect(conninfo, autocommit=True) as connection:
        duck = DuckEngine()
        with closing(duck.connection):
            return run([duck, PostgresEngine(connection)], share)


def merged(seed: int, parts: Sequence[Report]) -> Report:
    """Return the figures of all shares together."""
    whole = Report(seed=seed)
    for part in parts:
        whole.cases += part.cases
        whole.populations += part.populations
        whole.refused_by_checker += part.refused_by_checker
        whole.compared += part.compared
        whole.differences += part.differences
        whole.failures = [*whole.failures, *part.failures][:FAILURES_SHOWN_MAX]
    return whole


def main() -> int:
    """Run the comparison and print its figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    arguments = parser.parse_args()
    started = time.monotonic()
    step = arguments.processes
    shares = [
        Share(
            seed=arguments.seed,
            cases=arguments.cases // step + (place < arguments.cases % step),
            place=place,
            step=step,
        )
        for place in range(step)
    ]
    with multiprocessing.get_context("spawn").Pool(step) as pool:
        report = merged(arguments.seed, pool.map(run_alone, shares, chunksize=1))
    report.seconds = round(time.monotonic() - started, 1)
    figures = {
        "cases": report.cases,
        "differences": report.differences,
        "seed": report.seed,
        "processes": step,
        "seconds": report.seconds,
        "populations": report.populations,
        "people": PEOPLE,
        "telling": report.compared["telling"],
        "compared": {name: count for name, count in sorted(report.compared.items()) if name != "telling"},
        "refused_by_checker": report.refused_by_checker,
        "failures": report.failures,
    }
    print(json.dumps(figures, ensure_ascii=False))
    return 1 if report.differences else 0


if __name__ == "__main__":
    raise SystemExit(main())
