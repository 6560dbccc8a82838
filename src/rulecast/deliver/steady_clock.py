"""A clock that nobody sets: what spaces requests is measured on it.

A step back holds nothing up, and a step of the machine's clock in either direction is no second helping.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from rulecast.values.clock import Clock, SystemClock


class SteadyClock:
    """The machine's seconds since the beginning; for any other clock its own, and every step it was put back by."""

    def __init__(self, clock: Clock, seconds: Callable[[], float]) -> None:
        """Begin with what the clock says; `seconds` are of a machine's clock that is never set."""
        self._clock = clock
        self._seconds = seconds if isinstance(clock, SystemClock) else None
        self._began_seconds = seconds()
        self._began_at = self._told_at = clock.now()
        self._put_back = timedelta()

    def now(self) -> datetime:
        """Return an instant that is never before the last one."""
        if self._seconds is not None:
            return self._began_at + timedelta(seconds=self._seconds() - self._began_seconds)
        told = self._clock.now()
        self._put_back += max(timedelta(), self._told_at - told)
        self._told_at = told
        return told + self._put_back

    async def sleep(self, seconds: float) -> None:
        """Wait so many seconds of the handed clock."""
        await self._clock.sleep(seconds)

    def as_told(self, at: datetime) -> datetime:
        """Return what the handed clock says, or will say where nobody sets it, at an instant of this one."""
        return self._clock.now() + (at - self.now())
