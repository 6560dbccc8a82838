"""Quality of a number or a template: blocks and reports against deliveries of the last seven days."""

from collections import deque
from dataclasses import dataclass, field

from cloud_api_simulator.behaviour import DAY_SECONDS, Behaviour

QUALITY_SECONDS = 7 * DAY_SECONDS
"""Feedback older than this counts no more (Cloud API docs: quality rating)."""
REPORT_WEIGHT = 2.0
"""A report weighs as much as two blocks; Meta publishes no weights."""
_BUCKET_SECONDS = 3600.0


@dataclass(slots=True)
class Health:
    """Deliveries by hour and grievances with their weights; a score is recency-weighted."""

    rating: str = "GREEN"
    pauses: int = 0
    _delivered: deque[list[float]] = field(default_factory=deque)
    _delivered_count: float = 0.0
    _grievances: deque[tuple[float, float]] = field(default_factory=deque)

    def deliver(self, now: float) -> None:
        """Count one delivered message."""
        delivered = self._delivered
        if not delivered or now - delivered[-1][0] >= _BUCKET_SECONDS:
            delivered.append([now, 0.0])
            self._forget_old(now)
        delivered[-1][1] += 1
        self._delivered_count += 1

    def complain(self, now: float, *, is_report: bool) -> None:
        """Count one block or report."""
        self._grievances.append((now, REPORT_WEIGHT if is_report else 1.0))
        self._forget_old(now)

    def clear(self) -> None:
        """Start with a fresh rating, as after a pause (Cloud API docs: template pausing)."""
        self.rating = "GREEN"
        self._delivered.clear()
        self._delivered_count = 0.0
        self._grievances.clear()

    def share(self, now: float) -> float:
        """Return grievances per delivered message, the recent ones weighing more; 0 without deliveries."""
        weights = sum(
            weight * (1.0 - max(now - at, 0.0) / QUALITY_SECONDS) for at, weight in self._grievances
        )
        return weights / self._delivered_count if self._delivered_count else 0.0

    def judge(self, now: float, behaviour: Behaviour) -> str:
        """Return the rating GREEN, YELLOW or RED; too few deliveries leave it as it was."""
        self._forget_old(now)
        if self._delivered_count < behaviour.quality_delivered_min:
            return self.rating
        share = self.share(now)
        if share >= behaviour.quality_red_rate:
            return "RED"
        return "YELLOW" if share >= behaviour.quality_yellow_rate else "GREEN"

    def _forget_old(self, now: float) -> None:
        edge = now - QUALITY_SECONDS
        while self._delivered and self._delivered[0][0] < edge:
            self._delivered_count -= self._delivered.popleft()[1]
        while self._grievances and self._grievances[0][0] < edge:
            self._grievances.popleft()
