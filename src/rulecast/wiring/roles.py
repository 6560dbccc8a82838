"""What a role of `rulecast serve` is given, and how one runs until it is told to stop."""

import asyncio
import contextlib
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import uvicorn
from typing_extensions import override

from rulecast.deliver.cut_short import cut_short
from rulecast.wiring.errors import PortTakenError
from rulecast.wiring.garbage import collect_rarely
from rulecast.wiring.release import watch_release
from rulecast.wiring.workspace import Workspace

# The order in which they start: whoever answers the world first, whoever acts on it last.
ROLES = ("receiver", "engine", "web", "sender")
LISTENING_ROLES = frozenset({"web", "receiver"})
LOOPBACK = "127.0.0.1"
# After the word to stop, requests in flight get this long; a Cloud API call times out after ten seconds.
DRAIN_SECONDS = 15.0
BACKLOG = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """Where a role stands: its workspace, the word to stop, and the socket it listens on, if it listens."""

    workspace: Workspace
    stop: asyncio.Event
    listener: socket.socket | None = None


Role = Callable[[Post], Awaitable[None]]


async def run_until_stopped(role: Role, post: Post, *, is_supervised: bool) -> None:
    """Run a role until it ends, a signal arrives, or its supervisor is gone; then let it drain.

    Raises:
        DatabaseNewerError: a newer release has migrated the database under the role, which has drained.
    """
    collect_rarely()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, post.stop.set)
    if is_supervised:
        await stop_when_orphaned(post.stop)
    working = asyncio.ensure_future(role(post))
    stopping = asyncio.create_task(post.stop.wait())
    outgrown = asyncio.create_task(watch_release(post.workspace))
    await asyncio.wait({working, stopping, outgrown}, return_when=asyncio.FIRST_COMPLETED)
    post.stop.set()
    stopping.cancel()
    if not working.done():
        await asyncio.wait({working}, timeout=DRAIN_SECONDS)
    await cut_short([working, outgrown])
    for one in (working, outgrown):
        if one.done() and not one.cancelled():
            one.result()


async def serve_http(app: Any, post: Post, **options: Any) -> None:
    """Serve an ASGI application on the post's socket until told to stop."""
    assert post.listener is not None
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=int(DRAIN_SECONDS) - 5,
        **options,
    )
    server = _QuietServer(config)
    serving = asyncio.create_task(server.serve(sockets=[post.listener]))
    stopping = asyncio.create_task(post.stop.wait())
    await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    server.should_exit = True
    await serving


def listen_on(port: int) -> socket.socket:
    """Return a socket that listens on a loopback port; 0 takes a free one.

    Raises:
        PortTakenError: somebody else listens there.
    """
    # asyncio sends small answers without delay only where the protocol is named.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((LOOPBACK, port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise PortTakenError(f"The port {port} of {LOOPBACK} cannot be opened: {error.strerror}.") from error
    listener.setblocking(False)
    return listener


def port_of(workspace: Workspace, role: str) -> int:
    """Return the port a listening role is set to."""
    return workspace.settings.web_port if role == "web" else workspace.settings.receiver_port


class _QuietServer(uvicorn.Server):
    """Leaves signals to the role's own handlers."""

    @override
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Install nothing."""
        yield


async def stop_when_orphaned(stop: asyncio.Event) -> None:
    """Stop when the supervisor's end of standard input closes, which happens even when it is killed."""

    class Watcher(asyncio.Protocol):
        @override
        def connection_lost(self, exc: Exception | None) -> None:
            stop.set()

    await asyncio.get_running_loop().connect_read_pipe(Watcher, sys.stdin)


NO_ROLES: Mapping[str, Role] = MappingProxyType({})
