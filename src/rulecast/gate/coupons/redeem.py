"""Codes that somebody redeemed: each counts once, for the person who was given it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from rulecast.gate.coupons import store
from rulecast.gate.coupons.records import GivenRow
from rulecast.gate.coupons.store import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Redemption:
    """A code that was redeemed, by its keyed hash, when, and by whom, where that is known."""

    line: int
    code_index: bytes = field(repr=False)
    redeemed_at: datetime
    contact_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Redeemed:
    """What a redemption came to: `given` is None for an unknown code, `is_new` false for one redeemed before.

    `is_second` says that the code was redeemed at another instant before; the same instant is the same news.
    """

    redemption: Redemption
    given: GivenRow | None
    is_new: bool
    is_second: bool = False

    @property
    def holder(self) -> str:
        """Return whose code it was: the redeemer's own, another person's, or nobody's."""
        if self.given is None or self.given.contact_id is None:
            return "nobody"
        by = self.redemption.contact_id
        return "own" if by is None or by == self.given.contact_id else "other"

    @property
    def contact_id(self) -> int | None:
        """Return whose event it is: who redeemed it, else who was given it."""
        if self.redemption.contact_id is not None:
            return self.redemption.contact_id
        return None if self.given is None else self.given.contact_id


async def redeem(connection: Connection, redemptions: Sequence[Redemption]) -> list[Redeemed]:
    """Count these redemptions, the earliest of a code first, and return what became of each.

    The codes are locked in order, so that two imports of one redemption count it once.
    """
    locked = await store.lock_redeemed(connection, sorted({one.code_index for one in redemptions}))
    found = {one.code_index: one for one in locked}
    done = {one.code_index: one.redeemed_at for one in locked if one.redeemed_at is not None}
    results, first = [], []
    for one in sorted(redemptions, key=lambda one: one.redeemed_at):
        given = found.get(one.code_index)
        is_new = given is not None and one.code_index not in done
        is_second = not is_new and done.get(one.code_index, one.redeemed_at) != one.redeemed_at
        results.append(Redeemed(redemption=one, given=given, is_new=is_new, is_second=is_second))
        if is_new:
            done[one.code_index] = one.redeemed_at
            first.append(one)
    if first:
        await store.mark_redeemed(
            connection, [(one.code_index, one.redeemed_at, one.contact_id or 0) for one in first]
        )
    return results
