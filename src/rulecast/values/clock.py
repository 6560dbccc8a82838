"""Where the product takes its time from; handed in, never looked up."""

import asyncio
import re
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from rulecast.values.errors import RulecastError


class ClockSpecificationError(RulecastError):
    """The clock setting cannot be read."""

    code = "RC-CLOCK-001"
    summary = "The clock setting cannot be read."
    remedy = "Use `system`, or `virtual:2026-11-17T18:55:00+00:00@1790000000.0x60`."


class Clock(Protocol):
    """Tells the instant and waits in its own seconds."""

    def now(self) -> datetime:
        """Return the instant, aware, in UTC."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait so many seconds of this clock."""
        ...


@dataclass(frozen=True, slots=True)
class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """Return the machine's instant in UTC."""
        return datetime.fromtimestamp(time.time(), UTC)  # noqa: TID251 - the one door to the machine's clock

    async def sleep(self, seconds: float) -> None:
        """Wait so many real seconds."""
        await asyncio.sleep(seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class VirtualClock:
    """A clock that started at a chosen instant and runs `speed` times as fast as the machine's.

    Several processes given the same three figures agree on the time.
    """

    start: datetime
    real_start_seconds: float
    speed: float

    def now(self) -> datetime:
        """Return the virtual instant in UTC."""
        elapsed_seconds = time.time() - self.real_start_seconds  # noqa: TID251 - the virtual clock is driven by the real one
        return self.start + timedelta(seconds=elapsed_seconds * self.speed)

    async def sleep(self, seconds: float) -> None:
        """Wait so many virtual seconds."""
        await asyncio.sleep(seconds / self.speed)


class ManualClock:
    """A clock that stands still until told; for tests and simulations."""

    def __init__(self, start: datetime) -> None:
        """Begin at an aware instant."""
        self._now = start

    def now(self) -> datetime:
        """Return the instant last set."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Move forward by so many seconds."""
        self._now += timedelta(seconds=seconds)

    def set(self, instant: datetime) -> None:
        """Jump to an aware instant."""
        self._now = instant

    async def sleep(self, seconds: float) -> None:
        """Advance at once and give other tasks a turn."""
        self.advance(seconds)
        await asyncio.sleep(0)


_VIRTUAL = re.compile(r"virtual:(?P<start>[^@]+)@(?P<real>[0-9.]+)x(?P<speed>[0-9.]+)")


def read_clock(specification: str) -> Clock:
    """Build the clock named by a setting: `system` or `virtual:<ISO start>@<unix seconds>x<speed>`.

    Raises:
        ClockSpecificationError: the text has another shape, a naive start or a speed that is not positive.
    """
    if specification == "system":
        return SystemClock()
    match = _VIRTUAL.fullmatch(specification)
    if match is None:
        raise ClockSpecificationError(f"The clock `{specification}` has an unknown shape.")
    try:
        start = datetime.fromisoformat(match["start"])
        real_start_seconds, speed = float(match["real"]), float(match["speed"])
    except ValueError as error:
        raise ClockSpecificationError(f"The clock `{specification}` holds a bad figure.") from error
    if start.tzinfo is None or speed <= 0:
        raise ClockSpecificationError(f"The clock `{specification}` needs a zone and a positive speed.")
    return VirtualClock(start=start.astimezone(UTC), real_start_seconds=real_start_seconds, speed=speed)
