"""The circuit of one number: a storm of doubtful answers stops new messages, single probes try again (F08)."""

from collections import deque
from collections.abc import Callable
from enum import StrEnum

# The storm: so many doubtful outcomes among the last answers, within so many seconds.
WINDOW_ANSWERS = 40
WINDOW_SECONDS = 30.0
DOUBTFUL_SHARE_MAX = 0.5
ANSWERS_MIN = 10
# At most six probes a minute while the circuit is open.
PROBE_SECONDS = 10.0


class CircuitState(StrEnum):
    """Closed lets through, open lets nothing through, probing waits for one answer."""

    CLOSED = "closed"
    OPEN = "open"
    PROBING = "probing"


class Circuit:
    """Counts outcomes on a monotonic clock; `monotonic` returns seconds."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        """Begin closed."""
        self._monotonic = monotonic
        self._recent: deque[tuple[float, bool]] = deque(maxlen=WINDOW_ANSWERS)
        self._opened_at = 0.0
        self.state = CircuitState.CLOSED

    def allowed(self, wanted: int) -> int:
        """Return how many new requests may start now."""
        if self.state is CircuitState.CLOSED:
            return wanted
        if self.state is CircuitState.OPEN and self._monotonic() - self._opened_at >= PROBE_SECONDS:
            self.state = CircuitState.PROBING
            return min(wanted, 1)
        return 0

    def probe_not_used(self) -> None:
        """Say that the probe that was let through found nothing to send."""
        if self.state is CircuitState.PROBING:
            self.state = CircuitState.OPEN

    def record(self, *, is_doubtful: bool) -> None:
        """Count one outcome; a clear answer to a probe closes the circuit."""
        now = self._monotonic()
        if self.state is not CircuitState.CLOSED:
            if not is_doubtful:
                self.state = CircuitState.CLOSED
                self._recent.clear()
            elif self.state is CircuitState.PROBING:
                self._open(now)
            return
        self._recent.append((now, is_doubtful))
        fresh = [doubtful for at, doubtful in self._recent if now - at <= WINDOW_SECONDS]
        if len(fresh) >= ANSWERS_MIN and sum(fresh) > DOUBTFUL_SHARE_MAX * len(fresh):
            self._open(now)

    def _open(self, now: float) -> None:
        self.state = CircuitState.OPEN
        self._opened_at = now
