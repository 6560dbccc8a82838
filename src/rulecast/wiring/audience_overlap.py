"""How many people audiences have, and have in common, on the current mart."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from rulecast.rule.engine import Relations, compile_audience
from rulecast.rule.engine.mart import Frame, Mart
from rulecast.rule.language.condition import Condition
from rulecast.wiring.catch_up import catch_up
from rulecast.wiring.plan_terms import check
from rulecast.wiring.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlap:
    """Two audiences by their place in the question, and the people in both."""

    first: int
    second: int
    people: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AudienceCounts:
    """The people of each audience, in order of the question, and of each pair that was asked for."""

    people: tuple[int, ...]
    overlaps: tuple[Overlap, ...]


async def answer_overlaps(workspace: Workspace, mart: Mart, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Count the audiences of rule texts and what pairs of them have in common; the engine's side of the question."""
    async with workspace.database.connection() as connection:
        catalogue = await workspace.catalogue(connection)
        await catch_up(connection, mart, catalogue)
    conditions = [check(text, catalogue).condition for text in arguments["texts"]]
    pairs = [(int(first), int(second)) for first, second in arguments["pairs"]]
    frame = Frame(now=workspace.clock.now())
    counts = await mart.run(
        lambda duck: count_audiences(duck, mart.prepare(duck, frame), conditions, pairs=pairs, frame=frame)
    )
    return {
        "people": counts.people,
        "overlaps": [(one.first, one.second, one.people) for one in counts.overlaps],
    }


def count_audiences(
    duck: duckdb.DuckDBPyConnection,
    relations: Relations,
    conditions: Sequence[Condition],
    *,
    pairs: Sequence[tuple[int, int]],
    frame: Frame,
) -> AudienceCounts:
    """Find each audience once, as a temporary table of ids, and join the pairs."""
    people = []
    try:
        for place, condition in enumerate(conditions):
            audience = compile_audience(condition, dialect="duckdb", now=frame.now, relations=relations)
            duck.execute(f"CREATE OR REPLACE TEMP TABLE audience_{place} AS {audience.sql}")
            people.append(_count(duck, f"audience_{place}"))
        overlaps = [
            Overlap(
                first=first,
                second=second,
                people=_count(duck, f"audience_{first} JOIN audience_{second} USING (contact_id)"),
            )
            for first, second in pairs
        ]
    finally:
        for place in range(len(people)):
            duck.execute(f"DROP TABLE IF EXISTS audience_{place}")
    return AudienceCounts(people=tuple(people), overlaps=tuple(overlaps))


def _count(duck: duckdb.DuckDBPyConnection, relation: str) -> int:
    # Only names of this file enter the statement.
    row = duck.execute(f"SELECT count(*) FROM {relation}").fetchone()  # noqa: S608 - see above
    assert row is not None, "a count always has a row"
    return int(row[0])
