"""A small HTTP/1.1 client with kept connections, for webhooks and link fetches."""

import asyncio
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast
from urllib.parse import SplitResult, urlsplit

import httptools
from typing_extensions import override

BODY_BYTES_MAX = 1 << 20
"""Bytes of an answer kept; a webhook receiver or a redirect has no reason to say more."""

Header = tuple[str, str]


@dataclass(slots=True)
class Answer:
    """A response: status, headers in lower case, and the first bytes of the body."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


class _Connection(asyncio.Protocol):
    """One connection that carries one request at a time."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self._parser: httptools.HttpResponseParser | None = None
        self._answer = Answer()
        self._waiter: asyncio.Future[Answer] | None = None
        self._headless = False
        self.reusable = False

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop's class is no subclass of it

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self.reusable = False
        self.transport = None
        self._fail(exc or ConnectionResetError("the connection was closed before the answer was complete"))

    @override
    def data_received(self, data: bytes) -> None:
        if self._parser is None:
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self._fail(ValueError(f"not HTTP: {type(error).__name__}"))

    def on_header(self, name: bytes, value: bytes) -> None:
        self._answer.headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        if self._parser is not None:
            self._answer.status = self._parser.get_status_code()
            if self._headless and self._answer.status >= 200:  # noqa: PLR2004 - final answers start at 200
                # The parser does not know that an answer to HEAD has no body.
                self._finish(reusable=False)

    def on_body(self, body: bytes) -> None:
        if len(self._answer.body) < BODY_BYTES_MAX:
            self._answer.body += body

    def on_message_complete(self) -> None:
        if self._parser is not None and self._answer.status >= 200:  # noqa: PLR2004 - final answers start at 200
            self._finish(reusable=self._parser.should_keep_alive())

    def ask(self, data: bytes, *, headless: bool) -> "asyncio.Future[Answer]":
        """Send a request and return the future of its answer."""
        self._parser = httptools.HttpResponseParser(self)
        self._answer = Answer()
        self._headless = headless
        self._waiter = asyncio.get_running_loop().create_future()
        if self.transport is None:
            self._fail(ConnectionResetError("the connection is closed"))
        else:
            self.transport.write(data)
        return self._waiter

    def abort(self) -> None:
        """Close at once."""
        self.reusable = False
        if self.transport is not None:
            self.transport.abort()

    def _finish(self, *, reusable: bool) -> None:
        self.reusable = reusable and self.transport is not None
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(self._answer)
        self._waiter = None

    def _fail(self, error: Exception) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(error)
        self._waiter = None


class HttpClient:
    """Sends requests over kept connections; follows no redirect and uses no proxy."""

    def __init__(self, *, connections_max: int) -> None:
        """Keep at most `connections_max` idle connections for each origin."""
        self._connections_max = connections_max
        self._idle: dict[tuple[str, str, int], list[_Connection]] = {}
        self._closed = False

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Sequence[Header] = (),
        body: bytes = b"",
        timeout_seconds: float = 10.0,
    ) -> Answer:
        """Return the answer; raises OSError, TimeoutError, or ValueError for what is not HTTP."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            message = "the URL must start with http:// or https:// and name a host"
            raise ValueError(message)
        origin = (parts.scheme, parts.hostname, parts.port or (443 if parts.scheme == "https" else 80))
        async with asyncio.timeout(timeout_seconds):
            connection = await self._connect(origin)
            try:
                answer = await connection.ask(
                    _encode(method, parts, headers, body), headless=method == "HEAD"
                )
            except BaseException:
                connection.abort()
                raise
        self._give_back(origin, connection)
        return answer

    async def close(self) -> None:
        """Close every idle connection."""
        self._closed = True
        for connections in self._idle.values():
            for connection in connections:
                connection.abort()
        self._idle.clear()

    async def _connect(self, origin: tuple[str, str, int]) -> _Connection:
        idle = self._idle.get(origin, [])
        while idle:
            connection = idle.pop()
            if connection.reusable:
                return connection
        scheme, host, port = origin
        context = ssl.create_default_context() if scheme == "https" else None
        _, protocol = await asyncio.get_running_loop().create_connection(_Connection, host, port, ssl=context)
        return protocol

    def _give_back(self, origin: tuple[str, str, int], connection: _Connection) -> None:
        idle = self._idle.setdefault(origin, [])
        if connection.reusable and not self._closed and len(idle) < self._connections_max:
            idle.append(connection)
        else:
            connection.abort()


def _encode(method: str, parts: SplitResult, headers: Sequence[Header], body: bytes) -> bytes:
    target = parts.path or "/"
    if parts.query:
        target += f"?{parts.query}"
    lines = [f"{method} {target} HTTP/1.1", f"host: {parts.netloc.rpartition('@')[2]}"]
    lines.extend(f"{name}: {value}" for name, value in headers)
    if body or method == "POST":
        lines.append(f"content-length: {len(body)}")
    head = "\r\n".join(lines) + "\r\n\r\n"
    if not head.isascii() or "\x00" in head or " " in target:
        message = "the URL and the headers must be plain ASCII without spaces"
        raise ValueError(message)
    return head.encode("ascii") + body
