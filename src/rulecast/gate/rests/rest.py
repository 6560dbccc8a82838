"""How long a person rests after failures of one code; pure.

whatsapp-platform 4.4 and 6.3: marketing waits 24 hours after a 131049, then 72 hours, then 7 days; after three in 30
days one attempt a month is left. Three 131026 in 30 days end what the business starts, until the person writes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

COUNTED_IN = timedelta(days=30)
MANY = 3
"""So many failures within the counted days are no accident."""
AFTER_MANY = timedelta(days=30)
UNTIL_THEY_WRITE: Final = datetime(9999, 1, 1, tzinfo=UTC)
KEPT_MAX = 12
"""Failures kept of a person and code: more than any rest looks back at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RestRule:
    """What failures of a code ask for: the growing waits in seconds, or, without any, the end of all sends."""

    kind: Literal["marketing", "all"]
    waits_seconds: tuple[int, ...]


def rest_until(
    rule: RestRule, failed_at: Sequence[datetime], *, last_delivered_at: datetime | None
) -> datetime:
    """Return until when the person rests; the failures are in order, at least one.

    A delivered message between two failures breaks the row; how many there were in 30 days stays counted.
    """
    last = failed_at[-1]
    many = sum(last - one < COUNTED_IN for one in failed_at) >= MANY
    if not rule.waits_seconds:
        return UNTIL_THEY_WRITE if many else last
    in_a_row = sum(last_delivered_at is None or one > last_delivered_at for one in failed_at)
    index = min(max(in_a_row, 1), len(rule.waits_seconds)) - 1
    wait = timedelta(seconds=rule.waits_seconds[index])
    return last + (max(wait, AFTER_MANY) if many else wait)
