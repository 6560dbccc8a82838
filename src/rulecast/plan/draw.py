"""The draw: for each person of an audience whether they are held out, and their place in the order."""

import hashlib
from collections.abc import Iterable, Iterator
from decimal import Decimal

from rulecast.rule.language.document import Band, Priority

SHARES = 10_000
"""A holdout is given in percent with at most two decimals."""
BANDS = tuple(Band)
STRENGTH_PER_BAND = 1000


def draw(
    contact_ids: Iterable[int], *, rule_name: str, key: bytes, holdout_percent: Decimal | None
) -> Iterator[tuple[int, bool, int]]:
    """Yield id, whether held out, and an order from -2^63 to 2^63-1, by a keyed hash of rule and person.

    The same person is always on the same side for the same rule, whoever else is in the audience.
    """
    limit = int((holdout_percent or Decimal(0)) * SHARES / 100)
    start = hashlib.blake2b(key=key, person=b"rulecast-draw", digest_size=16)
    start.update(rule_name.encode() + b"\n")
    for contact_id in contact_ids:
        state = start.copy()
        state.update(contact_id.to_bytes(8, "big"))
        digest = state.digest()
        share = int.from_bytes(digest[:8], "big") % SHARES
        yield contact_id, share < limit, int.from_bytes(digest[8:], "big", signed=True)


def band_number(priority: Priority) -> int:
    """Return the band as stored: 0 is the strongest."""
    return BANDS.index(priority.band)


def strength(priority: Priority) -> int:
    """Return a rule's strength: the band first, then the number; the higher wins."""
    return (len(BANDS) - 1 - band_number(priority)) * STRENGTH_PER_BAND + priority.number
