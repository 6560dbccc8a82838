"""Read a request body within limits of size and time, before anything looks into it."""

import asyncio
import re
from collections import deque
from dataclasses import dataclass

from rulecast.receiver.exchange import Receive, Scope, header_values

# Meta sends at most 3 MB (Webhooks, "create a webhook endpoint").
BODY_BYTES_MAX = 3 * 1024 * 1024
# Meta sends a body in well under a second; ten leave room for a bad line and none for a stalling stranger.
BODY_SECONDS_MAX = 10.0

# All bodies being read together: thirty-two of the largest, or tens of thousands of the usual ones.
ROOM_BYTES_MAX = 96 * 1024 * 1024

_LENGTH = re.compile(rb"[0-9]{1,12}")


class BodyTooLargeError(Exception):
    """The body is, or says it is, larger than the limit."""


class ClientGoneError(Exception):
    """The client went away before the body ended; nobody waits for an answer."""


class RoomFullError(Exception):
    """Other bodies being read fill the memory set aside; the caller answers 503."""


@dataclass(slots=True)
class _Reading:
    """A body being read by a task, None once it ended."""

    deadline: float
    task: "asyncio.Task[object] | None"
    cancelling: int
    is_late: bool = False

    def others_cancel(self) -> bool:
        """Take back our own word to stop and return whether somebody else's stands."""
        return self.task is not None and self.task.uncancel() > self.cancelling


class _Deadlines:
    """Ends readings that take too long: all have the same time, so that one timer serves them in their order."""

    def __init__(self, seconds_max: float) -> None:
        self._seconds_max = seconds_max
        self._readings: deque[_Reading] = deque()
        self._timer: asyncio.TimerHandle | None = None

    def begin(self) -> _Reading:
        """Return the reading the running task begins now."""
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        assert task is not None
        reading = _Reading(loop.time() + self._seconds_max, task, task.cancelling())
        # Most ended long before; so no more are kept than are open, and those begun after the oldest of them.
        while self._readings and self._readings[0].task is None:
            self._readings.popleft()
        self._readings.append(reading)
        if self._timer is None:
            self._timer = loop.call_at(reading.deadline, self._end_late, loop)
        return reading

    def _end_late(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timer = None
        while self._readings:
            first = self._readings[0]
            if first.task is not None and first.deadline > loop.time():
                self._timer = loop.call_at(first.deadline, self._end_late, loop)
                return
            self._readings.popleft()
            if first.task is not None:
                first.is_late = True
                first.task.cancel()


class ReadingRoom:
    """Reads bodies within limits of size and time each, and of memory together."""

    def __init__(
        self,
        *,
        bytes_max: int = BODY_BYTES_MAX,
        seconds_max: float = BODY_SECONDS_MAX,
        room_bytes_max: int = ROOM_BYTES_MAX,
    ) -> None:
        """Set the limits: of one body, of its time, and of all bodies at once."""
        self._bytes_max = bytes_max
        self._room_bytes_max = room_bytes_max
        self._taken_bytes = 0
        self._deadlines = _Deadlines(seconds_max)

    async def read(self, scope: Scope, receive: Receive) -> bytes:
        """Return the whole body.

        Raises:
            BodyTooLargeError: it is too large; noticed before it is read where the header says so.
            RoomFullError: there is no memory for it now.
            TimeoutError: it did not end in time.
            ClientGoneError: the connection closed.
        """
        wanted_bytes = self._declared(scope)
        if self._taken_bytes + wanted_bytes > self._room_bytes_max:
            raise RoomFullError
        self._taken_bytes += wanted_bytes
        reading = self._deadlines.begin()
        try:
            return await _read_all(receive, self._bytes_max)
        except asyncio.CancelledError:
            if reading.is_late and not reading.others_cancel():
                raise TimeoutError from None
            raise
        finally:
            reading.task = None
            self._taken_bytes -= wanted_bytes

    def _declared(self, scope: Scope) -> int:
        """Return the length the header tells; a body in chunks may be as long as any."""
        lengths = header_values(scope, b"content-length")
        if not lengths:
            return self._bytes_max
        for length in lengths:
            if _LENGTH.fullmatch(length) is None or int(length) > self._bytes_max:
                raise BodyTooLargeError
        return int(lengths[0])


async def _read_all(receive: Receive, bytes_max: int) -> bytes:
    parts: list[bytes] = []
    size_bytes = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise ClientGoneError
        part: bytes = message.get("body", b"")
        size_bytes += len(part)
        if size_bytes > bytes_max:
            raise BodyTooLargeError
        if not message.get("more_body", False) and not parts:
            return part
        parts.append(part)
        if not message.get("more_body", False):
            return b"".join(parts)
