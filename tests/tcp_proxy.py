"""A TCP proxy for drills: byte-exact cuts, trickles, delays and partitions between two parties who know nothing of it.

What happens to a connection is decided when it is made, by its number, so that a seed repeats it exactly.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

# One read takes at most so much, so that a cut in a large body leaves the bytes before it on their way.
CHUNK_BYTES = 64 * 1024


@dataclass(slots=True, kw_only=True)
class Course:
    """What happens to one connection; `asking` is what the client sends, `answering` what it gets.

    A cut lets so many bytes pass and then resets both sides. `trickle_seconds` is the pause after each byte of an
    answer. `sees` is shown what the client is about to send and may say "before" or "after": the connection is then
    cut before these bytes pass, or after the other side has answered them.
    """

    cut_asking_at: int | None = None
    cut_answering_at: int | None = None
    trickle_seconds: float = 0.0
    delay_seconds: float = 0.0
    sees: Callable[[bytes], str] | None = None


def undisturbed(_number: int) -> Course:
    """Return the course of a connection to which nothing happens."""
    return Course()


@dataclass(slots=True)
class TcpProxy:
    """Passes connections on to `upstream`: host and port, or the path of a Unix socket."""

    upstream: tuple[str, int] | str
    course_of: Callable[[int], Course] = undisturbed
    port: int = 0
    connections: int = 0
    cuts: int = 0
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _open: dict[str, asyncio.Event] = field(default_factory=dict)

    def part(self, *directions: str) -> None:
        """Hold back everything that goes in these directions (`asking`, `answering`) until `heal`."""
        for direction in directions:
            self._way(direction).clear()

    def heal(self) -> None:
        """Let everything pass again, also what was held back."""
        for way in self._open.values():
            way.set()

    def _way(self, direction: str) -> asyncio.Event:
        if direction not in self._open:
            self._open[direction] = asyncio.Event()
            self._open[direction].set()
        return self._open[direction]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        course, self.connections = self.course_of(self.connections), self.connections + 1
        try:
            if isinstance(self.upstream, str):
                far_reader, far_writer = await asyncio.open_unix_connection(self.upstream)
            else:
                far_reader, far_writer = await asyncio.open_connection(*self.upstream)
        except OSError:
            writer.transport.abort()
            return
        link = _Link(proxy=self, course=course, near=writer, far=far_writer)
        ways = [asyncio.create_task(link.ask(reader)), asyncio.create_task(link.answer(far_reader))]
        self._tasks.update(ways)
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
                self._tasks.discard(way)
            writer.transport.abort()
            far_writer.transport.abort()

    def end(self) -> None:
        for task in self._tasks:
            task.cancel()


@dataclass(slots=True, kw_only=True)
class _Link:
    """Both ways of one connection."""

    proxy: TcpProxy
    course: Course
    near: asyncio.StreamWriter
    far: asyncio.StreamWriter
    asked: int = 0
    answered: int = 0
    ends_after_answer: bool = False

    async def ask(self, reader: asyncio.StreamReader) -> None:
        """Pass on what the client sends, until it ends or is cut."""
        limit = self.course.cut_asking_at
        while limit is None or self.asked < limit:
            data = await self._read(reader, limit, self.asked)
            if not data:
                return
            await self.proxy._way("asking").wait()
            word = self.course.sees(data) if self.course.sees is not None else ""
            if word == "before":
                break
            self.ends_after_answer = self.ends_after_answer or word == "after"
            if self.course.delay_seconds:
                await asyncio.sleep(self.course.delay_seconds)
            self.asked += len(data)
            self.far.write(data)
            await self.far.drain()
        self.proxy.cuts += 1

    async def answer(self, reader: asyncio.StreamReader) -> None:
        """Pass on what the client gets, until it ends or is cut."""
        limit = self.course.cut_answering_at
        while limit is None or self.answered < limit:
            data = await self._read(reader, limit, self.answered)
            if not data:
                return
            await self.proxy._way("answering").wait()
            if self.ends_after_answer:
                break
            self.answered += len(data)
            self.near.write(data)
            await self.near.drain()
            if self.course.trickle_seconds:
                await asyncio.sleep(self.course.trickle_seconds)
        self.proxy.cuts += 1

    async def _read(self, reader: asyncio.StreamReader, limit: int | None, passed: int) -> bytes:
        wanted = 1 if self.course.trickle_seconds else CHUNK_BYTES
        if limit is not None:
            wanted = min(wanted, limit - passed)
        try:
            return await reader.read(wanted)
        except OSError:
            return b""


@asynccontextmanager
async def tcp_proxy(
    upstream: tuple[str, int] | str, course_of: Callable[[int], Course] = undisturbed
) -> AsyncIterator[TcpProxy]:
    """Serve a proxy on a free port of the loopback."""
    proxy = TcpProxy(upstream, course_of)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()
        proxy.end()
