"""What rules have to do with each other: who is shadowed, redundant, contradictory, and where two overlap."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import combinations
from typing import Literal, TypeAlias

from rulecast.rule.analyse import solver
from rulecast.rule.analyse.boxes import Boxes, are_disjoint, boxes_of, common_boxes, is_covered
from rulecast.rule.analyse.witness import find_witness
from rulecast.rule.engine import PersonFacts
from rulecast.rule.language import condition as c

# More would print for pages; the first ones are those of the strongest rules.
OVERLAPS_MAX = 1_000
# The union of more rules is rarely what shadows one, and each doubles what is tried.
UNION_MAX = 12

Certainty: TypeAlias = Literal["proven", "witnessed", "undecided"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BookRule:
    """One rule as the analysis sees it; of two rules that meet one person the one of larger `strength` wins."""

    name: str
    condition: c.Condition
    strength: int
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was found, about a rule and, mostly, others.

    `contradictory`: nobody is meant. `shadowed`: everybody meant is also meant by stronger rules. `redundant`:
    everybody meant gets the same message by the other. `overlapping`: somebody, the witness, is meant by both.
    """

    kind: Literal["contradictory", "shadowed", "redundant", "overlapping"]
    rule: str
    others: tuple[str, ...] = ()
    certainty: Certainty = "proven"
    witness: PersonFacts | None = None


class _Analysed:
    """A rule with its boxes, made when they are first asked for."""

    def __init__(self, rule: BookRule) -> None:
        self.rule = rule

    @cached_property
    def boxes(self) -> Boxes | None:
        return boxes_of(self.rule.condition)

    @cached_property
    def complement(self) -> Boxes | None:
        return boxes_of(self.rule.condition, negated=True)


def analyse_rules(
    rules: Sequence[BookRule], *, now: datetime, only: frozenset[str] | None = None
) -> Iterator[Finding]:
    """Yield what is found about rules, or only about those named in `only`, among all of them.

    Boxes answer first, z3 where they cannot and it is installed, each question within 200 ms; what nobody could decide
    is said so.
    """
    analysed = [_Analysed(rule) for rule in rules]
    asked = [one for one in analysed if only is None or one.rule.name in only]
    empty = {one.rule.name for one in asked if _is_nobody(one)}
    for name in sorted(empty):
        yield Finding(kind="contradictory", rule=name)
    for one in asked:
        if one.rule.name not in empty:
            yield from _shadowed(one, analysed)
    yield from _pairs(asked, analysed, empty, now)


def _is_nobody(one: _Analysed) -> bool:
    if one.boxes is not None and not one.boxes:
        return True
    return solver.is_possible([one.rule.condition]) == "impossible"


def _shadowed(one: _Analysed, analysed: Sequence[_Analysed]) -> Iterator[Finding]:
    stronger = [other for other in analysed if other.rule.strength > one.rule.strength]
    for other in stronger:
        if covers(one, [other]):
            yield Finding(kind="shadowed", rule=one.rule.name, others=(other.rule.name,))
            return
    near = [other for other in stronger if not _surely_apart(one, other)][:UNION_MAX]
    if len(near) > 1 and covers(one, near):
        yield Finding(kind="shadowed", rule=one.rule.name, others=tuple(other.rule.name for other in near))


def covers(one: _Analysed, others: Sequence[_Analysed]) -> bool:
    """Return whether surely everybody in one is in at least one of the others."""
    complements = [other.complement for other in others]
    known = [boxes for boxes in complements if boxes is not None]
    if one.boxes is not None and is_covered(one.boxes, known):
        return True
    is_open = one.boxes is None or len(known) < len(complements) or len(others) > 1
    if not is_open:
        return False
    outside = [c.Not(part=other.rule.condition) for other in others]
    return solver.is_possible([one.rule.condition, *outside]) == "impossible"


def _surely_apart(one: _Analysed, other: _Analysed) -> bool:
    return one.boxes is not None and other.boxes is not None and are_disjoint(one.boxes, other.boxes)


def _pairs(
    asked: Sequence[_Analysed], analysed: Sequence[_Analysed], empty: set[str], now: datetime
) -> Iterator[Finding]:
    names = {one.rule.name for one in asked}
    found = 0
    for one, other in combinations(analysed, 2):
        if (one.rule.name not in names and other.rule.name not in names) or {
            one.rule.name,
            other.rule.name,
        } & empty:
            continue
        if _surely_apart(one, other):
            continue
        finding = _related(one, other, now)
        if finding is not None:
            yield finding
            found += 1
            if found >= OVERLAPS_MAX:
                return


def _related(one: _Analysed, other: _Analysed, now: datetime) -> Finding | None:
    """Return what two rules that may share people are to each other."""
    first, second = one.rule, other.rule
    if first.message == second.message:
        for inner, outer in ((one, other), (other, one)):
            # A weaker one was told to be shadowed already.
            if inner.rule.strength >= outer.rule.strength and covers(inner, [outer]):
                return Finding(kind="redundant", rule=inner.rule.name, others=(outer.rule.name,))
    witness = None
    if one.boxes is not None and other.boxes is not None:
        both = common_boxes(one.boxes, other.boxes)
        witness = find_witness([first.condition, second.condition], both, now=now)
    if witness is not None:
        return Finding(
            kind="overlapping", rule=first.name, others=(second.name,), certainty="witnessed", witness=witness
        )
    if solver.is_possible([first.condition, second.condition]) == "impossible":
        return None
    return Finding(kind="overlapping", rule=first.name, others=(second.name,), certainty="undecided")
