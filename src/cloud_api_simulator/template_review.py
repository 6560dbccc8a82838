"""How a submitted template is reviewed: rules of a run, and re-categorisation (platform reference 5.3, 8.1)."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

REASONS = frozenset(
    {
        "ABUSIVE_CONTENT",
        "CATEGORY_NOT_AVAILABLE",
        "INCORRECT_CATEGORY",
        "INVALID_FORMAT",
        "NONE",
        "PROMOTIONAL",
        "SCAM",
        "TAG_CONTENT_MISMATCH",
    }
)
"""Reasons of a rejection (platform reference 3.7)."""
RULES_MAX = 1_000
"""Most review rules of a run: tests name single templates."""

_DECISIONS = frozenset({"APPROVED", "REJECTED", "PENDING"})
_MARKETING = re.compile(
    r"\b(sale|discount|offer|promo\w*|coupon|% off|off everything|shop now|deal|limited time|new arrivals|"
    r"black friday|we miss you|soldes?|remise|réduction|promotion\w*|offre|achetez|boutique)\b|"
    r"خصم|عرض|تخفيض",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewRule:
    """What happens to templates whose name begins with `name`: decision, after how long, and why.

    `after_seconds` is virtual; 0 decides in the answer itself. `category` re-categorises on approval.
    """

    name: str = ""
    decision: str = "APPROVED"
    after_seconds: float = 0.0
    reason: str = "NONE"
    recommendation: str = ""
    category: str = ""


class ReviewRules:
    """The rules of a run, the first that fits decides; without one a template is approved at once."""

    def __init__(self) -> None:
        """Start with none."""
        self._rules: tuple[ReviewRule, ...] = ()
        self.reads_for_marketing = True

    def replace(self, rules: Iterable[ReviewRule], *, reads_for_marketing: bool = True) -> None:
        """Use these rules instead of the ones before."""
        self._rules = tuple(rules)
        self.reads_for_marketing = reads_for_marketing

    def of(self, name: str) -> ReviewRule:
        """Return the rule for a template's name."""
        return next((rule for rule in self._rules if name.startswith(rule.name)), ReviewRule())

    def category_of(self, asked: str, text: str, rule: ReviewRule) -> str:
        """Return the category a submission gets.

        Since 2025-04-09 a utility submission that reads as marketing is approved as MARKETING instead of
        being rejected (platform reference 5.3).
        """
        if rule.category:
            return rule.category
        reads_as_marketing = self.reads_for_marketing and _MARKETING.search(text) is not None
        return "MARKETING" if asked == "UTILITY" and reads_as_marketing else asked

    def as_json(self) -> dict[str, Any]:
        """Return the rules as a control answer shows them."""
        rows = [{item.name: getattr(rule, item.name) for item in fields(ReviewRule)} for rule in self._rules]
        return {"rules": rows, "reads_for_marketing": self.reads_for_marketing}


def read_rule(row: Mapping[str, Any], position: int) -> ReviewRule:
    """Return the rule a control request describes; raises ValueError naming the wrong field."""
    unknown = set(row) - {item.name for item in fields(ReviewRule)}
    if unknown:
        message = f"rules[{position}]: unknown fields: {', '.join(sorted(unknown))}"
        raise ValueError(message)
    rule = ReviewRule(**row)
    if rule.decision not in _DECISIONS:
        message = f"rules[{position}].decision: expected one of {', '.join(sorted(_DECISIONS))}"
        raise ValueError(message)
    if rule.reason not in REASONS:
        message = f"rules[{position}].reason: expected one of {', '.join(sorted(REASONS))}"
        raise ValueError(message)
    if float(rule.after_seconds) < 0:
        message = f"rules[{position}].after_seconds: expected a number of at least 0"
        raise ValueError(message)
    return rule
