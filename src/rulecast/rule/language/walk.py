"""Walking over conditions: parts, atoms, rebuilding."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TypeAlias

from rulecast.rule.language.condition import And, Atom, Condition, Not, Or

Rewrite: TypeAlias = Callable[[Condition], Condition]


def atoms_of(condition: Condition) -> Iterator[Atom]:
    """Yield the atoms of a condition in order of the text; those inside `where` are not entered."""
    if isinstance(condition, (And, Or)):
        for part in condition.parts:
            yield from atoms_of(part)
    elif isinstance(condition, Not):
        yield from atoms_of(condition.part)
    else:
        yield condition


def map_parts(condition: Condition, rewrite: Rewrite) -> Condition:
    """Return the condition with each direct part rewritten; an atom is returned as it is."""
    if isinstance(condition, (And, Or)):
        return replace(condition, parts=tuple(rewrite(part) for part in condition.parts))
    if isinstance(condition, Not):
        return replace(condition, part=rewrite(condition.part))
    return condition
