"""Analysing rules against each other: an edited rule against a whole book, beside z3 asked about every pair.

The book is made of rules over ten attributes, cities and counted events, as retail books are. Verdicts of boxes and of
z3 are compared on a sample of pairs.
"""

import argparse
import random
import resource
import time
from datetime import UTC, datetime
from itertools import combinations

from benchmarks.result import Result
from rulecast.rule.analyse import BookRule, analyse_rules, solver
from rulecast.rule.analyse.boxes import are_disjoint, boxes_of
from rulecast.rule.language import RuleProblems
from rulecast.rule.language.check import check_condition
from rulecast.values.catalogue import Attribute, AttributeType, Catalogue, EventDefinition

RULES_DEFAULT = 1_000
SAMPLE_PAIRS = 200
EDITED = 5
NOW = datetime(2026, 11, 17, 18, 55, tzinfo=UTC)
CITIES = [f"city{number}" for number in range(40)]
CATALOGUE = Catalogue.of(
    attributes=[Attribute(name=f"a{number}", type=AttributeType.INTEGER) for number in range(10)],
    events=[EventDefinition(name=f"e{number}") for number in range(5)],
)


def measure(arguments: argparse.Namespace) -> Result:
    """Time boxes and z3 on the same pairs, and the analysis of an edited rule among all others."""
    chance = random.Random(arguments.seed)
    rules = [_rule(chance, place) for place in range(arguments.rules or RULES_DEFAULT)]
    boxes = {rule.name: boxes_of(rule.condition) for rule in rules}
    pairs = chance.sample(list(combinations(rules, 2)), SAMPLE_PAIRS)
    began = time.perf_counter()
    by_boxes = [_apart(boxes[one.name], boxes[other.name]) for one, other in pairs]
    boxes_us = (time.perf_counter() - began) / SAMPLE_PAIRS * 1e6
    began = time.perf_counter()
    by_solver = [solver.is_possible([one.condition, other.condition]) == "impossible" for one, other in pairs]
    solver_us = (time.perf_counter() - began) / SAMPLE_PAIRS * 1e6
    edited = chance.sample(rules, EDITED)
    began = time.process_time()
    findings = sum(1 for rule in edited for _ in analyse_rules(rules, now=NOW, only=frozenset({rule.name})))
    edited_ms = (time.process_time() - began) / EDITED * 1e3
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return Result(
        name="analyse",
        params={"rules": len(rules), "pairs": SAMPLE_PAIRS, "seed": arguments.seed},
        unit="us per pair",
        ours=boxes_us,
        limit=solver_us,
        peak_rss_mb=usage.ru_maxrss / 1024,
        cpu_s=usage.ru_utime + usage.ru_stime,
        # What boxes call apart is apart; z3 may know more.
        valid=all(solved for boxed, solved in zip(by_boxes, by_solver, strict=True) if boxed),
        notes=(
            f"an edited rule among {len(rules)}: {edited_ms:.0f} ms with witnesses, {findings // EDITED} findings",
            f"apart by boxes {sum(by_boxes)}, by z3 {sum(by_solver)} of {SAMPLE_PAIRS} pairs",
        ),
    )


def _apart(one: object, other: object) -> bool:
    return isinstance(one, tuple) and isinstance(other, tuple) and are_disjoint(one, other)


def _rule(chance: random.Random, place: int) -> BookRule:
    parts = []
    for number in chance.sample(range(10), 3):
        low = chance.randrange(90)
        parts.append(f"a{number} between {low} and {low + chance.randrange(1, 30)}")
    parts.append(f"city in ({', '.join(repr(city) for city in chance.sample(CITIES, 5))})".replace("'", '"'))
    if chance.random() < 0.5:
        event, times, days = chance.randrange(5), chance.randrange(1, 5), chance.choice((7, 30, 90))
        parts.append(f"did e{event} at least {times} times in last {days} days")
    found = check_condition(" and ".join(parts), CATALOGUE, must_make_sense=False)
    assert not isinstance(found, RuleProblems), found
    return BookRule(name=f"rule{place}", condition=found, strength=chance.randrange(400), message=str(place))
