"""A lean HTTP/1.1 server on asyncio: one parser per connection, no task for a plain answer."""

import asyncio
import contextlib
import logging
import socket
import struct
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, cast

import httptools
import msgspec
from typing_extensions import override

from cloud_api_simulator.clock import real_seconds

MESSAGE_BYTES_MAX = 1 << 20
"""Longest body of an API request; Meta's documented payloads stay far below a megabyte."""
CONTROL_BYTES_MAX = 256 << 20
"""Longest body of a control request: a million described people in one upload."""
FILE_BYTES_MAX = 101 << 20
"""Longest upload: a document of 100 MB and the other parts of its form (platform reference 8.7)."""
CONTROL_PREFIX = "/_control/"

_LOG = logging.getLogger(__name__)
_ENCODE = msgspec.json.Encoder().encode
_REASONS = {status.value: status.phrase for status in HTTPStatus}


@dataclass(slots=True)
class Request:
    """A complete request and when its first byte was read (real seconds since the epoch)."""

    method: str = "GET"
    path: str = "/"
    query: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    first_byte_real: float = 0.0
    connection: "Connection | None" = None


@dataclass(frozen=True, slots=True)
class Response:
    """An answer; `headers` are added to content-type and content-length."""

    status: int = 200
    body: bytes = b""
    content_type: str = "application/json; charset=UTF-8"
    headers: tuple[tuple[str, str], ...] = ()

    def encode(self, *, keep_alive: bool, headless: bool = False) -> bytes:
        """Return the bytes on the wire."""
        head = (
            f"HTTP/1.1 {self.status} {_REASONS.get(self.status, 'Unknown')}\r\n"
            f"content-type: {self.content_type}\r\ncontent-length: {len(self.body)}\r\n"
        )
        for name, value in self.headers:
            head += f"{name}: {value}\r\n"
        if not keep_alive:
            head += "connection: close\r\n"
        return head.encode("latin-1") + b"\r\n" + (b"" if headless else self.body)


def json_response(value: object, *, status: int = 200) -> Response:
    """Return a JSON answer."""
    return Response(status=status, body=_ENCODE(value))


Handler = Callable[[Request], Response | Awaitable[Response | None]]


class Connection(asyncio.Protocol):
    """One client; its requests are answered in their order."""

    def __init__(
        self, handler: Handler, open_connections: set["Connection"], tasks: set["asyncio.Task[None]"]
    ) -> None:
        """Keep who answers and the server's sets of open connections and unfinished answers."""
        self._handler = handler
        self._open = open_connections
        self._tasks = tasks
        self._parser = httptools.HttpRequestParser(self)
        self.transport: asyncio.Transport | None = None
        self._read_at = 0.0
        self._request = Request()
        self._chunks: list[bytes] = []
        self._size = 0
        self._waiting: deque[tuple[Request, bool]] = deque()
        self._task: asyncio.Task[None] | None = None
        self._refused = False

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Join the open connections."""
        self.transport = cast("asyncio.Transport", transport)  # uvloop's class is no subclass of it
        self._open.add(self)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        """Leave the open connections; a request being answered is finished for the ledger's sake."""
        del exc
        self.transport = None
        self._open.discard(self)

    @override
    def data_received(self, data: bytes) -> None:
        """Parse what came and answer each complete request."""
        self._read_at = real_seconds()
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._refuse(HTTPStatus.BAD_REQUEST)
        except httptools.HttpParserError:
            self._refuse(HTTPStatus.BAD_REQUEST)

    def on_message_begin(self) -> None:
        """Stamp the first byte."""
        self._request = Request(first_byte_real=self._read_at, connection=self)
        self._chunks = []
        self._size = 0

    def on_url(self, url: bytes) -> None:
        """Collect the target."""
        self._request.path += url.decode("latin-1")

    def on_header(self, name: bytes, value: bytes) -> None:
        """Collect a header."""
        self._request.headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        """Split the target and agree to a body that the client announces first."""
        request = self._request
        request.method = self._parser.get_method().decode("latin-1")
        request.path, _, request.query = request.path[1:].partition("?")
        if request.headers.get("expect", "").lower() == "100-continue" and self.transport is not None:
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, body: bytes) -> None:
        """Collect the body within its limit."""
        self._size += len(body)
        if self._size > _bytes_max(self._request.path):
            self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        else:
            self._chunks.append(body)

    def on_message_complete(self) -> None:
        """Answer, or wait until the request before is answered."""
        if self._refused:
            return
        request = self._request
        request.body = self._chunks[0] if len(self._chunks) == 1 else b"".join(self._chunks)
        keep_alive = self._parser.should_keep_alive()
        if self._task is not None:
            self._waiting.append((request, keep_alive))
        else:
            self._answer(request, keep_alive=keep_alive)

    def reset(self) -> None:
        """Close with a TCP reset, so that the peer sees an error and not an end."""
        if self.transport is None:
            return
        raw: Any = self.transport.get_extra_info("socket")
        with contextlib.suppress(OSError, AttributeError):
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()

    def _answer(self, request: Request, *, keep_alive: bool) -> None:
        try:
            result = self._handler(request)
        except Exception:  # noqa: BLE001 - inside a callback of the parser it would pass for a malformed request
            result = _broken()
        if isinstance(result, Response):
            self._write(request, result, keep_alive=keep_alive)
        else:
            self._task = asyncio.create_task(self._answer_later(request, result, keep_alive=keep_alive))
            self._tasks.add(self._task)
            self._task.add_done_callback(self._tasks.discard)

    async def _answer_later(
        self, request: Request, result: Awaitable[Response | None], *, keep_alive: bool
    ) -> None:
        try:
            response = await result
        except Exception:  # noqa: BLE001 - one broken answer must not end the connection silently
            response = _broken()
        self._task = None
        if response is None:
            return
        self._write(request, response, keep_alive=keep_alive)
        while self._waiting and self._task is None:
            following, following_keep_alive = self._waiting.popleft()
            self._answer(following, keep_alive=following_keep_alive)

    def _write(self, request: Request, response: Response, *, keep_alive: bool) -> None:
        if self.transport is None:
            return
        self.transport.write(response.encode(keep_alive=keep_alive, headless=request.method == "HEAD"))
        if not keep_alive:
            self.transport.close()

    def _refuse(self, status: HTTPStatus) -> None:
        if self._refused or self.transport is None:
            return
        self._refused = True
        self.transport.write(
            json_response({"error": {"message": status.phrase, "code": 1}}, status=status.value).encode(
                keep_alive=False
            )
        )
        self.transport.close()


def _broken() -> Response:
    """Log the defect being handled and return what the platform says of its own."""
    _LOG.exception("a request could not be answered")
    return json_response({"error": {"message": "Internal error", "code": 1}}, status=500)


def _bytes_max(path: str) -> int:
    """Return the longest body a request to a path may have."""
    if path.startswith(CONTROL_PREFIX):
        return CONTROL_BYTES_MAX
    return FILE_BYTES_MAX if path.endswith("/media") or "/upload:" in path else MESSAGE_BYTES_MAX


class HttpServer:
    """Listens on one loopback port."""

    def __init__(self, handler: Handler) -> None:
        """Keep who answers."""
        self._handler = handler
        self._server: asyncio.Server | None = None
        self._connections: set[Connection] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self, port: int) -> int:
        """Listen on 127.0.0.1 and return the port; 0 picks a free one."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: Connection(self._handler, self._connections, self._tasks), "127.0.0.1", port, backlog=1024
        )
        bound: int = self._server.sockets[0].getsockname()[1]
        return bound

    async def stop(self) -> None:
        """Stop listening and close every connection."""
        if self._server is None:
            return
        self._server.close()
        for connection in list(self._connections):
            if connection.transport is not None:
                connection.transport.abort()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._server = None
