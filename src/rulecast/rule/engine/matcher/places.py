"""From masks to places: which events the bits of a mask stand for."""

from collections.abc import Sequence
from typing import NamedTuple, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

Mask: TypeAlias = int
"""Bit n stands for event n of the batch."""

Numbers: TypeAlias = NDArray[np.int64]

WORD_BITS = 64
WORD_BYTES = 8


class Span(NamedTuple):
    """Where the bits of a mask lie: from which place on, and in how many words of 64 bits."""

    start: int
    words: int

    @classmethod
    def of(cls, mask: Mask) -> Self:
        """Return the span of a mask that has a bit."""
        start = (mask & -mask).bit_length() - 1
        return cls(start, (mask.bit_length() - start + WORD_BITS - 1) // WORD_BITS)


def places(mask: Mask) -> list[int]:
    """Return the places of a mask's bits, the lowest first."""
    return list(places_of_many([mask], [Span.of(mask)])[1].tolist()) if mask else []


def places_of_many(masks: Sequence[Mask], spans: Sequence[Span]) -> tuple[Numbers, Numbers]:
    """Return for every bit which mask it is of (from 0) and its place, in order of the masks, then of places.

    All bits of a mask lie in its span.
    """
    pieces = [
        (mask >> start).to_bytes(words * WORD_BYTES, "little")
        for mask, (start, words) in zip(masks, spans, strict=True)
    ]
    words = np.frombuffer(b"".join(pieces), np.dtype("<u8"))
    # Most words are empty.
    filled = np.flatnonzero(words)
    bits = np.flatnonzero(np.unpackbits(words[filled].view(np.uint8), bitorder="little").view(np.bool_))
    lengths = np.fromiter((span.words for span in spans), np.int64, len(spans))
    begins = np.fromiter((span.start for span in spans), np.int64, len(spans))
    begins -= (np.cumsum(lengths) - lengths) * WORD_BITS
    owners = np.repeat(np.arange(len(spans)), lengths)[filled]
    bases = begins[owners] + filled * WORD_BITS
    rows = bits // WORD_BITS
    return owners[rows], bases[rows] + bits % WORD_BITS
