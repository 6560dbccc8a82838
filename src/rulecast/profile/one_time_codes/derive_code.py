"""The digits of a code, derived from its nonce as often as they are needed."""

from collections.abc import Callable

from rulecast.values.ids import ContactId

CODE_DIGITS = 6
"""A million codes and five tries: one in 200,000 guesses right; a longer one is typed wrong more often."""
SIGNING_PURPOSE = "one-time code"

Sign = Callable[[str, bytes], bytes]


def code_digits(sign: Sign, contact_id: ContactId, nonce: bytes) -> str:
    """Return the code of a nonce of a person: six digits, evenly spread.

    `sign` is the vault's HMAC-SHA256 under a key of its own; without that key the nonce says nothing about the code.
    """
    digest = sign(SIGNING_PURPOSE, contact_id.to_bytes(8, "big") + nonce)
    # 256 bits modulo a million: the unevenness is 10^-71.
    return str(int.from_bytes(digest, "big") % 10**CODE_DIGITS).zfill(CODE_DIGITS)
