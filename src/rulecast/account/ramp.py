"""Releasing the first messages of a template in growing batches; pure.

Meta holds what goes beyond an unpublished first batch of a new, just unpaused or not green template until people's
reactions are known, nearly always within an hour (whatsapp-platform 4.7). Sending less at first costs less when the
template is bad.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

USUAL_BATCHES = (500, 2_000, 10_000)
BATCH_REST = timedelta(hours=1)
"""Held messages are released within about an hour, at the 99th percentile (whatsapp-platform 4.7)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ramp:
    """Where a template stands: its batch from 0, when that began, and how many of it were let through."""

    batch: int
    began_at: datetime
    granted: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RampState:
    """The ramp as it is now; `left` is None once every batch is through, and `next_at` is when more are let go."""

    ramp: Ramp
    left: int | None
    next_at: datetime


def ramp_now(ramp: Ramp | None, batches: Sequence[int], now: datetime) -> RampState:
    """Return where a template stands; one without a ramp begins it now.

    A batch that is through is followed by the next one an hour after it began; a batch that never filled goes on.
    """
    current = ramp or Ramp(batch=0, began_at=now, granted=0)
    if current.batch >= len(batches):
        return RampState(ramp=current, left=None, next_at=now)
    is_full = current.granted >= batches[current.batch]
    if is_full and now >= current.began_at + BATCH_REST:
        current = Ramp(batch=current.batch + 1, began_at=now, granted=0)
        if current.batch >= len(batches):
            return RampState(ramp=current, left=None, next_at=now)
    left = max(0, batches[current.batch] - current.granted)
    return RampState(ramp=current, left=left, next_at=max(now, current.began_at + BATCH_REST))
