"""What the analysis declares about rules holds for every made-up person, by the reference evaluator."""

import random
from dataclasses import replace
from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.generative.rule_maker import Maker
from tests.generative.rule_world import world_of
from tests.generative.test_conditions_make_sense import WORLDS, about_one_thing, joined

from rulecast.rule.analyse import BookRule, analyse_rules, solver
from rulecast.rule.engine import evaluate

RULES = 4


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**9))
def test_every_verdict_about_rules_holds_for_every_person(seed: int) -> None:
    chance = random.Random(seed)
    world = world_of(seed % WORLDS)
    maker = Maker(chance=chance, catalogue=world.catalogue, events=world.events, now=world.now)
    atoms = about_one_thing(chance, maker, seed % WORLDS)
    rules = [
        BookRule(
            name=f"rule_{place}",
            condition=joined(chance, chance.sample(atoms, min(len(atoms), 3))),
            strength=place,
            message="the same",
        )
        for place in range(RULES)
    ]
    people = [replace(person, first_seen_at=person.first_seen_at or world.now) for person in world.people]
    meant = {
        rule.name: {
            place for place, person in enumerate(people) if evaluate(rule.condition, person, world.now)
        }
        for rule in rules
    }
    conditions = {rule.name: rule.condition for rule in rules}
    findings = list(analyse_rules(rules, now=world.now))
    nobody = {one.rule for one in findings if one.kind == "contradictory"}
    sharing = {
        frozenset((one.rule, *one.others)) for one in findings if one.kind in {"overlapping", "redundant"}
    }
    for name in nobody:
        assert not meant[name]
    for one, other in combinations(conditions, 2):
        if not {one, other} & nobody and frozenset((one, other)) not in sharing:
            assert not meant[one] & meant[other]
    for found in findings:
        if found.kind == "shadowed":
            assert meant[found.rule] <= set().union(*(meant[name] for name in found.others))
        if found.kind == "redundant":
            assert meant[found.rule] <= meant[found.others[0]]
        if found.witness is not None:
            assert all(
                evaluate(conditions[name], found.witness, world.now) for name in (found.rule, *found.others)
            )


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**9))
def test_what_the_solver_calls_impossible_is_true_of_nobody(seed: int) -> None:
    chance = random.Random(seed)
    world = world_of(seed % WORLDS)
    maker = Maker(chance=chance, catalogue=world.catalogue, events=world.events, now=world.now)
    atoms = about_one_thing(chance, maker, seed % WORLDS)
    conditions = [joined(chance, chance.sample(atoms, min(len(atoms), 3))) for _ in range(2)]
    people = [replace(person, first_seen_at=person.first_seen_at or world.now) for person in world.people]
    if solver.is_possible(conditions) == "impossible":
        assert not any(
            all(evaluate(condition, person, world.now) for condition in conditions) for person in people
        )
