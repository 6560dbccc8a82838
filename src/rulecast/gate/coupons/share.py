"""The codes that one group of drafts may use: those its people hold, and free ones of its pools; all locked."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from rulecast.gate.coupons.records import CouponPool, CouponRow
from rulecast.gate.draft import PreparedDraft

Open = Callable[[bytes, bytes], str | None]
"""Opens a code by index and seal; None where the seal is broken."""


class Holder(NamedTuple):
    """Who has one code and no second one."""

    contact_id: int
    rule_name: str


@dataclass(slots=True, kw_only=True)
class CouponShare:
    """What is left while a group is decided, and what it has taken."""

    pools: Mapping[str, CouponPool]
    held: dict[Holder, tuple[CouponRow, str | None]]
    free: Mapping[str, list[tuple[CouponRow, str]]]
    can_open: bool = True
    taken: dict[Holder, CouponRow] = field(default_factory=dict)
    uses: dict[int, CouponRow] = field(default_factory=dict)
    lacking: set[str] = field(default_factory=set)

    def left(self, prepared: PreparedDraft, rule_name: str) -> int | None:
        """Return how many codes are left for a draft; None where it needs none, or its person holds one.

        Where the pool gives nothing, its holders wait with the others. Codes that cannot be opened now are not lacking.
        """
        slot = prepared.coupon
        if slot is None:
            return None
        if slot.pool in self.pools and Holder(prepared.draft.contact_id, rule_name) in self.held:
            return None
        left = len(self.free.get(slot.pool, ()))
        if not left and self.can_open:
            self.lacking.add(slot.pool)
        return left

    def is_spent(self, prepared: PreparedDraft, rule_name: str) -> bool:
        """Return whether the person's one code of the rule is of no more use: redeemed, expired, of another pool.

        Of a pool that gives nothing now, nobody can say which code it would have been.
        """
        slot = prepared.coupon
        found = self.held.get(Holder(prepared.draft.contact_id, rule_name))
        pool = None if slot is None else self.pools.get(slot.pool)
        if found is None or pool is None:
            return False
        coupon, code = found
        return code is None or not coupon.is_usable or coupon.pool_id != pool.pool_id

    def fill(self, prepared: PreparedDraft, rule_name: str) -> PreparedDraft:
        """Take the code of an allowed draft and return the draft with the code in its request."""
        slot = prepared.coupon
        if slot is None:
            return prepared
        holder = Holder(prepared.draft.contact_id, rule_name)
        if holder not in self.held:
            coupon, code = self.free[slot.pool].pop(0)
            self.held[holder] = coupon, code
            self.taken[holder] = coupon
        kept, code_kept = self.held[holder]
        assert code_kept is not None, "a draft whose code cannot be opened is not allowed"
        self.uses[prepared.draft.message_id] = kept
        return replace(prepared, body=slot.fill(prepared.body, code_kept))
