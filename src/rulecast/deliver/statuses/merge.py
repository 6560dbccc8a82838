"""Statuses of one message as a join: the earliest instant of each kind, whatever the order and repetition."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import reduce

from rulecast.collect.webhook_facts import StatusFact

# A price is due on delivery only where Meta counts the message as a regular one.
BILLED_PRICING_TYPE = "regular"


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """What statuses told of one message; None where none of that kind came."""

    sent_at: datetime | None = None
    delivered_at: datetime | None = None
    read_at: datetime | None = None
    failed: tuple[datetime, int] | None = None
    billed_category: str = ""
    first_at: datetime | None = None

    @property
    def has_left(self) -> bool:
        """Return whether the message surely left Meta's servers."""
        return self.sent_at is not None or self.delivered_at is not None or self.read_at is not None


def marks_of(status: StatusFact) -> Marks:
    """Return what one status tells."""
    at = status.occurred_at
    return Marks(
        sent_at=at if status.status == "sent" else None,
        delivered_at=at if status.status == "delivered" else None,
        # Playing a voice message means having opened it.
        read_at=at if status.status in {"read", "played"} else None,
        failed=(at, status.error_code) if status.status == "failed" else None,
        billed_category=status.pricing_category if status.pricing_type == BILLED_PRICING_TYPE else "",
        first_at=at,
    )


def join(left: Marks, right: Marks) -> Marks:
    """Return both together: associative, commutative, idempotent (P12)."""
    return Marks(
        sent_at=_earliest(left.sent_at, right.sent_at),
        delivered_at=_earliest(left.delivered_at, right.delivered_at),
        read_at=_earliest(left.read_at, right.read_at),
        failed=min((one for one in (left.failed, right.failed) if one is not None), default=None),
        billed_category=max(left.billed_category, right.billed_category),
        first_at=_earliest(left.first_at, right.first_at),
    )


def join_all(statuses: Iterable[StatusFact]) -> Marks:
    """Return everything the statuses told of one message."""
    told = [marks_of(status) for status in statuses]
    return reduce(join, told) if told else Marks()


def _earliest(left: datetime | None, right: datetime | None) -> datetime | None:
    if left is None or right is None:
        return left or right
    return min(left, right)
