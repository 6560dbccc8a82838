"""Conditions as unions of boxes: each box is a set of restrictions that all hold."""

from collections.abc import Iterator, Sequence
from itertools import product
from typing import TypeAlias

from rulecast.rule.language import condition as c
from rulecast.rule.language.conflict import conflict
from rulecast.rule.language.lower import lower
from rulecast.rule.language.restrict import Restriction, restriction_of
from rulecast.rule.language.simplify import NOBODY, simplify

# A condition with more alternatives is left to the solver: pairs of rules cost the product of both.
BOXES_MAX = 64

Box: TypeAlias = tuple[Restriction, ...]
# No box at all means nobody; an empty box means everybody.
Boxes: TypeAlias = tuple[Box, ...]


def boxes_of(condition: c.Condition, *, negated: bool = False) -> Boxes | None:
    """Return the boxes of a checked condition or of its negation, or None where there are too many."""
    form = simplify(lower(condition, negated=negated))
    found: list[Box] = []
    for box in _boxes(form):
        found.append(box)
        if len(found) > BOXES_MAX:
            return None
    return tuple(box for box in found if not conflict(box))


def _boxes(form: c.Condition) -> Iterator[Box]:
    if form == NOBODY:
        return
    match form:
        case c.Everybody():
            yield ()
        case c.Or():
            for part in form.parts:
                yield from _boxes(part)
        case c.And():
            alternatives = [_bounded(part) for part in form.parts]
            for chosen in product(*alternatives):
                yield tuple(one for box in chosen for one in box)
        case _:
            yield (restriction_of(form),)


def _bounded(form: c.Condition) -> Sequence[Box]:
    """Return the boxes of a part, one more than the bound at most, so that a product never grows without end."""
    found: list[Box] = []
    for box in _boxes(form):
        found.append(box)
        if len(found) > BOXES_MAX:
            break
    return found


def are_disjoint(one: Boxes, other: Boxes) -> bool:
    """Return whether surely nobody is in both; False where that cannot be told."""
    return all(conflict((*mine, *theirs)) for mine in one for theirs in other)


def common_boxes(one: Boxes, other: Boxes) -> Iterator[Box]:
    """Yield the boxes in which somebody may be who is in both."""
    for mine in one:
        for theirs in other:
            both = (*mine, *theirs)
            if not conflict(both):
                yield both


def is_covered(one: Boxes, complements: Sequence[Boxes]) -> bool:
    """Return whether surely everybody in one is in at least one of others, given the boxes of their negations."""
    return all(not _escapes(box, complements) for box in one)


def _escapes(box: Box, complements: Sequence[Boxes]) -> bool:
    """Return whether somebody in a box may be outside all the others."""
    if conflict(box):
        return False
    if not complements:
        return True
    first, *rest = complements
    return any(_escapes((*box, *outside), rest) for outside in first)
