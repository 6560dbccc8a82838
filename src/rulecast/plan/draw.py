"""The draw: for each person of an audience whether they are held out, and their place in the order."""

import hashlib
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import accumulate
from typing import Self

from rulecast.rule.language.document import Band, Priority, Rule, Variant

SHARES = 10_000
"""A holdout is given in percent with at most two decimals."""
BANDS = tuple(Band)
STRENGTH_PER_BAND = 1000
REACHED_MARGIN = 10**8
"""Whoever has been written to is kept by a strength far above every band."""


Drawn = tuple[int, bool, int, str]
"""Contact, whether held out, place in the order, name of the variant (empty without variants and where held out)."""


def draw(
    contact_ids: Iterable[int],
    *,
    rule_name: str,
    key: bytes,
    holdout_percent: Decimal | None,
    variants: Sequence[Variant] = (),
) -> Iterator[Drawn]:
    """Yield id, whether held out, an order from -2^63 to 2^63-1 and the variant, by keyed hashes of rule and person.

    The same person is always on the same side for the same rule, whoever else is in the audience. The variants share
    those who are not held out; which one somebody gets has nothing to do with their place in the order.
    """
    limit = int((holdout_percent or Decimal(0)) * SHARES / 100)
    start = hashlib.blake2b(key=key, person=b"rulecast-draw", digest_size=16)
    start.update(rule_name.encode() + b"\n")
    arms = _Arms.of(variants, rule_name=rule_name, key=key)
    for contact_id in contact_ids:
        state = start.copy()
        state.update(contact_id.to_bytes(8, "big"))
        digest = state.digest()
        held_out = int.from_bytes(digest[:8], "big") % SHARES < limit
        variant = "" if held_out or arms is None else arms.of_person(contact_id)
        yield contact_id, held_out, int.from_bytes(digest[8:], "big", signed=True), variant


@dataclass(frozen=True, slots=True, kw_only=True)
class _Arms:
    """The variants of a rule: `ends[i]` is the first share that does not belong to `names[i]` any more."""

    names: tuple[str, ...]
    ends: tuple[int, ...]
    start: "hashlib.blake2b"

    @classmethod
    def of(cls, variants: Sequence[Variant], *, rule_name: str, key: bytes) -> Self | None:
        """Return the arms of the variants, None where there are none."""
        if not variants:
            return None
        start = hashlib.blake2b(key=key, person=b"rulecast-arm", digest_size=8)
        start.update(rule_name.encode() + b"\n")
        ends = accumulate(int(one.percent * SHARES / 100) for one in variants)
        return cls(names=tuple(one.name for one in variants), ends=tuple(ends), start=start)

    def of_person(self, contact_id: int) -> str:
        """Return the variant a person gets."""
        state = self.start.copy()
        state.update(contact_id.to_bytes(8, "big"))
        share = int.from_bytes(state.digest(), "big") % SHARES
        # Shares of thirds end a little below the whole; the last variant takes what is left.
        return self.names[min(bisect_right(self.ends, share), len(self.names) - 1)]


def band_number(priority: Priority) -> int:
    """Return the band as stored: 0 is the strongest."""
    return BANDS.index(priority.band)


def strength(priority: Priority) -> int:
    """Return a rule's strength: the band first, then the number; the higher wins."""
    return (len(BANDS) - 1 - band_number(priority)) * STRENGTH_PER_BAND + priority.number


def is_experiment(rule: Rule) -> bool:
    """Return whether a rule compares arms: who is held out, or who gets which variant, is kept for it."""
    return bool(rule.variants) or bool(rule.holdout_percent)
