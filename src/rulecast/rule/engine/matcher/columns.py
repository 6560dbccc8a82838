"""One column of a batch: which events have a value, a lower one, any.

A small batch keeps a mask for each value that occurs. In a large one that costs more than it saves: its values become
numbers in an array, and a mask is made for each question.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from itertools import accumulate
from operator import or_
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from rulecast.rule.engine.matcher.places import Mask

# From about so many events on a question to the array is quicker than the masks that answer it.
LARGE_BATCH = 512


class Column(Protocol):
    """The events by value; missing values are under none. Lists stand under each of their items."""

    @property
    def present(self) -> Mask:
        """Return the events that have a value."""
        ...

    def equal(self, value: Any) -> Mask:
        """Return the events with a value."""
        ...

    def less(self, value: Any) -> Mask:
        """Return the events with a value below the given one."""
        ...

    def at_most(self, value: Any) -> Mask:
        """Return the events with a value up to and with the given one."""
        ...

    def items(self) -> Iterable[tuple[Any, Mask]]:
        """Yield the values that occur, each with its events."""
        ...


def read_column(values: Sequence[Any], bits: Sequence[Mask]) -> Column:
    """Return the column of the events' values; None and empty text are missing."""
    return NumberedColumn(values) if len(values) >= LARGE_BATCH else masks_of(values, bits)


def masks_of(values: Sequence[Any], bits: Sequence[Mask]) -> "MaskColumn":
    """Return the column as a mask for each value that occurs; `bits` holds the bit of each event."""
    masks: dict[Any, Mask] = {}
    for value, bit in zip(values, bits, strict=True):
        if value in masks:
            masks[value] |= bit
        else:
            masks[value] = bit
    missing = masks.pop(None, 0) | masks.pop("", 0)
    return MaskColumn(masks, sum(bits) ^ missing)


class MaskColumn:
    """A column as a mask for each value."""

    def __init__(self, masks: Mapping[Any, Mask], present: Mask) -> None:
        self._masks = masks
        self.present = present

    def equal(self, value: Any) -> Mask:
        """Return the events with a value."""
        return self._masks.get(value, 0)

    def less(self, value: Any) -> Mask:
        """Return the events with a value below the given one."""
        return self._below[bisect_left(self._values, value)]

    def at_most(self, value: Any) -> Mask:
        """Return the events with a value up to and with the given one."""
        return self._below[bisect_right(self._values, value)]

    def items(self) -> Iterable[tuple[Any, Mask]]:
        """Yield the values that occur, each with its events."""
        return self._masks.items()

    @cached_property
    def _values(self) -> list[Any]:
        return sorted(self._masks)

    @cached_property
    def _below(self) -> list[Mask]:
        """Return before each place of the values in order the events that have one of those before it."""
        return list(accumulate((self._masks[value] for value in self._values), or_, initial=0))


class NumberedColumn:
    """A column as the number of each event's value; the values get theirs in order of their first event."""

    def __init__(self, values: Sequence[Any]) -> None:
        distinct = dict.fromkeys(values)
        is_missing = [value for value in (None, "") if value in distinct]
        for value in is_missing:
            del distinct[value]
        self._numbers = {value: number for number, value in enumerate(distinct)}
        # The last number stands for a missing value.
        codes = self._numbers | dict.fromkeys(is_missing, len(distinct))
        self._column = np.fromiter(map(codes.__getitem__, values), np.int32, len(values))
        self._known: dict[int, Mask] = {}

    @cached_property
    def present(self) -> Mask:
        """Return the events that have a value."""
        return mask_of(self._column < len(self._numbers))

    def equal(self, value: Any) -> Mask:
        """Return the events with a value."""
        number = self._numbers.get(value)
        if number is None:
            return 0
        mask = self._known.get(number)
        if mask is None:
            mask = self._known[number] = mask_of(self._column == number)
        return mask

    def less(self, value: Any) -> Mask:
        """Return the events with a value below the given one."""
        return mask_of(self._ranks < bisect_left(self._values, value))

    def at_most(self, value: Any) -> Mask:
        """Return the events with a value up to and with the given one."""
        return mask_of(self._ranks < bisect_right(self._values, value))

    def items(self) -> Iterable[tuple[Any, Mask]]:
        """Yield the values that occur, each with its events."""
        return ((value, self.equal(value)) for value in self._numbers)

    @cached_property
    def _values(self) -> list[Any]:
        return sorted(self._numbers)

    @cached_property
    def _ranks(self) -> NDArray[np.int32]:
        """Return for each event the place of its value in order; a missing value comes after all."""
        number = len(self._values)
        places = np.full(number + 1, number, np.int32)
        if number:
            order = np.fromiter(map(self._numbers.__getitem__, self._values), np.int32, number)
            places[order] = np.arange(number, dtype=np.int32)
        return places[self._column]


def mask_of(holds: NDArray[np.bool_]) -> Mask:
    """Return truths, one for each event, as a mask."""
    return int.from_bytes(np.packbits(holds, bitorder="little").tobytes(), "little")
