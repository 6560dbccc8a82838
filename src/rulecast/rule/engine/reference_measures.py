"""The reference for measured numbers: aggregates over events, arithmetic of them, and their comparison.

Numbers are fractions of whole numbers, so that neither a quotient nor a long sum is ever rounded.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Context, Decimal, Inexact, InvalidOperation
from fractions import Fraction
from typing import Literal

from rulecast.rule.engine.facts import EventFact, FactValue, PersonFacts
from rulecast.rule.engine.reference_events import matching
from rulecast.rule.engine.reference_fields import COMPARE, event_value, person_value
from rulecast.rule.language import condition as c

# Numbers have at most 18 digits before and after the point, so that no sum of them comes near; it would be an error.
EXACT = Context(prec=200, traps=[Inexact, InvalidOperation])


def measure_holds(atom: c.Measure, person: PersonFacts, now: datetime) -> bool:
    """Return whether both sides are known and compare so."""
    left, right = value_of(atom.left, person, now), value_of(atom.right, person, now)
    if left is None or right is None:
        return False
    return bool(COMPARE[atom.operator](left, right))


def value_of(expression: c.Expression, person: PersonFacts, now: datetime) -> Fraction | None:
    """Return the exact value of an expression, None where it is missing."""
    match expression:
        case c.Constant():
            return _number(expression.value)
        case c.Field():
            return _number(person_value(expression, person, now))
        case c.Aggregate():
            return aggregate(expression, person, now)
        case c.Arithmetic():
            left = value_of(expression.left, person, now)
            right = value_of(expression.right, person, now)
            return None if left is None or right is None else _calculate(expression, left, right)


def _calculate(expression: c.Arithmetic, left: Fraction, right: Fraction) -> Fraction | None:
    match expression.operator:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case "/":
            return None if right == 0 else left / right


def aggregate(atom: c.Aggregate, person: PersonFacts, now: datetime) -> Fraction | None:
    """Return the aggregate over the matching events, None where it is missing."""
    found = matching(atom.pattern, atom.window, person, now)
    if atom.kind == "count":
        return Fraction(len(found))
    assert atom.property is not None, "the grammar gives every other aggregate a property"
    values = _values(found, atom.property)
    if atom.kind == "distinct":
        return Fraction(len(set(values)))
    numbers = [value for value in values if isinstance(value, (int, Decimal))]
    return _summary(atom.kind, numbers)


def _summary(
    kind: Literal["sum", "average", "smallest", "largest"], numbers: Sequence[int | Decimal]
) -> Fraction | None:
    if not numbers:
        return Fraction(0) if kind == "sum" else None
    match kind:
        case "sum":
            return _total(numbers)
        case "average":
            return _total(numbers) / len(numbers)
        case "smallest":
            return Fraction(min(numbers))
        case "largest":
            return Fraction(max(numbers))


def _total(numbers: Sequence[int | Decimal]) -> Fraction:
    total = Decimal(0)
    for number in numbers:
        total = EXACT.add(total, number)
    return Fraction(total)


def _values(events: Sequence[EventFact], name: c.Field) -> list[FactValue]:
    values = (event_value(name, event) for event in events)
    return [tuple(value) if isinstance(value, list) else value for value in values if value is not None]


def _number(value: FactValue) -> Fraction | None:
    return Fraction(value) if isinstance(value, (int, Decimal)) else None
