"""Coupons: codes of a pool come in, sealed; each goes out to one person of one rule, with the permit that carries it.

A code is taken in the transaction of the intent, comes back only where the message surely was not sent, and is found
again by its keyed hash when somebody redeems it.
"""

from rulecast.gate.coupons.codes import CodeLine, read_codes
from rulecast.gate.coupons.free_coupons import free_coupons
from rulecast.gate.coupons.hold_coupons import hold_coupons, use_coupons
from rulecast.gate.coupons.share import CouponShare

__all__ = [
    "CodeLine",
    "CouponShare",
    "free_coupons",
    "hold_coupons",
    "read_codes",
    "use_coupons",
]
