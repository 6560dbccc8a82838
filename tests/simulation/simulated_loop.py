"""An event loop without a clock of its own: time jumps to the next timer, and processes can die or freeze at any step.

Whatever runs belongs to the process whose context it was started in. A dead process runs nothing any more, not even
its clean-up; a frozen one runs everything later. The order of all steps follows from the seed alone.
"""

import asyncio
import contextvars
import heapq
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any

from typing_extensions import override


class Process:
    """One process of the simulated machine; `dies_at` and `freezes_at` count its steps."""

    def __init__(self, name: str) -> None:
        """Begin alive, with no step done."""
        self.name = name
        self.steps = 0
        self.dies_at = 0
        self.freezes_at = 0
        self.is_dead = False
        self.is_frozen = False
        self.parked: list[asyncio.Handle] = []
        self.tasks: list[asyncio.Task[Any]] = []


CURRENT: contextvars.ContextVar[Process | None] = contextvars.ContextVar("process", default=None)


class StalledError(Exception):
    """Nothing is left that could ever happen."""


class SimulatedLoop(asyncio.BaseEventLoop):
    """Runs what is ready, then moves its clock to the next timer; it never waits and knows no sockets."""

    def __init__(self, on_turn: Callable[[Process], None]) -> None:
        """Begin at 0; `on_turn` is told when a process comes to the step at which it dies or freezes."""
        super().__init__()
        self.now_seconds = 0.0
        self._on_turn = on_turn

    @override
    def time(self) -> float:
        return self.now_seconds

    def start(self, process: Process, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Start a task inside a process."""
        context = contextvars.Context()
        context.run(CURRENT.set, process)
        task = self.create_task(work, context=context)
        # What a dead process left is kept until the world ends: closing it earlier would run its clean-up.
        process.tasks.append(task)
        return task

    # As BaseEventLoop of CPython 3.11 names them.
    _ready: "deque[asyncio.Handle]"
    _scheduled: "list[asyncio.TimerHandle]"

    def thaw(self, process: Process) -> None:
        """Let a frozen process go on with everything that happened meanwhile."""
        process.is_frozen = False
        self._ready.extend(process.parked)
        process.parked.clear()

    def _run_once(self) -> None:
        scheduled, ready = self._scheduled, self._ready
        while not ready:
            while scheduled and scheduled[0]._cancelled:
                heapq.heappop(scheduled)._scheduled = False
            if not scheduled:
                raise StalledError
            self.now_seconds = max(self.now_seconds, scheduled[0]._when)
            while scheduled and scheduled[0]._when <= self.now_seconds:
                handle = heapq.heappop(scheduled)
                handle._scheduled = False
                if not handle._cancelled:
                    ready.append(handle)
        for _ in range(len(ready)):
            handle = ready.popleft()
            if handle._cancelled:
                continue
            process = handle._context.get(CURRENT)  # type: ignore[attr-defined] # a slot of every handle
            if process is not None and not self._may_run(process, handle):
                continue
            handle._run()

    def _may_run(self, process: Process, handle: asyncio.Handle) -> bool:
        if process.is_dead:
            return False
        process.steps += 1
        if process.steps in {process.dies_at, process.freezes_at}:
            self._on_turn(process)
            if process.is_dead:
                return False
        if process.is_frozen:
            process.parked.append(handle)
            return False
        return True

    @override
    def run_in_executor(  # type: ignore[override] # typeshed's type variables say no more than this
        self, executor: Any, func: Callable[..., Any], *args: Any
    ) -> "asyncio.Future[Any]":
        """Run it at once: there are no threads."""
        done: asyncio.Future[Any] = self.create_future()
        done.set_result(func(*args))
        return done

    def _process_events(self, event_list: Any) -> None:
        """There are no sockets."""

    def _write_to_self(self) -> None:
        """There is no other thread."""
