"""When people of one place may be written to, span after span."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from rulecast.policy.local_time import (
    LocalClock,
    QuietHours,
    SendingWindow,
    end_of_allowance,
    next_allowed_instant,
)

FAR_AWAY = datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class OpenHours:
    """The hours of a clock, quiet hours and window; each span is looked for once, in the order of time."""

    clock: LocalClock
    quiet_hours: QuietHours | None
    window: SendingWindow | None
    _spans: list[tuple[datetime, datetime]] = field(default_factory=list)

    def span_from(self, at: datetime) -> tuple[datetime, datetime] | None:
        """Return the first span that ends after an instant; None where there is none in 99 days."""
        known = next((one for one in self._spans if one[0] <= at < one[1]), None)
        if known is not None:
            return known
        opens_at = next_allowed_instant(self.clock, self.quiet_hours, self.window, at=at)
        if opens_at is None:
            return None
        known = next((one for one in self._spans if one[0] <= opens_at < one[1]), None)
        if known is None:
            closes_at = end_of_allowance(self.clock, self.quiet_hours, self.window, at=opens_at)
            known = (opens_at, closes_at or FAR_AWAY)
            self._spans.append(known)
        return known
