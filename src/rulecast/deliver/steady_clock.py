"""A clock that is never put back: what spaces requests is measured on it, so that a step back holds nothing up."""

from datetime import datetime, timedelta

from rulecast.values.clock import Clock


class SteadyClock:
    """The handed clock and, added to it, every step it was put back by."""

    def __init__(self, clock: Clock) -> None:
        """Begin with what the clock says."""
        self._clock = clock
        self._told_at = clock.now()
        self._put_back = timedelta()

    def now(self) -> datetime:
        """Return an instant that is never before the last one."""
        told = self._clock.now()
        self._put_back += max(timedelta(), self._told_at - told)
        self._told_at = told
        return told + self._put_back

    async def sleep(self, seconds: float) -> None:
        """Wait so many seconds of the handed clock."""
        await self._clock.sleep(seconds)

    def as_told(self, at: datetime) -> datetime:
        """Return what the handed clock says, or said last, at an instant of this one."""
        return at - self._put_back
