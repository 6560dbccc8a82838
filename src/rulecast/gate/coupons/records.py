"""What is known of a pool and of a code."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CouponPool:
    """A pool that gives codes: how many it keeps back, and for how many hours a code has to hold when it is given."""

    pool_id: int
    name: str
    low_stock: int
    valid_hours_min: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CouponRow:
    """A code, sealed; `is_usable` says that it is neither redeemed nor about to expire."""

    coupon_id: int
    pool_id: int
    code_index: bytes = field(repr=False)
    sealed_code: bytes = field(repr=False)
    is_usable: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldRow:
    """A code that a person holds of a rule."""

    contact_id: int
    rule_name: str
    coupon_id: int
    pool_id: int
    code_index: bytes = field(repr=False)
    sealed_code: bytes = field(repr=False)
    is_usable: bool

    @property
    def coupon(self) -> CouponRow:
        """Return the code itself."""
        return CouponRow(
            coupon_id=self.coupon_id,
            pool_id=self.pool_id,
            code_index=self.code_index,
            sealed_code=self.sealed_code,
            is_usable=self.is_usable,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenRow:
    """A code that somebody redeems: its pool, and to whom, by which rule and run it was given, where it was."""

    coupon_id: int
    code_index: bytes = field(repr=False)
    pool: str
    contact_id: int | None
    rule_name: str | None
    run_id: int | None
    redeemed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedCode:
    """A code on its way into a pool: line of its file, keyed hash, seal, and the instant from which it is void."""

    line: int
    code_index: bytes = field(repr=False)
    sealed_code: bytes = field(repr=False)
    expires_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stock:
    """The codes of a pool by what became of them.

    `free` can be given now, `reserved` are in messages that Meta has not accepted yet, `given` were accepted.
    `expired` were never given and cannot be any more; `in_doubt` may have been given in a gap that a restore left, some
    of them to whom they were given before; `set_aside` cannot be opened. `given_twice` is the number of codes that two
    people have: it is 0 unless a status proved wrong what Meta's answer said. Of the free ones, `ends_soon` can be
    given for a week at most, and `next_end` is when the first of them is void.
    """

    name: str
    low_stock: int
    valid_hours_min: int
    retired_at: datetime | None
    low_since: datetime | None
    free: int
    reserved: int
    given: int
    redeemed: int
    expired: int
    set_aside: int
    in_doubt: int
    given_twice: int
    ends_soon: int
    next_end: datetime | None
