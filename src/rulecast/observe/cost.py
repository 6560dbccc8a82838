"""What was estimated and what was billed, as it is counted; pure."""

from dataclasses import dataclass

from rulecast.account.service_price import allowance_left

NOT_CATEGORIES = frozenset({"failed", "open", "free", "untold"})
"""What a message is billed as that is no category: failed, not delivered yet, free, or delivered without a price."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CostLine:
    """Messages of one category, and what they were billed as; sums in minor units times 10^4."""

    estimated_as: str
    billed_as: str
    messages: int
    estimated_e4: int
    billed_e4: int

    @property
    def is_settled(self) -> bool:
        """Return whether Meta's word about these messages is known."""
        return self.billed_as not in {"open", "untold"}

    @property
    def is_another_category(self) -> bool:
        """Return whether Meta billed another category than was estimated, without asking."""
        return self.billed_as not in NOT_CATEGORIES and self.billed_as != self.estimated_as

    @property
    def difference_e4(self) -> int:
        """Return how much more was billed than estimated; 0 where that is not known yet."""
        return self.billed_e4 - self.estimated_e4 if self.is_settled else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """Service messages of a number that were delivered this month, and how many more are free."""

    number: str
    delivered: int

    @property
    def left(self) -> int:
        """Return how many more service messages of this month are free."""
        return allowance_left(self.delivered)
