"""A bare peer for senders: takes a POST, answers with an id, keeps every opaque id; no checks, no webhooks."""

import asyncio
import json
import signal
import sys
from typing import Any, cast

import uvloop
from typing_extensions import override

ANSWER = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    b'{"messaging_product":"whatsapp","messages":[{"id":"wamid.%s","message_status":"accepted"}]}'
)
MARK = b'"biz_opaque_callback_data":"'
FIXED_LENGTH = len(ANSWER.partition(b"\r\n\r\n")[2]) - 2


class Peer(asyncio.Protocol):
    """One connection."""

    asked: list[bytes]

    def __init__(self, asked: list[bytes]) -> None:
        self.asked = asked
        self.waiting = b""

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    @override
    def data_received(self, data: bytes) -> None:
        self.waiting += data
        while True:
            head, found, rest = self.waiting.partition(b"\r\n\r\n")
            if not found:
                return
            length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0])
            if len(rest) < length:
                return
            body, self.waiting = rest[:length], rest[length:]
            opaque = body.partition(MARK)[2].partition(b'"')[0]
            self.asked.append(opaque)
            self.transport.write(ANSWER % (FIXED_LENGTH + len(opaque), opaque))


async def serve() -> None:
    """Answer until told to stop, then say what was asked."""
    asked: list[bytes] = []
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Peer(asked), "127.0.0.1", 0)
    say({"port": server.sockets[0].getsockname()[1]})
    ended = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, ended.set)
    await ended.wait()
    say({"requests": len(asked), "distinct": len(set(asked))})


def say(what: dict[str, Any]) -> None:
    """Print one JSON line for the parent."""
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    uvloop.run(serve())
