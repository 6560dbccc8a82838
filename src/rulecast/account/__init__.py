"""Portfolios, business numbers, their limits and what messages cost.

Declarations and dated rate cards come in; numbers, prices in 10^-4 minor units and pure pacing arithmetic go
out, the same for the plan's calendar and for the sender.
"""

from rulecast.account.errors import NumberUnknownError
from rulecast.account.pacing import Bucket, pair_bucket, throughput_bucket
from rulecast.account.rate_card import PRICE_SCALE, RateCard, market_of, shipped_rate_card
from rulecast.account.records import BusinessNumber, Portfolio

__all__ = [
    "PRICE_SCALE",
    "Bucket",
    "BusinessNumber",
    "NumberUnknownError",
    "Portfolio",
    "RateCard",
    "market_of",
    "pair_bucket",
    "shipped_rate_card",
    "throughput_bucket",
]
