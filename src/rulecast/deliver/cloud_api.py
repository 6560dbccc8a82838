"""The Cloud API over aiohttp: one attempt, hard limits on time and size, no retry anywhere.

Source of the request's shape: `POST /{version}/{phone number id}/messages` or `/marketing_messages`, Graph API v26.0.
"""

import asyncio
import ssl
import zlib
from types import SimpleNamespace, TracebackType
from typing import Self

import aiohttp

from rulecast.deliver.regain import USAGE_HEADER
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

CONNECT_SECONDS_MAX = 3.0
TOTAL_SECONDS_MAX = 10.0
# An answer of the Cloud API has a few hundred bytes; more is no answer of theirs.
ANSWER_BYTES_MAX = 64 * 1024
# Meta closes idle connections after about a minute; leaving first avoids a reset that would cost an `unknown`.
KEEPALIVE_SECONDS = 20.0


class CloudApiTransport:
    """Sends over a pool of kept connections; open it as an async context manager."""

    def __init__(  # noqa: PLR0913 - two of them only for drills
        self,
        *,
        base_url: str,
        version: str,
        access_token: str,
        connections_max: int,
        tls: ssl.SSLContext | None = None,
        total_seconds: float = TOTAL_SECONDS_MAX,
        failpoints: Failpoints = INERT,
    ) -> None:
        """Remember where to send; nothing is connected before the context is entered."""
        self._prefix = f"{base_url}/{version}/"
        self._headers = {
            "Authorization": f"Bearer {access_token}",
            "Content-Type": "application/json",
            "Accept-Encoding": "identity",
        }
        self._connections_max = connections_max
        self._tls = tls
        self._total_seconds = total_seconds
        self._failpoints = failpoints
        self._drills: set[asyncio.Task[None]] = set()
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        trace = aiohttp.TraceConfig()
        trace.on_request_headers_sent.append(_mark_first_byte)
        if not self._failpoints.are_inert:
            trace.on_request_chunk_sent.append(self._drill_first_byte)
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=self._connections_max,
                keepalive_timeout=KEEPALIVE_SECONDS,
                ssl=self._tls if self._tls is not None else True,
            ),
            timeout=aiohttp.ClientTimeout(total=self._total_seconds, sock_connect=CONNECT_SECONDS_MAX),
            headers=self._headers,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trace_configs=[trace],
            raise_for_status=False,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def _drill_first_byte(self, *_: object) -> None:
        # The hook runs just before the write; the task runs just after it.
        task = asyncio.create_task(self._failpoints.reach(Failpoint.AFTER_FIRST_BYTE))
        self._drills.add(task)
        task.add_done_callback(self._drills.discard)

    async def send(self, request: OutboundRequest, may_start: MayStart = always) -> TransportResult:
        """Make one attempt; redirects are not followed, because the body would go to a stranger."""
        assert self._session is not None, "the transport is open"
        progress = SimpleNamespace(first_byte=False, may_start=may_start)
        try:
            async with self._session.post(
                f"{self._prefix}{request.business_number_id}/{request.edge}",
                data=request.body,
                allow_redirects=False,
                trace_request_ctx=progress,
            ) as response:
                usage = response.headers.get(USAGE_HEADER, "")
                return Answered(response.status, await _read_answer(response), usage)
        except _WithheldError as withheld:
            return Withheld(withheld.cause)
        except TimeoutError:
            cause = "time_out"
        except aiohttp.ClientConnectorCertificateError:
            cause = "tls_certificate"
        except aiohttp.ClientSSLError:
            cause = "tls"
        except aiohttp.ClientConnectorDNSError:
            cause = "name_not_resolved"
        except aiohttp.ClientConnectorError:
            cause = "not_connected"
        except (aiohttp.ClientError, OSError, ValueError):
            cause = "connection_broken"
        return Lost(cause) if progress.first_byte else NotSent(cause)


class _WithheldError(Exception):
    """The caller took the request back; carries its word for the cause."""

    def __init__(self, cause: str) -> None:
        super().__init__(cause)
        self.cause = cause


async def _mark_first_byte(
    _session: aiohttp.ClientSession,
    context: SimpleNamespace,
    _parameters: aiohttp.TraceRequestHeadersSentParams,
) -> None:
    # Called just before the headers are written, on a connection that stands.
    cause = await context.trace_request_ctx.may_start()
    if cause is not None:
        raise _WithheldError(cause)
    # From here on the attempt is in doubt.
    context.trace_request_ctx.first_byte = True


async def _read_answer(response: aiohttp.ClientResponse) -> bytes | None:
    body = bytearray()
    async for piece in response.content.iter_any():
        body += piece
        if len(body) > ANSWER_BYTES_MAX:
            response.close()
            return None
    return unpack_answer(bytes(body), response.headers.get("Content-Encoding", "identity").lower())


def unpack_answer(body: bytes, coding: str) -> bytes | None:
    """Return the body in the clear, or None where it is packed in a way nobody asked for, or as a bomb."""
    if coding == "identity":
        return body
    return _unpack(body) if coding in {"gzip", "deflate"} else None


def _unpack(body: bytes) -> bytes | None:
    """Unpack at most the bytes an answer may have, so that a bomb stays small."""
    unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)
    try:
        unpacked = unpacker.decompress(body, ANSWER_BYTES_MAX)
    except zlib.error:
        return None
    return unpacked if unpacker.eof else None
