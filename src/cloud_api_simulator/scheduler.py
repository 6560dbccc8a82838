"""One heap of things to do at virtual instants, run by one timer."""

import asyncio
import heapq
import itertools
import logging
from collections.abc import Callable
from typing import Any

from cloud_api_simulator.clock import Clock

TICK_SECONDS = 0.005
"""Real seconds between two looks at the heap: enough to run due things in groups, too short to notice."""

_LOG = logging.getLogger(__name__)


class Scheduler:
    """Runs callbacks at virtual times; ties run in the order they were asked for."""

    def __init__(self, clock: Clock) -> None:
        """Keep the clock that says when a thing is due."""
        self._clock = clock
        self._heap: list[tuple[float, int, Callable[..., None], tuple[Any, ...]]] = []
        self._order = itertools.count()
        self._timer: asyncio.TimerHandle | None = None
        self._timer_due = float("inf")
        self._stopped = False

    def __len__(self) -> int:
        """Return how many things are still to be done."""
        return len(self._heap)

    def at(self, due: float, run: Callable[..., None], *arguments: object) -> None:
        """Run `run(*arguments)` at the virtual time `due`, at the earliest with the next tick."""
        heapq.heappush(self._heap, (due, next(self._order), run, arguments))
        if due < self._timer_due:
            self._arm()

    def clear(self) -> None:
        """Forget everything that was asked for."""
        self._heap.clear()

    def stop(self) -> None:
        """Run nothing any more."""
        self._stopped = True
        if self._timer is not None:
            self._timer.cancel()

    def _arm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._timer_due = float("inf")
        if self._stopped or not self._heap:
            return
        due = self._heap[0][0]
        wait_seconds = max((due - self._clock.now()) / self._clock.speed, TICK_SECONDS)
        self._timer_due = due
        self._timer = asyncio.get_running_loop().call_later(wait_seconds, self._run_due)

    def _run_due(self) -> None:
        self._timer = None
        # While due things run, what they ask for waits for the next arming below.
        self._timer_due = float("-inf")
        now = self._clock.now()
        heap = self._heap
        while heap and heap[0][0] <= now:
            _, _, run, arguments = heapq.heappop(heap)
            try:
                run(*arguments)
            except Exception:  # noqa: BLE001 - one failed step must not stop the others
                _LOG.exception("a scheduled step failed; the others go on")
        self._arm()
