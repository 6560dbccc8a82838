"""The place of a code in a request that is made before anybody knows which code it will be."""

import hashlib
from base64 import b32encode
from dataclasses import dataclass

from rulecast.rule.language.document import Parameter
from rulecast.values.ids import OpaqueId

CODE_LENGTH_MAX = 15
"""The longest code that WhatsApp lets a person copy from a button (Cloud API, copy code buttons)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CouponSlot:
    """The pool a message draws from, and the stand-in that the code takes the place of in its body."""

    pool: str
    stand_in: str

    def fill(self, body: bytes, code: str) -> bytes:
        """Return the body with the code wherever the stand-in was; codes have no sign that JSON would escape."""
        return body.replace(self.stand_in.encode(), code.encode())


def make_slot(parameters: tuple[Parameter, ...], opaque_id: OpaqueId) -> CouponSlot | None:
    """Return the slot of a message; None where it holds no code.

    The stand-in is as long as a code can be, so that a message which fits with it fits with every code.
    """
    pool = next((one.coupon_pool for one in parameters if one.coupon_pool is not None), None)
    if pool is None:
        return None
    # 75 bits that stand nowhere else in the message: its opaque id stands there in other letters.
    digest = hashlib.sha256(b"coupon" + opaque_id).digest()
    return CouponSlot(pool=pool, stand_in=b32encode(digest)[:CODE_LENGTH_MAX].decode())
