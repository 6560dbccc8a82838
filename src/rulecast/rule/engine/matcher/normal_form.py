"""Conditions as formulas over numbered literals, and their expansion into alternatives.

Literal `2 n` is predicate n, literal `2 n + 1` its negation.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

# More alternatives than this cost more to try one by one than the formula costs to evaluate as it stands.
ALTERNATIVES_MAX = 64


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every part holds."""

    parts: "tuple[Formula, ...]"


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one part holds."""

    parts: "tuple[Formula, ...]"


Formula: TypeAlias = int | AllOf | AnyOf
Alternative: TypeAlias = frozenset[int]


def alternatives(formula: Formula) -> list[Alternative] | None:
    """Return sets of literals, one of which must hold wholly; None where there are more than `ALTERNATIVES_MAX`."""
    match formula:
        case int():
            return [frozenset((formula,))]
        case AnyOf():
            found: dict[Alternative, None] = {}
            for part in formula.parts:
                more = alternatives(part)
                if more is None or len(found) + len(more) > ALTERNATIVES_MAX:
                    return None
                found.update(dict.fromkeys(more))
            return list(found)
        case AllOf():
            return _product(formula.parts)


def _product(parts: Iterable[Formula]) -> list[Alternative] | None:
    joined: list[Alternative] = [frozenset()]
    for part in parts:
        more = alternatives(part)
        if more is None:
            return None
        pairs = (one | other for one in joined for other in more)
        joined = list(dict.fromkeys(pair for pair in pairs if not _contradicts(pair)))
        if len(joined) > ALTERNATIVES_MAX:
            return None
    return joined


def _contradicts(literals: Alternative) -> bool:
    return any(literal ^ 1 in literals for literal in literals)


def literals_of(formula: Formula) -> Iterable[int]:
    """Yield every literal of a formula."""
    if isinstance(formula, int):
        yield formula
    else:
        for part in formula.parts:
            yield from literals_of(part)
