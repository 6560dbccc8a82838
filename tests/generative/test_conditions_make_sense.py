"""What the checker calls impossible is true of nobody, and what it calls always true is true of everybody."""

import random
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.generative.rule_maker import Maker
from tests.generative.rule_world import world_of

from rulecast.rule.engine import evaluate
from rulecast.rule.language import RuleProblems
from rulecast.rule.language import condition as c
from rulecast.rule.language.check import check_condition
from rulecast.rule.language.check_sense import is_never_true
from rulecast.rule.language.conflict import related
from rulecast.rule.language.format_condition import format_condition
from rulecast.rule.language.lower import lower
from rulecast.rule.language.restrict import restriction_of
from rulecast.rule.language.simplify import simplify

WORLDS = 3
ATOMS_DRAWN = 25


def checked(condition: c.Condition, seed: int) -> c.Condition | None:
    text = format_condition(condition)
    found = check_condition(text, world_of(seed).catalogue, must_make_sense=False)
    return None if isinstance(found, RuleProblems) else found


def about_one_thing(chance: random.Random, maker: Maker, seed: int) -> list[c.Condition]:
    """Draw atoms until some of them bear on each other."""
    drawn = [found for _ in range(ATOMS_DRAWN) if (found := checked(maker.atom(), seed)) is not None]
    literals = [(atom, simplify(lower(atom))) for atom in drawn]
    plain = [(atom, form) for atom, form in literals if not isinstance(form, (c.And, c.Or))]
    _, first = chance.choice(plain)
    group = [atom for atom, form in plain if related(restriction_of(first), restriction_of(form))]
    return [*group, chance.choice(drawn)][:5]


def joined(chance: random.Random, atoms: list[c.Condition]) -> c.Condition:
    parts = [
        c.Not(part=atom) if chance.random() < 0.4 and not isinstance(atom, c.ConsentGranted) else atom
        for atom in atoms
    ]
    chance.shuffle(parts)
    if len(parts) > 2 and chance.random() < 0.5:
        parts = [c.Or(parts=tuple(parts[:2])), *parts[2:]]
    return c.And(parts=tuple(parts)) if chance.random() < 0.6 else c.Or(parts=tuple(parts))


@settings(max_examples=100, deadline=None)
@given(seed=st.integers(0, 10**9))
def test_what_is_called_impossible_is_true_of_nobody(seed: int) -> None:
    chance = random.Random(seed)
    world = world_of(seed % WORLDS)
    maker = Maker(chance=chance, catalogue=world.catalogue, events=world.events, now=world.now)
    condition = joined(chance, about_one_thing(chance, maker, seed % WORLDS))
    people = [replace(person, first_seen_at=person.first_seen_at or world.now) for person in world.people]
    if is_never_true(condition):
        assert not any(evaluate(condition, person, world.now) for person in people)
    if is_never_true(c.Not(part=condition)):
        assert all(evaluate(condition, person, world.now) for person in people)
