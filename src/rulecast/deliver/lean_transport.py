"""The Cloud API over a small HTTP/1.1 client of our own: one write, one answer, and exact knowledge of the first byte.

It costs a third of the CPU of the general client in `cloud_api.py` and keeps the same promises; one contract test runs
over both. It follows no redirect, keeps no cookie, and repeats nothing.
"""

import asyncio
import socket
import ssl
from collections import deque
from collections.abc import Awaitable, Callable
from functools import partial
from types import TracebackType
from typing import Self, cast
from urllib.parse import urlsplit

import httptools
from typing_extensions import override

from rulecast.deliver.cloud_api import (
    ANSWER_BYTES_MAX,
    CONNECT_SECONDS_MAX,
    KEEPALIVE_SECONDS,
    TOTAL_SECONDS_MAX,
    unpack_answer,
)
from rulecast.deliver.regain import USAGE_HEADER, USAGE_LENGTH_MAX
from rulecast.deliver.transport import (
    Answered,
    Lost,
    MayStart,
    NotSent,
    OutboundRequest,
    TransportResult,
    Withheld,
    always,
)
from rulecast.values.failpoints import INERT, Failpoint, Failpoints

HTTP_OK = 200
_USAGE = USAGE_HEADER.lower().encode()
DEFAULT_PORTS = {"http": 80, "https": 443}


class LeanTransport:
    """Sends over kept connections; open it as an async context manager."""

    def __init__(
        self,
        *,
        base_url: str,
        version: str,
        access_token: str,
        tls: ssl.SSLContext | None = None,
        total_seconds: float = TOTAL_SECONDS_MAX,
        failpoints: Failpoints = INERT,
    ) -> None:
        """Remember where to send; nothing is connected before the first request."""
        self._total_seconds = total_seconds
        address = urlsplit(base_url)
        assert address.hostname is not None, "the setting is checked"
        if not access_token.isprintable():
            raise ValueError("an access token is printable")
        self._host = address.hostname
        self._port = address.port or DEFAULT_PORTS[address.scheme]
        self._tls = (tls or ssl.create_default_context()) if address.scheme == "https" else None
        self._path = f"{address.path.rstrip('/')}/{version}"
        self._headers = (
            f"Host: {address.netloc}\r\nAuthorization: Bearer {access_token}\r\n"
            "Content-Type: application/json\r\nAccept: application/json\r\nAccept-Encoding: identity\r\n"
        )
        self._failpoints = failpoints
        self._idle: deque[_Connection] = deque()
        self._drills: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for connection in self._idle:
            connection.close()
        self._idle.clear()

    async def send(self, request: OutboundRequest, may_start: MayStart = always) -> TransportResult:
        """Make one attempt, unless `may_start` takes it back once the connection stands."""
        connection = self._take_idle()
        if connection is None:
            made = await self._connect()
            if isinstance(made, NotSent):
                return made
            connection = made
        if not self._failpoints.are_inert:
            await self._failpoints.reach(Failpoint.AFTER_CONNECT)
        try:
            cause = await may_start()
        except BaseException:
            connection.close()
            raise
        if cause is not None:
            self._keep(connection)
            return Withheld(cause)
        if connection.is_closed:
            # The peer left while the request waited for its turn: there is nobody who could have read a byte.
            return NotSent("connection_closed")
        return await self._exchange(connection, request)

    async def _exchange(self, connection: "_Connection", request: OutboundRequest) -> TransportResult:
        head = (
            f"POST {self._path}/{request.business_number_id}/{request.edge} HTTP/1.1\r\n{self._headers}"
            f"Content-Length: {len(request.body)}\r\n\r\n"
        )
        # From here on the attempt is in doubt until an answer is complete.
        answer = connection.ask(head.encode() + request.body, held_bytes=self._held_bytes_of(request))
        # A timer of the loop costs a third of `asyncio.timeout`, and a message has one.
        deadline = asyncio.get_running_loop().call_later(self._total_seconds, connection.give_up)
        try:
            if not self._failpoints.are_inert:
                await self._drill(connection)
            result = await answer
        except TimeoutError:
            connection.close()
            return Lost("time_out")
        except OSError:
            connection.close()
            return Lost("connection_broken")
        except asyncio.CancelledError:
            connection.close()
            raise
        finally:
            deadline.cancel()
        if connection.can_be_kept:
            self._keep(connection)
        else:
            connection.close()
        return result

    def _held_bytes_of(self, request: OutboundRequest) -> int | None:
        """Return how many bytes of the body's end a drill holds back; an installation holds back nothing."""
        return len(request.body) // 2 if self._failpoints.is_set(Failpoint.MID_BODY) else None

    def _keep(self, connection: "_Connection") -> None:
        connection.idle_since = asyncio.get_running_loop().time()
        self._idle.append(connection)

    def _take_idle(self) -> "_Connection | None":
        """Return the connection used last, so that the others grow old and go."""
        now = asyncio.get_running_loop().time()
        while self._idle:
            if self._idle[0].is_closed or now - self._idle[0].idle_since > KEEPALIVE_SECONDS:
                self._idle.popleft().close()
                continue
            connection = self._idle.pop()
            if not connection.is_closed:
                return connection
        return None

    async def _connect(self) -> "_Connection | NotSent":
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(CONNECT_SECONDS_MAX):
                _, connection = await loop.create_connection(
                    _Connection, self._host, self._port, ssl=self._tls
                )
        except TimeoutError:
            return NotSent("connect_time_out")
        except ssl.SSLCertVerificationError:
            return NotSent("tls_certificate")
        except ssl.SSLError:
            return NotSent("tls")
        except socket.gaierror:
            return NotSent("name_not_resolved")
        except OSError:
            return NotSent("not_connected")
        return connection

    async def _drill(self, connection: "_Connection") -> None:
        """Reach the points between the first byte and the last."""
        async with asyncio.timeout(self._total_seconds):
            self._drill_first_byte()
            await connection.finish_asking(partial(self._failpoints.reach, Failpoint.MID_BODY))

    def _drill_first_byte(self) -> None:
        task = asyncio.create_task(self._failpoints.reach(Failpoint.AFTER_FIRST_BYTE))
        self._drills.add(task)
        task.add_done_callback(self._drills.discard)


class _Connection(asyncio.Protocol):
    """One connection and at most one request on it."""

    def __init__(self) -> None:
        self.is_closed = False
        self.can_be_kept = False
        self.idle_since = 0.0
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[TransportResult] | None = None
        self._parser: httptools.HttpResponseParser | None = None
        self._body = bytearray()
        self._coding = b"identity"
        self._usage = ""
        self._held_back = b""

    def ask(self, data: bytes, *, held_bytes: int | None = None) -> "asyncio.Future[TransportResult]":
        """Write a whole request, but for so many bytes at its end, and return what will be its answer."""
        assert self._transport is not None
        self._answer = asyncio.get_running_loop().create_future()
        self._parser = httptools.HttpResponseParser(self)
        self._body.clear()
        self._coding = b"identity"
        self._usage = ""
        self.can_be_kept = False
        if self.is_closed:
            self._fail()
        elif held_bytes is None:
            self._transport.write(data)
        else:
            self._held_back = data[-held_bytes:]
            self._transport.write(data[:-held_bytes])
        return self._answer

    async def finish_asking(self, meanwhile: Callable[[], Awaitable[None]]) -> None:
        """Write what was held back, after something else has happened."""
        if self._held_back and self._transport is not None:
            await meanwhile()
            self._transport.write(self._held_back)
            self._held_back = b""

    def give_up(self) -> None:
        """Wait no longer for the answer: the deadline of the whole exchange is over."""
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(TimeoutError())
        self.close()

    def close(self) -> None:
        """Close without waiting for anybody."""
        self.is_closed = True
        if self._transport is not None:
            self._transport.abort()

    # What asyncio calls.
    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way out."""
        self._transport = cast("asyncio.Transport", transport)

    @override
    def data_received(self, data: bytes) -> None:
        """Feed the parser; bytes nobody asked for end the connection."""
        if self._parser is None:
            self.close()
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self._fail()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        """Tell whoever waits that no complete answer will come."""
        self.is_closed = True
        self._fail()

    # What the parser calls.
    def on_header(self, name: bytes, value: bytes) -> None:
        """Heed how the body is packed, and when Meta wants to be asked again."""
        if name.lower() == b"content-encoding":
            self._coding = value.lower()
        elif name.lower() == _USAGE and len(value) <= USAGE_LENGTH_MAX:
            self._usage = value.decode("latin-1")

    def on_body(self, body: bytes) -> None:
        """Collect the body; one that is too large is not read to its end."""
        self._body += body
        if len(self._body) > ANSWER_BYTES_MAX:
            self._settle(None)
            self.close()

    def on_message_complete(self) -> None:
        """Hand over the answer."""
        if self._parser is None:
            return
        if self._parser.get_status_code() < HTTP_OK:
            # An interim answer to a request that asked for none: nothing good can follow.
            self._fail()
            return
        self.can_be_kept = self._parser.should_keep_alive() and not self.is_closed
        self._settle(unpack_answer(bytes(self._body), self._coding.decode("latin-1")))

    def _settle(self, body: bytes | None) -> None:
        if self._answer is not None and not self._answer.done() and self._parser is not None:
            self._answer.set_result(Answered(self._parser.get_status_code(), body, self._usage))
        self._parser = None

    def _fail(self) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(ConnectionResetError("no complete answer"))
        self._parser = None
        self.is_closed = True
        if self._transport is not None:
            self._transport.abort()
