"""The simulator's clock: seconds of virtual time since the Unix epoch."""

import asyncio
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

POLL_SECONDS = 0.02
"""Real seconds between two looks of `wait_until`."""

_SPEC = re.compile(r"virtual:(?P<start>[^@]+)@(?P<real>\d+(?:\.\d+)?)x(?P<speed>\d+(?:\.\d+)?)")


def real_seconds() -> float:
    """Return the machine's seconds since the epoch: the one place where the simulator reads them."""
    return time.time()  # noqa: TID251 - the simulator has its own clock and may not import another


async def wait_until(is_so: Callable[[], bool], *, seconds: float) -> bool:
    """Return whether something became so within some real seconds, looked at every few milliseconds.

    Idleness is a sum of counters in several places; one look is cheaper than an event in each.
    """
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() >= deadline:
            return False
        await asyncio.sleep(POLL_SECONDS)
    return True


class Clock(Protocol):
    """What the simulator needs to know about time."""

    @property
    def speed(self) -> float:
        """Virtual seconds that pass in one real second."""
        ...

    def now(self) -> float:
        """Return the virtual time in seconds since the epoch."""
        ...

    def at(self, real: float) -> float:
        """Return the virtual time at a real second since the epoch."""
        ...


@dataclass(frozen=True, slots=True)
class SystemClock:
    """Real time."""

    speed: float = 1.0

    def now(self) -> float:
        """Return the real time in seconds since the epoch."""
        return real_seconds()

    def at(self, real: float) -> float:
        """Return `real` itself."""
        return real


@dataclass(frozen=True, slots=True, kw_only=True)
class VirtualClock:
    """A clock that read `start` at the real second `real_start` and runs `speed` times as fast since."""

    start: float
    real_start: float
    speed: float

    def now(self) -> float:
        """Return the virtual time in seconds since the epoch."""
        return self.at(real_seconds())

    def at(self, real: float) -> float:
        """Return the virtual time at a real second since the epoch."""
        return self.start + (real - self.real_start) * self.speed


def parse_clock(spec: str) -> Clock:
    """Return the clock that `system` or `virtual:<ISO start>@<unix real start>x<speed>` describes.

    Raises ValueError when the text is neither. A start without a zone is read as UTC.
    """
    if spec == "system":
        return SystemClock()
    match = _SPEC.fullmatch(spec)
    if match is None:
        message = f"clock: expected 'system' or 'virtual:<ISO start>@<unix seconds>x<speed>', got {spec!r}"
        raise ValueError(message)
    start = datetime.fromisoformat(match["start"])
    if start.tzinfo is None:
        start = start.replace(tzinfo=UTC)
    speed = float(match["speed"])
    if speed <= 0:
        message = "clock: the speed must be greater than zero"
        raise ValueError(message)
    return VirtualClock(start=start.timestamp(), real_start=float(match["real"]), speed=speed)
