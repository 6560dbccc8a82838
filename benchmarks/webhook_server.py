"""The receiver, or a bare one doing only HMAC and JSON, as a process; prints its port, and its cost at the end."""

import asyncio
import contextlib
import hmac
import json
import os
import resource
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import uvicorn
import uvloop
from typing_extensions import override

from rulecast.config import load_settings
from rulecast.receiver import build_receiver
from rulecast.wiring.workspace import open_workspace

Application = Callable[..., Awaitable[None]]


class QuietServer(uvicorn.Server):
    """Leaves the word to stop to this program, so that it can still print what it cost."""

    @override
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, self.stop)
        yield

    def stop(self) -> None:
        """Answer what is in flight and end."""
        self.should_exit = True


async def bare(scope: dict[str, Any], receive: Callable[[], Awaitable[Any]], send: Any) -> None:
    """Check the signature, read the JSON, answer 200; keep nothing."""
    if scope["type"] != "http":
        return
    body = (await receive())["body"]
    secret = os.environ["RULECAST_APP_SECRET"].encode()
    given = next(value for key, value in scope["headers"] if key == b"x-hub-signature-256")
    expected = b"sha256=" + hmac.digest(secret, body, "sha256").hex().encode()
    is_signed = hmac.compare_digest(expected, given) and json.loads(body)["object"]
    await send(
        {
            "type": "http.response.start",
            "status": 200 if is_signed else 401,
            "headers": [(b"content-length", b"2")],
        }
    )
    await send({"type": "http.response.body", "body": b"ok"})


async def serve(application: Application) -> None:
    """Serve until a signal arrives, then print what it cost."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=256)
    server = QuietServer(
        uvicorn.Config(
            application,
            http="httptools",
            ws="none",
            access_log=False,
            log_level="warning",
            lifespan="off" if application is bare else "on",
            server_header=False,
            date_header=False,
        )
    )
    sys.stdout.write(f"{listener.getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve(sockets=[listener])


async def main() -> None:
    """Serve what the first argument names."""
    if sys.argv[1] == "bare":
        await serve(bare)
    else:
        async with open_workspace(load_settings(os.environ), actor="benchmark") as workspace:
            await serve(build_receiver(workspace))
    used = resource.getrusage(resource.RUSAGE_SELF)
    sys.stdout.write(
        json.dumps({"cpu_s": used.ru_utime + used.ru_stime, "peak_rss_mb": used.ru_maxrss / 1024}) + "\n"
    )


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    uvloop.run(main())
