"""The same questions put to z3 where boxes cannot tell, within a time budget; z3 is the extra `analysis`."""

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any, Literal, TypeAlias

from rulecast.rule.language import condition as c
from rulecast.rule.language.conflict import counted_of, is_narrower
from rulecast.rule.language.lower import lower
from rulecast.rule.language.restrict import Restriction, restriction_of
from rulecast.rule.language.simplify import NOBODY, simplify
from rulecast.rule.language.value_sets import Choices, Ranges

try:
    import z3
except ImportError:  # the extra is not installed: every question stays open
    z3 = None

BUDGET_MILLISECONDS = 200
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Answer: TypeAlias = Literal["impossible", "possible", "undecided"]


def is_available() -> bool:
    """Return whether z3 is installed."""
    return z3 is not None


def is_possible(
    conditions: Sequence[c.Condition], *, budget_milliseconds: int = BUDGET_MILLISECONDS
) -> Answer:
    """Return whether somebody may fulfil all conditions: `impossible` is proven, `possible` only not disproven.

    Atoms are independent but for those about one attribute, and counts of which one window or pattern holds the other.
    """
    if z3 is None:
        return "undecided"
    model = _Model()
    solver = z3.Solver()
    solver.set("timeout", budget_milliseconds)
    for condition in conditions:
        solver.add(model.formula(simplify(lower(condition))))
    solver.add(*model.laws())
    found = solver.check()
    if found == z3.unsat:
        return "impossible"
    return "possible" if found == z3.sat else "undecided"


@dataclass(slots=True)
class _Model:
    """The variables of one question: a value per subject and line, and whether the subject is missing."""

    numbers: dict[tuple[Hashable, Hashable], Any] = field(default_factory=dict)
    choices: dict[tuple[Hashable, Hashable], Any] = field(default_factory=dict)
    codes: dict[Any, int] = field(default_factory=dict)
    missing: dict[Hashable, Any] = field(default_factory=dict)
    used: dict[tuple[Hashable, Hashable], Restriction] = field(default_factory=dict)

    def formula(self, form: c.Condition) -> Any:
        """Return the formula of a condition in negation normal form."""
        if form == NOBODY:
            return z3.BoolVal(val=False)
        match form:
            case c.Everybody():
                return z3.BoolVal(val=True)
            case c.And():
                return z3.And([self.formula(part) for part in form.parts])
            case c.Or():
                return z3.Or([self.formula(part) for part in form.parts])
            case _:
                return self._restriction(restriction_of(form))

    def _restriction(self, one: Restriction) -> Any:
        key = (one.subject, one.line)
        self.used.setdefault(key, one)
        holds = self._among(key, one.values)
        if not one.may_miss:
            return holds
        missing = self.missing.setdefault(one.subject, z3.Bool(f"missing_{len(self.missing)}"))
        return (
            missing
            if one.missing and _is_nothing(one.values)
            else (z3.Or(missing, holds) if one.missing else z3.And(z3.Not(missing), holds))
        )

    def _among(self, key: tuple[Hashable, Hashable], values: Ranges | Choices) -> Any:
        if isinstance(values, Ranges):
            line = self._number(key, is_whole=values.whole_steps)
            return (
                z3.Or([_inside(line, part) for part in values.parts])
                if values.parts
                else z3.BoolVal(val=False)
            )
        choice = self.choices.setdefault(key, z3.Int(f"choice_{len(self.choices)}"))
        found = z3.Or([choice == self._code(value) for value in sorted(values.values, key=str)])
        return z3.Not(found) if values.is_excluded else found

    def _number(self, key: tuple[Hashable, Hashable], *, is_whole: bool) -> Any:
        if key not in self.numbers:
            name = f"number_{len(self.numbers)}"
            self.numbers[key] = z3.Int(name) if is_whole else z3.Real(name)
        return self.numbers[key]

    def _code(self, value: Any) -> int:
        return self.codes.setdefault((type(value).__name__, value), len(self.codes))

    def laws(self) -> Iterator[Any]:
        """Yield what is true of everybody: which values there are, and that a wider count is no smaller."""
        for key, one in self.used.items():
            if one.universe is not None:
                yield self._among(key, one.universe)
            elif isinstance(one.values, Choices) and one.values.universe is not None:
                choice = self.choices[key]
                yield z3.Or([choice == self._code(value) for value in sorted(one.values.universe, key=str)])
        counts = [
            (counted, self.numbers[key])
            for key, one in self.used.items()
            if (counted := counted_of(one)) is not None and key in self.numbers
        ]
        for wide, wide_count in counts:
            for narrow, narrow_count in counts:
                if wide_count is not narrow_count and is_narrower(narrow, than=wide):
                    yield narrow_count <= wide_count


def _is_nothing(values: Ranges | Choices) -> bool:
    return values.is_empty


def _inside(line: Any, part: Any) -> Any:
    bounds = []
    if part.low is not None:
        bounds.append(line > _exact(part.low) if part.low_open else line >= _exact(part.low))
    if part.high is not None:
        bounds.append(line < _exact(part.high) if part.high_open else line <= _exact(part.high))
    return z3.And(bounds) if bounds else z3.BoolVal(val=True)


def _exact(value: Any) -> Any:
    """Return a number, date, instant or length of time as an exact rational of z3: days, or seconds since 1970."""
    match value:
        case datetime():
            exact = Fraction((value - EPOCH) // timedelta(microseconds=1), 1_000_000)
        case date():
            return z3.IntVal(value.toordinal())
        case timedelta():
            exact = Fraction(value // timedelta(microseconds=1), 86_400_000_000)
        case Decimal() | int():
            exact = Fraction(value)
        case _:
            raise AssertionError(f"a line has no values of the type {type(value).__name__}")
    return z3.IntVal(int(exact)) if exact.denominator == 1 else z3.Q(exact.numerator, exact.denominator)
