"""The batch matcher fires exactly the rules that the reference evaluator says are true.

The default run tries 150 sets of rules; RULECAST_TEST_RULE_EXAMPLES asks for more, on more worlds.
"""

import os
import random
from dataclasses import replace
from datetime import datetime

from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st
from tests.generative.matcher_differential import history_of
from tests.generative.rule_strategies import ANY_EVENT, conditions
from tests.generative.rule_world import CATALOGUE, world_of

from rulecast.rule.engine import PersonFacts, evaluate
from rulecast.rule.engine.matcher import CompiledRules, Match, TriggeredRule, TriggerEvent
from rulecast.rule.engine.reference import where_holds
from rulecast.rule.language import RuleProblems
from rulecast.rule.language import condition as c
from rulecast.rule.language.check import check_condition
from rulecast.rule.language.format_condition import format_condition
from rulecast.values.ids import RuleVersionId

EXAMPLES_DEFAULT = 150
EXAMPLES = int(os.environ.get("RULECAST_TEST_RULE_EXAMPLES", str(EXAMPLES_DEFAULT)))
WORLDS = 3 if EXAMPLES == EXAMPLES_DEFAULT else 60
NAMES = ("purchase", "visit", "clicked", "message_received")
CHECKS = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]

TRIGGERS = st.one_of(
    ANY_EVENT,
    st.sampled_from(("a", "b", "été")).map(
        lambda value: c.EventPattern(
            event="purchase",
            where=c.Comparison(field=c.Field(name="category"), operator="=", value=c.Constant(value=value)),
        )
    ),
)


def checked_rule(pattern: c.EventPattern, condition: c.Condition) -> TriggeredRule:
    """Check both as the language does; the pattern goes through `did`, which the checker knows."""
    parts = (c.Did(pattern=pattern), condition)
    checked = []
    for part in parts:
        text = format_condition(part)
        found = check_condition(text, CATALOGUE, must_make_sense=False)
        # What the checker refuses never becomes a rule; that it refuses nothing else is tested with the engines.
        if isinstance(found, RuleProblems):
            reject()
        checked.append(found)
    assert isinstance(checked[0], c.Did)
    return TriggeredRule(pattern=checked[0].pattern, condition=checked[1])


def expected_matches(
    rules: dict[RuleVersionId, TriggeredRule],
    batch: list[TriggerEvent],
    people: dict[int, PersonFacts],
    now: datetime,
) -> list[Match]:
    return [
        (place, rule_id)
        for place, one in enumerate(batch)
        for rule_id, rule in rules.items()
        if one.event.name == rule.pattern.event
        and where_holds(rule.pattern.where, one.event, now, one.person.zone)
        and evaluate(rule.condition, people[one.person.contact_id], now)
    ]


def batch_of(people: dict[int, PersonFacts], seed: int, size: int) -> list[TriggerEvent]:
    chance = random.Random(seed)
    events = [(person, event) for person in people.values() for event in person.events]
    return [
        TriggerEvent(event=event, person=replace(person, events=()))
        for person, event in (chance.choice(events) for _ in range(size))
    ]


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=CHECKS)
@given(
    drawn=st.lists(st.tuples(TRIGGERS, conditions()), min_size=1, max_size=12),
    seed=st.integers(0, WORLDS - 1),
    size=st.sampled_from((1, 7, 60)),
    has_counters=st.booleans(),
)
def test_the_matcher_fires_what_the_reference_says(
    drawn: list[tuple[c.EventPattern, c.Condition]], seed: int, size: int, has_counters: bool
) -> None:
    rules = {RuleVersionId(number): checked_rule(*one) for number, one in enumerate(drawn)}
    world = world_of(seed)
    people = {person.contact_id: person for person in world.people}
    batch = batch_of(people, seed + size, size)
    compiled = CompiledRules.of(rules)
    history = history_of(compiled, people, world.now, has_counters=has_counters)
    found = compiled.match(batch, world.now, history=history)
    assert sorted(found) == expected_matches(rules, batch, people, world.now)
