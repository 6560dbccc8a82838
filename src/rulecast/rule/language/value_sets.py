"""Sets of values that a condition leaves possible: stretches of an ordered line, or choices."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any, Self

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """The values from `low` to `high`; None is without end, an open end does not belong to it."""

    low: Any = None
    low_open: bool = False
    high: Any = None
    high_open: bool = False

    @property
    def is_empty(self) -> bool:
        """Return whether nothing lies between the ends."""
        if self.low is None or self.high is None:
            return False
        return bool(self.low > self.high or (self.low == self.high and (self.low_open or self.high_open)))

    def within(self, other: "Stretch") -> "Stretch":
        """Return what both hold."""
        low, low_open = _later(self.low, self.low_open, other.low, other.low_open)
        high, high_open = _earlier(self.high, self.high_open, other.high, other.high_open)
        return Stretch(low=low, low_open=low_open, high=high, high_open=high_open)


def _later(one: Any, one_open: bool, other: Any, other_open: bool) -> tuple[Any, bool]:  # noqa: FBT001 - ends come in pairs
    """Return the beginning that leaves less."""
    if one is None or (other is not None and other > one):
        return other, other_open
    return one, one_open or (one == other and other_open)


def _earlier(one: Any, one_open: bool, other: Any, other_open: bool) -> tuple[Any, bool]:  # noqa: FBT001 - ends come in pairs
    """Return the end that leaves less."""
    if one is None or (other is not None and other < one):
        return other, other_open
    return one, one_open or (one == other and other_open)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranges:
    """Stretches of one line; on a line of whole steps (integers, days) every end belongs to its stretch."""

    parts: tuple[Stretch, ...]
    whole_steps: bool = False

    @classmethod
    def of(cls, *parts: Stretch, whole_steps: bool = False) -> Self:
        """Return the set of these stretches."""
        closed = (_closed(part) if whole_steps else part for part in parts)
        return cls(parts=tuple(part for part in closed if not part.is_empty), whole_steps=whole_steps)

    @property
    def is_empty(self) -> bool:
        """Return whether no value is left."""
        return not self.parts

    def within(self, other: "Ranges") -> "Ranges":
        """Return what both hold."""
        return Ranges.of(
            *(mine.within(theirs) for mine in self.parts for theirs in other.parts),
            whole_steps=self.whole_steps,
        )

    def complement(self) -> "Ranges":
        """Return all other values of the line."""
        left = Ranges.of(Stretch(), whole_steps=self.whole_steps)
        for part in self.parts:
            outside = []
            if part.low is not None:
                outside.append(Stretch(high=part.low, high_open=not part.low_open))
            if part.high is not None:
                outside.append(Stretch(low=part.high, low_open=not part.high_open))
            left = left.within(Ranges.of(*outside, whole_steps=self.whole_steps))
        return left

    def least(self) -> Any:
        """Return the smallest value, None where there is none."""
        lows = [part.low for part in self.parts]
        return None if not lows or None in lows else min(lows)

    def greatest(self) -> Any:
        """Return the largest value, None where there is none."""
        highs = [part.high for part in self.parts]
        return None if not highs or None in highs else max(highs)


def _closed(part: Stretch) -> Stretch:
    """Move each end of a stretch to the nearest whole step inside it."""
    low, high = part.low, part.high
    return Stretch(
        low=None if low is None else _step_from(low, is_open=part.low_open),
        high=None if high is None else _step_until(high, is_open=part.high_open),
    )


def _step_from(value: Any, *, is_open: bool) -> Any:
    if isinstance(value, (date, timedelta)) and not isinstance(value, datetime):
        return value + DAY if is_open else value
    exact = Decimal(value)
    whole = exact.to_integral_value(rounding=ROUND_CEILING)
    return whole + 1 if is_open and whole == exact else whole


def _step_until(value: Any, *, is_open: bool) -> Any:
    if isinstance(value, (date, timedelta)) and not isinstance(value, datetime):
        return value - DAY if is_open else value
    exact = Decimal(value)
    whole = exact.to_integral_value(rounding=ROUND_FLOOR)
    return whole - 1 if is_open and whole == exact else whole


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """These values or, `is_excluded`, all but these; `universe` holds all there are, where they are few."""

    values: frozenset[Any]
    is_excluded: bool = False
    universe: frozenset[Any] | None = None

    @classmethod
    def of(cls, values: Iterable[Any], *, universe: Iterable[Any] | None = None) -> Self:
        """Return the set of these values."""
        return cls(values=frozenset(values), universe=frozenset(universe) if universe is not None else None)

    @property
    def is_empty(self) -> bool:
        """Return whether no value is left."""
        if not self.is_excluded:
            return not self.values
        return self.universe is not None and self.universe <= self.values

    def within(self, other: "Choices") -> "Choices":
        """Return what both hold."""
        if self.is_excluded and other.is_excluded:
            return Choices(values=self.values | other.values, is_excluded=True, universe=self.universe)
        if self.is_excluded:
            return other.within(self)
        kept = self.values - other.values if other.is_excluded else self.values & other.values
        return Choices(values=kept, universe=self.universe)

    def complement(self) -> "Choices":
        """Return all other values."""
        return Choices(values=self.values, is_excluded=not self.is_excluded, universe=self.universe)
