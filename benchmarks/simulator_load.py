"""Sends message requests at a pace or as fast as they are answered, and swallows the webhooks they cause."""

import asyncio
import json
import time
from collections import deque
from typing import cast

from typing_extensions import override

CONNECTIONS = 64
TICK_SECONDS = 0.01
STATUS_MARK = b'"status":"'
FIRST_PHONE = 212_600_000_000
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


class Sender(asyncio.Protocol):
    """One kept connection: a request, its answer, then it is free again."""

    def __init__(self, load: "Load") -> None:
        self._load = load
        self._received = b""
        self.transport: asyncio.Transport | None = None

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # The transports of uvloop are no subclasses of asyncio's.
        self.transport = cast("asyncio.Transport", transport)

    def send(self, request: bytes) -> None:
        """Write a request."""
        assert self.transport is not None
        self.transport.write(request)

    @override
    def data_received(self, data: bytes) -> None:
        self._received += data
        head, separator, rest = self._received.partition(b"\r\n\r\n")
        if not separator:
            return
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0])
        if len(rest) >= length:
            self._received = b""
            self._load.note(self, accepted=head[9:12] == b"200")


class Sink(asyncio.Protocol):
    """Takes webhooks, counts their statuses, answers 200."""

    def __init__(self, counts: dict[str, int]) -> None:
        self._counts = counts
        self._chunks: list[bytes] = []
        self._missing = -1

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    @override
    def data_received(self, data: bytes) -> None:
        if self._missing < 0:
            head, _, data = data.partition(b"\r\n\r\n")
            self._missing = int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0])
        self._chunks.append(data)
        self._missing -= len(data)
        if self._missing == 0:
            self._counts["statuses"] += b"".join(self._chunks).count(STATUS_MARK)
            self._counts["posts"] += 1
            self._chunks.clear()
            self._missing = -1
            self._transport.write(OK)


class Load:
    """A number of messages to distinct people over kept connections."""

    def __init__(self, port: int, *, number: str, first: int) -> None:
        self._port = port
        self._number = number
        self._next_phone = FIRST_PHONE + first
        self._free: deque[Sender] = deque()
        self._asked: deque[bytes] = deque()
        self._left = 0
        self._done = asyncio.Event()
        self.accepted = 0

    async def connect(self) -> None:
        """Open the connections."""
        loop = asyncio.get_running_loop()
        for _ in range(CONNECTIONS):
            _, sender = await loop.create_connection(lambda: Sender(self), "127.0.0.1", self._port)
            self._free.append(sender)

    async def send(self, messages: int, *, per_second: float | None) -> float:
        """Send so many messages and return the seconds it took; without a pace as fast as they are answered."""
        self._left = messages
        self._done.clear()
        started = time.perf_counter()
        asked = 0
        while asked < messages:
            due = messages
            if per_second is not None:
                due = min(messages, int((time.perf_counter() - started) * per_second) + 1)
            while asked < due:
                self._ask(self._request())
                asked += 1
            if asked < messages:
                await asyncio.sleep(TICK_SECONDS)
        await self._done.wait()
        return time.perf_counter() - started

    def note(self, sender: Sender, *, accepted: bool) -> None:
        """Count an answer and give its connection the next request."""
        self.accepted += accepted
        self._left -= 1
        if self._asked:
            sender.send(self._asked.popleft())
        else:
            self._free.append(sender)
        if self._left == 0:
            self._done.set()

    def _ask(self, request: bytes) -> None:
        if self._free:
            self._free.popleft().send(request)
        else:
            self._asked.append(request)

    def _request(self) -> bytes:
        phone = self._next_phone
        self._next_phone += 1
        body = json.dumps(
            {
                "messaging_product": "whatsapp",
                "recipient_type": "individual",
                "to": f"+{phone}",
                "type": "template",
                "biz_opaque_callback_data": f"rc1:{phone:022d}",
                "template": {
                    "name": "bench",
                    "language": {"code": "en"},
                    "components": [
                        {"type": "body", "parameters": [{"type": "text", "text": "Asha"}]},
                        {
                            "type": "button",
                            "sub_type": "quick_reply",
                            "index": "0",
                            "parameters": [{"type": "payload", "payload": "optout:marketing:v1"}],
                        },
                    ],
                },
            }
        ).encode()
        head = (
            f"POST /v26.0/{self._number}/messages HTTP/1.1\r\nhost: 127.0.0.1\r\n"
            "authorization: Bearer simulated\r\ncontent-type: application/json\r\n"
            f"content-length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body
