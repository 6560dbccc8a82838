"""Read a request body within limits of size and time, before anything looks into it."""

import asyncio
import re

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
        self._seconds_max = seconds_max
        self._room_bytes_max = room_bytes_max
        self._taken_bytes = 0

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
        try:
            async with asyncio.timeout(self._seconds_max):
                return await _read_all(receive, self._bytes_max)
        finally:
            self._taken_bytes -= wanted_bytes

    def _declared(self, scope: Scope) -> int:
        """Return the length the header tells; a body in chunks may be as long as any."""
        lengths = header_values(scope, b"content-length")
        if not lengths:
            return self._bytes_max
        if any(_LENGTH.fullmatch(length) is None or int(length) > self._bytes_max for length in lengths):
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
