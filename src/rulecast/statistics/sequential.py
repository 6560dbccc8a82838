"""Whether a share has risen above what is usual, asked again and again without asking too often.

The evidence is a mixture of likelihood ratios. For any true share at or below `usual` its expectation never exceeds
one, whenever one looks, so the chance that it ever reaches 1/alpha is at most alpha (Ville's inequality; Robbins 1970,
"Statistical methods related to the law of the iterated logarithm"; Wald 1945 for a single alternative).
"""

import math
from typing import Final

MULTIPLES: Final = (1.5, 2.0, 3.0, 5.0, 10.0, 20.0, 40.0)
"""Shares looked for, as multiples of the usual one: a campaign gone wrong is several times worse, seldom a little."""
SHARE_MAX: Final = 0.95
"""No alternative is certain: one good message would refute it for ever."""
NORMAL_95_ONE_SIDED: Final = 1.6448536269514722


def evidence_above(bad: int, total: int, *, usual: float) -> float:
    """Return the evidence, as a natural logarithm, that more than a usual share goes bad; 0 before anything is known.

    Raises:
        ValueError: the counts are no counts, or the usual share is not between 0 and 1.
    """
    if not 0 <= bad <= total:
        raise ValueError(f"{bad} of {total} is no count")
    if not 0 < usual < 1:
        raise ValueError("a usual share lies between 0 and 1")
    alternatives = _alternatives(usual)
    good = total - bad
    ratios = [
        bad * math.log(share / usual) + good * math.log((1 - share) / (1 - usual)) for share in alternatives
    ]
    highest = max(ratios)
    return highest + math.log(math.fsum(math.exp(one - highest) for one in ratios) / len(ratios))


def is_above(bad: int, total: int, *, usual: float, alpha: float) -> bool:
    """Return whether the share is above the usual one, wrong with a chance of at most `alpha` over all looks."""
    return evidence_above(bad, total, usual=usual) >= -math.log(alpha)


def upper_bound(bad: int, total: int) -> float:
    """Return the share that a history of counts does not exceed, one-sided at 95 % (Wilson 1927); 1 without any."""
    if not total:
        return 1.0
    z, share = NORMAL_95_ONE_SIDED, bad / total
    middle = share + z * z / (2 * total)
    spread = z * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    return min(1.0, (middle + spread) / (1 + z * z / total))


def _alternatives(usual: float) -> tuple[float, ...]:
    """Return the shares above the usual one; at least one, also where the usual one is large."""
    found = tuple(usual * many for many in MULTIPLES if usual * many < SHARE_MAX)
    return found or ((usual + 1) / 2,)
