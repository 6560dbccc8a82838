"""Whether the database's clock can be believed: it agrees with this machine's, and runs as evenly as time itself (F62).

Leases and schedules follow the database. A server that took over with a wrong clock would end leases early or never,
and nobody can tell from one clock alone which of two is right: while they differ, nothing leaves.
"""

from dataclasses import dataclass

# Machines that ask a time server agree within a fraction of a second; half a minute is nobody's drift.
SKEW_SECONDS_MAX = 30.0
# After a jump the clock is believed again once it has run evenly for so long.
SETTLE_SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The database's clock, and this machine's two clocks right before it was asked and right after it was heard."""

    database: float
    wall_before: float
    wall_after: float
    monotonic_before: float
    monotonic_after: float


class ClockWatch:
    """Judges reading after reading; a process that was frozen while it asked knows less, never something wrong."""

    def __init__(self) -> None:
        """Begin trusting: the first reading comes before anything is sent."""
        self._last: Reading | None = None
        self._settled_at = float("-inf")
        self.skew_seconds = 0.0
        """How far the clocks surely differ: the database's is ahead by so much, or behind where negative."""

        self.is_doubted = False
        """Whether nothing may be sent by this clock."""

    def note(self, reading: Reading) -> None:
        """Take in a reading."""
        self.skew_seconds = _surely_apart(
            reading.database - reading.wall_after, reading.database - reading.wall_before
        )
        last = self._last
        if last is not None:
            passed = reading.database - last.database
            jump = _surely_apart(
                passed - (reading.monotonic_after - last.monotonic_before),
                passed - (reading.monotonic_before - last.monotonic_after),
            )
            if abs(jump) > SKEW_SECONDS_MAX:
                self._settled_at = reading.monotonic_after + SETTLE_SECONDS
        self._last = reading
        self.is_doubted = (
            abs(self.skew_seconds) > SKEW_SECONDS_MAX or reading.monotonic_after < self._settled_at
        )


def _surely_apart(least: float, most: float) -> float:
    """Return the end of a range that is nearest to zero; zero where it lies inside."""
    if least <= 0.0 <= most:
        return 0.0
    return least if least > 0.0 else most
