"""A bare stand-in for the messages endpoint, for faults the simulator does not make: scripted, with its own ledger.

It speaks raw HTTP over asyncio streams so that a test can break a connection at any byte.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.sent_bodies import note_body

Handler = Callable[["Exchange"], Awaitable[None]]


@dataclass(slots=True, kw_only=True)
class Exchange:
    """One request as it arrived, and the means to answer it."""

    body: dict[str, Any]
    number: int
    writer: asyncio.StreamWriter

    @property
    def opaque(self) -> str:
        return str(self.body["biz_opaque_callback_data"])

    async def answer(self, status: int, body: bytes, *headers: bytes) -> None:
        extra = b"".join(header + b"\r\n" for header in headers)
        self.writer.write(
            b"HTTP/1.1 %d X\r\nContent-Type: application/json\r\n%sContent-Length: %d\r\n\r\n%s"
            % (status, extra, len(body), body)
        )
        await self.writer.drain()

    async def accept(self) -> None:
        await self.answer(
            200,
            json.dumps(
                {"messaging_product": "whatsapp", "messages": [{"id": f"wamid.{self.opaque}"}]}
            ).encode(),
        )

    async def refuse(self, code: int, *, status: int = 400) -> None:
        await self.answer(status, json.dumps({"error": {"code": code, "message": "x"}}).encode())

    def reset(self) -> None:
        self.writer.transport.abort()


async def accept(exchange: Exchange) -> None:
    await exchange.accept()


@dataclass(slots=True, kw_only=True)
class GraphStub:
    """The stand-in: `handle` decides each answer; `asked` is the ledger of opaque ids in order of arrival, `paths` of
    where they were posted."""

    handle: Handler = accept
    asked: list[str] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    open_now: int = 0
    open_max: int = 0
    port: int = 0
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    writers: set[asyncio.StreamWriter] = field(default_factory=set)

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.add(writer)
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
                raw = await reader.readexactly(length)
                note_body(raw)
                body = json.loads(raw)
                self.asked.append(body["biz_opaque_callback_data"])
                self.paths.append(head.split()[1].decode())
                self.arrived.set()
                self.open_now += 1
                self.open_max = max(self.open_max, self.open_now)
                try:
                    await self.handle(Exchange(body=body, number=len(self.asked), writer=writer))
                finally:
                    self.open_now -= 1
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            self.writers.discard(writer)
            writer.close()


@asynccontextmanager
async def graph_stub(handle: Handler = accept) -> AsyncIterator[GraphStub]:
    stub = GraphStub(handle=handle)
    server = await asyncio.start_server(stub.serve, "127.0.0.1", 0)
    stub.port = server.sockets[0].getsockname()[1]
    try:
        yield stub
    finally:
        server.close()
        for writer in tuple(stub.writers):
            writer.transport.abort()
