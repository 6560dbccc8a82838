"""Which conditions on behaviour counters can answer, and what a reading of the counters says about them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Literal, TypeAlias

from rulecast.rule.engine.instants import bounds_of
from rulecast.rule.engine.matcher.counters import CountedPair, Reading, day_of
from rulecast.rule.engine.matcher.pair_document import pair_of
from rulecast.rule.engine.reference_fields import COMPARE
from rulecast.rule.language import condition as c

Number: TypeAlias = int | Decimal

# Conditions on a property whose truth stays as time passes.
TIMELESS = (c.Comparison, c.Between, c.OneOf, c.Contains, c.StartsWith, c.Matches, c.Presence, c.Near)
# Calendar windows differ by the person's zone, and windows from a first event by their events.
COUNTED_WINDOWS = (c.LastWindow, c.AbsoluteWindow, c.DayWindow, c.AgoWindow, c.BeforeWindow)
# Kept longer by this much, for a question asked a moment before a day begins and answered after it.
ONE_DAY = timedelta(days=1)
FLIPPED: dict[c.Operator, c.Operator] = {"=": "=", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """The number of events lies in `minimum..maximum`."""

    minimum: int
    maximum: int | None

    def decide(self, reading: Reading) -> bool | None:
        """Return the truth, None where the reading leaves it open."""
        if self.minimum <= reading.low and (self.maximum is None or reading.high <= self.maximum):
            return True
        if reading.high < self.minimum or (self.maximum is not None and reading.low > self.maximum):
            return False
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """The number of events, or the sum of their property, compared with a number."""

    measure: Literal["count", "sum"]
    operator: c.Operator
    value: Number

    def decide(self, reading: Reading) -> bool | None:
        """Return the truth, None where the reading leaves it open."""
        if self.measure == "sum":
            return None if reading.total is None else self._holds(reading.total)
        if self.operator in {"=", "!="} and reading.low != reading.high:
            return None if reading.low <= self.value <= reading.high else self._holds(reading.low)
        low, high = self._holds(reading.low), self._holds(reading.high)
        return low if low is high else None

    def _holds(self, number: Number) -> bool:
        return bool(COMPARE[self.operator](number, self.value))


@dataclass(frozen=True, slots=True, kw_only=True)
class CountTest:
    """What is asked of the counters of a pair inside a window that is alike for all people."""

    pair: CountedPair
    window: c.Window | None
    test: Times | Compared


def count_test(atom: c.Atom) -> CountTest | None:
    """Return how counters answer a lowered atom, None where only the events themselves can."""
    match atom:
        case c.Did(negated=False):
            times = Times(minimum=atom.minimum, maximum=atom.maximum)
            return _test(atom.pattern, atom.window, times)
        case c.Measure(left=c.Aggregate() as aggregate, right=c.Constant() as constant):
            return _measure(aggregate, atom.operator, constant)
        case c.Measure(left=c.Constant() as constant, right=c.Aggregate() as aggregate):
            return _measure(aggregate, FLIPPED[atom.operator], constant)
        case _:
            return None


def _measure(aggregate: c.Aggregate, operator: c.Operator, constant: c.Constant) -> CountTest | None:
    if aggregate.kind != "count" and aggregate.kind != "sum":  # noqa: PLR1714 - mypy narrows a literal only so
        return None
    compared = _compared(aggregate.kind, operator, constant)
    return _test(aggregate.pattern, aggregate.window, compared, aggregate.property)


def _compared(
    measure: Literal["count", "sum"], operator: c.Operator, constant: c.Constant
) -> Compared | None:
    value = constant.value
    if not isinstance(value, int | Decimal):
        return None
    return Compared(measure=measure, operator=operator, value=value)


def _test(
    pattern: c.EventPattern,
    window: c.Window | None,
    test: Times | Compared | None,
    counted_property: c.Field | None = None,
) -> CountTest | None:
    if test is None or not _is_timeless(pattern.where):
        return None
    if window is not None and not isinstance(window, COUNTED_WINDOWS):
        return None
    return CountTest(pair=pair_of(pattern, counted_property), window=window, test=test)


def _is_timeless(where: c.Condition | None) -> bool:
    match where:
        case None:
            return True
        case c.And() | c.Or():
            return all(_is_timeless(part) for part in where.parts)
        case c.Not():
            return _is_timeless(where.part)
        case _:
            return isinstance(where, TIMELESS) and where.field.years_since is None


def first_day(tests: Iterable[CountTest], now: datetime) -> date | None:
    """Return the first UTC day that the tests ask for, now or at any later time; None means every day."""
    starts = [bounds_of(test.window, now).start for test in tests]
    known = [day_of(start) for start in starts if start is not None]
    return min(known) - ONE_DAY if known and len(known) == len(starts) else None
