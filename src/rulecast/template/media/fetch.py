"""Fetching a file once: from a public address that was resolved and judged by us, or from this machine's disk (F96)."""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urljoin

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from typing_extensions import override

from rulecast.template.media.address_guard import check_address, is_loopback, is_public
from rulecast.template.media.errors import MediaAddressError, MediaFetchError

REDIRECTS_MAX = 3
"""A shortened address and a change of host; more is a loop or a login."""
TOTAL_SECONDS_MAX = 60.0
CONNECT_SECONDS_MAX = 10.0
FETCHED_BYTES_MAX = 100 * 1024 * 1024
"""The largest file of any kind that WhatsApp takes: a document."""
CHUNK_BYTES = 64 * 1024
REDIRECTS = frozenset({301, 302, 303, 307, 308})
HTTP_OK = 200

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""Returns the IP addresses of a name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """What was fetched, and the type its server says it is; empty for a file of this machine."""

    content: bytes = field(repr=False)
    told_type: str = ""


async def resolve_by_system(host: str, port: int) -> Sequence[str]:
    """Return the addresses the system knows for a name."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(one[4][0]) for one in found]


class _JudgedResolver(AbstractResolver):
    """Hands the connection the very addresses that were judged: a name cannot point elsewhere in between."""

    def __init__(self, resolve: Resolve, *, may_be_local: bool) -> None:
        self._resolve = resolve
        self._may_be_local = may_be_local

    @override
    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._resolve(host, port)
        # One private address among public ones is enough: a name that has both is a trap.
        is_local = self._may_be_local and host == "localhost"
        if not found or not all(is_public(one) or (is_local and is_loopback(one)) for one in found):
            raise _NotPublicError(host)
        return [
            ResolveResult(
                hostname=host,
                host=one,
                port=port,
                family=socket.AF_INET6 if ":" in one else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for one in found
        ]

    @override
    async def close(self) -> None:
        """Nothing is open."""


class _NotPublicError(Exception):
    """A name leads to an address that may not be asked."""


class MediaFetcher:
    """Fetches files; open it as an async context manager."""

    def __init__(
        self,
        *,
        may_be_local: bool = False,
        resolve: Resolve = resolve_by_system,
        bytes_max: int = FETCHED_BYTES_MAX,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """Remember the limits; `may_be_local` allows plain http to this machine, for simulated workspaces alone."""
        self._may_be_local = may_be_local
        self._resolve = resolve
        self._bytes_max = bytes_max
        self._tls = tls
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        resolver = _JudgedResolver(self._resolve, may_be_local=self._may_be_local)
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                resolver=resolver,
                use_dns_cache=False,
                force_close=True,
                limit=2,
                ssl=self._tls if self._tls is not None else True,
            ),
            timeout=aiohttp.ClientTimeout(total=TOTAL_SECONDS_MAX, sock_connect=CONNECT_SECONDS_MAX),
            headers={"Accept-Encoding": "identity", "User-Agent": "rulecast", "Accept": "*/*"},
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def fetch(self, address: str) -> Fetched:
        """Return what stands at an address; every hop of a redirect is judged like the first.

        Raises:
            MediaAddressError: the address, or one it leads to, may not be asked.
            MediaFetchError: nothing usable came, too much, too late, or after too many redirects.
        """
        for _ in range(REDIRECTS_MAX + 1):
            host = check_address(address, may_be_local=self._may_be_local).hostname
            try:
                found = await self._ask(address)
            except _NotPublicError:
                raise MediaAddressError(f"{host} leads to an address that is not public.") from None
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                if isinstance(error.__cause__, _NotPublicError):
                    raise MediaAddressError(f"{host} leads to an address that is not public.") from None
                raise MediaFetchError(f"{host} did not answer: {type(error).__name__}.") from None
            if isinstance(found, Fetched):
                return found
            address = urljoin(address, found)
        raise MediaFetchError(f"The file is behind more than {REDIRECTS_MAX} redirects.")

    async def _ask(self, address: str) -> Fetched | str:
        """Return the file, or the address a redirect names."""
        assert self._session is not None, "the fetcher is open"
        async with self._session.get(address, allow_redirects=False) as response:
            host = response.url.host
            if response.status in REDIRECTS and "Location" in response.headers:
                return response.headers["Location"]
            if response.status != HTTP_OK:
                raise MediaFetchError(f"{host} answered {response.status}.")
            if response.headers.get("Content-Encoding", "identity").lower() != "identity":
                raise MediaFetchError(f"{host} packs the file although it was asked not to.")
            content = bytearray()
            async for chunk in response.content.iter_chunked(CHUNK_BYTES):
                content += chunk
                if len(content) > self._bytes_max:
                    raise MediaFetchError(f"The file at {host} is larger than {self._bytes_max} bytes.")
            return Fetched(content=bytes(content), told_type=response.content_type)


async def read_from_disk(path: Path, *, bytes_max: int = FETCHED_BYTES_MAX) -> Fetched:
    """Return a file of this machine.

    Raises:
        MediaFetchError: it cannot be read, or is too large.
    """

    def read() -> bytes:
        with path.open("rb") as file:
            return file.read(bytes_max + 1)

    try:
        content = await asyncio.to_thread(read)
    except OSError as error:
        raise MediaFetchError(f"The file {path.name} cannot be read: {error.strerror}.") from None
    if len(content) > bytes_max:
        raise MediaFetchError(f"The file {path.name} is larger than {bytes_max} bytes.")
    return Fetched(content=content)
