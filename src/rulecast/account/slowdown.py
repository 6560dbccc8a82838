"""How much of its throughput a slowed number may use: half, and after a while again everything; pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

SHARE_MIN = 1 / 16
"""Four halvings; less would look like a stop, and a stop says so."""
RESTS_FOR = timedelta(minutes=10)
"""Opt-outs and failures of what was just sent come within minutes: before that nobody knows whether it helped."""
RISES_FOR = timedelta(minutes=50)
"""A whole hour until the number sends as before; a new signal on the way halves again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slowdown:
    """A number that was slowed to a share of its throughput."""

    share: float
    slowed_at: datetime

    def share_at(self, now: datetime) -> float:
        """Return the share in force: as slowed at first, then rising evenly to 1."""
        risen = (now - self.slowed_at - RESTS_FOR) / RISES_FOR
        return min(1.0, self.share + (1 - self.share) * max(0.0, risen))


def slow_down(current: Slowdown | None, now: datetime) -> Slowdown:
    """Return the slowdown after one more signal: half of what is in force now."""
    share = 1.0 if current is None else current.share_at(now)
    return Slowdown(share=max(SHARE_MIN, share / 2), slowed_at=now)
