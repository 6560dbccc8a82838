"""One meaning on every engine: a condition over one population, compared for every person with the reference."""

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from tests.engines import Engine
from tests.generative.rule_maker import Maker
from tests.generative.rule_relations import create_relations
from tests.generative.rule_world import World

from rulecast.rule.engine import PersonFacts, Relations, compile_audience, evaluate
from rulecast.rule.engine.sql_errors import MeasureTooWideError, UnsupportedInDialectError
from rulecast.rule.language import condition as c
from rulecast.rule.language.check import MEANING_PASSES, lowered
from rulecast.rule.language.scope import Scope


@dataclass(frozen=True, kw_only=True)
class Difference:
    """A condition that an engine answers unlike the reference, or fails at."""

    engine: str
    condition: c.Condition
    expected: tuple[int, ...]
    found: tuple[int, ...] | str


def checked(condition: c.Condition, world: World) -> c.Condition | None:
    """Return the condition with its exact meaning, None where the checker refuses it."""
    scope = Scope(catalogue=world.catalogue, purpose="marketing", problems=[], now=world.now)
    for _name, run in MEANING_PASSES:
        condition = run(condition, scope)
    return None if scope.problems else condition


def maker_for(world: World, chance: random.Random) -> Maker:
    """Return the maker of conditions that fit the people of a world."""
    return Maker(chance=chance, catalogue=world.catalogue, events=world.events, now=world.now)


def expected_of(condition: c.Condition, world: World) -> tuple[int, ...]:
    """Return whom the reference means."""
    return tuple(person.contact_id for person in world.people if evaluate(condition, person, world.now))


@dataclass(slots=True, kw_only=True)
class LoadedWorld:
    """A world with its people in the relations of an engine."""

    engine: Engine
    world: World
    relations: Relations

    @classmethod
    def load(cls, engine: Engine, world: World, schema: str) -> "LoadedWorld":
        """Create and fill the relations."""
        relations = create_relations(engine, schema, world.people, world.catalogue)
        return cls(engine=engine, world=world, relations=relations)

    def statement(self, condition: c.Condition) -> str | None:
        """Return the SQL of a checked condition, None where the dialect refuses it."""
        try:
            return compile_audience(
                condition, self.engine.dialect, now=self.world.now, relations=self.relations
            ).sql
        except (UnsupportedInDialectError, MeasureTooWideError):
            return None

    def audience(self, statement: str) -> tuple[int, ...] | str:
        """Return whom the engine finds, or what it fails with."""
        try:
            return tuple(sorted(row[0] for row in self.engine.run(statement)))
        except Exception as error:  # noqa: BLE001 - whatever an engine raises is the finding
            return f"{type(error).__name__}: {error}"


def differences(
    loaded: Sequence[LoadedWorld], condition: c.Condition, *, count: Counter[str] | None = None
) -> Iterator[Difference]:
    """Yield how the engines answer a checked condition unlike the reference, and count what was compared."""
    world = loaded[0].world
    expected = expected_of(condition, world)
    count = Counter() if count is None else count
    count["telling"] += 0 < len(expected) < len(world.people)
    found = expected_of(lowered(condition), world)
    if found != expected:
        yield Difference(engine="lowering", condition=condition, expected=expected, found=found)
    for one in loaded:
        statement = one.statement(condition)
        if statement is None:
            continue
        count[one.engine.dialect] += 1
        answer = one.audience(statement)
        if answer != expected:
            yield Difference(engine=one.engine.dialect, condition=condition, expected=expected, found=answer)


def shrunk(engine: Engine, world: World, condition: c.Condition) -> tuple[World, c.Condition]:
    """Return a smaller condition and population that still differ: parts, then people, then their events."""
    trial = _Trial(engine=engine)
    while True:
        smaller = next((part for part in parts_of(condition) if trial.differs(world, part)), None)
        if smaller is None:
            break
        condition = smaller
    for person in world.people:
        alone = replace(world, people=(person,))
        if trial.differs(alone, condition):
            world = alone
            break
    if len(world.people) > 1:
        return world, condition
    for event in world.people[0].events:
        person = world.people[0]
        without: PersonFacts = replace(person, events=tuple(one for one in person.events if one is not event))
        if trial.differs(fewer := replace(world, people=(without,)), condition):
            world = fewer
    return world, condition


def parts_of(condition: c.Condition) -> Sequence[c.Condition]:
    """Return the conditions that a condition joins."""
    match condition:
        case c.And() | c.Or():
            return condition.parts
        case c.Not(part=part):
            return (part,)
        case _:
            return ()


@dataclass(slots=True, kw_only=True)
class _Trial:
    engine: Engine
    number: int = 0

    def differs(self, world: World, condition: c.Condition) -> bool:
        self.number += 1
        schema = f"shrunk_{self.number}"
        loaded = LoadedWorld.load(self.engine, world, schema)
        try:
            return any(True for _ in differences([loaded], condition))
        finally:
            self.engine.drop(schema)
