"""The interval of a plan's cost; pure.

Only delivered messages are paid for, and nothing in a free entry point; the price falls with the volume of a month,
and Meta may bill a utility template as marketing (whatsapp-platform 5.2 to 5.4).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from rulecast.account.rate_card import Rate, marginal_cost_e4

SAMPLE_MIN = 100
"""Fewer messages of the past say nothing about how many arrive."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Messages to one country in one category: their list price together, and what is known of better or worse.

    `tiers` are the volume tiers of the day, `charged` the messages of the month already charged there, `free_e4` the
    price of people in an entry point, `marketing_e4` the price of one message should it count as marketing.
    """

    count: int
    cost_e4: int
    free_e4: int
    tiers: Sequence[Rate]
    charged: int
    marketing_e4: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CostInterval:
    """The lowest, the expected and the highest cost, in 10^-4 minor units; the expected lies between.

    `delivered_percent` is the share of the last messages that arrived, None where too few are known.
    """

    low_e4: int
    expected_e4: int
    high_e4: int
    free_e4: int
    delivered_percent: int | None


def cost_interval(lines: Sequence[Line], *, arrived: int, sampled: int) -> CostInterval:
    """Return between what and what messages will cost, from how many of the sampled last ones arrived."""
    is_known = sampled >= SAMPLE_MIN
    share = Fraction(arrived, sampled) if is_known else Fraction(1)
    listed = sum(one.cost_e4 for one in lines)
    free = sum(one.free_e4 for one in lines)
    tiered = sum(_at_tiers(one) for one in lines)
    return CostInterval(
        low_e4=int(max(0, tiered - free) * share),
        expected_e4=int((listed - free) * share),
        high_e4=sum(max(one.cost_e4, one.count * one.marketing_e4) for one in lines),
        free_e4=free,
        delivered_percent=round(share * 100) if is_known else None,
    )


def _at_tiers(line: Line) -> int:
    """Return what a line costs with the tiers of the month; one price needs no arithmetic."""
    if len(line.tiers) < 2:  # noqa: PLR2004 - one tier is the list price
        return line.cost_e4
    return min(line.cost_e4, marginal_cost_e4(line.tiers, charged=line.charged, count=line.count))
