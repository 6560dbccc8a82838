"""Sixty-four connections that post signed statuses as fast as they are answered; prints one JSON line."""

import asyncio
import hmac
import json
import os
import sys
import time
from typing import cast

import uvloop
from typing_extensions import override

from benchmarks.webhook_messages import wamid_of
from rulecast.values.clock import SystemClock

CONNECTIONS = 64


class Poster(asyncio.Protocol):
    """One keep-alive connection: a request, its answer, the next request."""

    def __init__(self, run: "Run") -> None:
        self._run = run
        self._received = b""
        self._sent_at = 0.0
        self._transport: asyncio.Transport | None = None

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # The transports of uvloop are no subclasses of asyncio's.
        self._transport = cast("asyncio.Transport", transport)
        self._next()

    @override
    def data_received(self, data: bytes) -> None:
        self._received += data
        head, separator, rest = self._received.partition(b"\r\n\r\n")
        if not separator:
            return
        length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        if len(rest) < length:
            return
        self._received = b""
        self._run.note(head[9:12], time.perf_counter() - self._sent_at)
        self._next()

    def _next(self) -> None:
        assert self._transport is not None
        request = self._run.take()
        if request is None:
            self._transport.close()
            return
        self._sent_at = time.perf_counter()
        self._transport.write(request)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._run.leave()


class Run:
    """The requests of one phase and their answers."""

    def __init__(self, requests: list[bytes], seconds: float) -> None:
        self._requests = requests
        self._seconds = seconds
        self._ends_at = 0.0
        self._position = 0
        self._left = CONNECTIONS
        self.done = asyncio.Event()
        self.latencies: list[float] = []
        self.refused = 0

    def start(self) -> None:
        """Let the time begin."""
        self._ends_at = time.perf_counter() + self._seconds

    def take(self) -> bytes | None:
        """Return the next request, or None when the phase is over."""
        if self._position >= len(self._requests) or time.perf_counter() >= self._ends_at:
            return None
        self._position += 1
        return self._requests[self._position - 1]

    def note(self, status: bytes, seconds: float) -> None:
        """Count an answer."""
        if status == b"200":
            self.latencies.append(seconds)
        else:
            self.refused += 1

    def leave(self) -> None:
        """Count a connection that closed; the last one ends the phase."""
        self._left -= 1
        if not self._left:
            self.done.set()


def make_request(first: int, count: int, secret: bytes, at: int) -> bytes:
    """Return one signed POST of so many statuses, the wamids of which nobody sent before."""
    statuses = [
        {
            "id": wamid_of(number),
            "status": "delivered",
            "timestamp": str(at),
            "recipient_id": "212612000001",
            "biz_opaque_callback_data": "AAECAwQFBgcICQoLDA0ODw",
            "recipient_user_id": "MA.13491208655302741918",
            "pricing": {"billable": True, "pricing_model": "PMP", "type": "regular", "category": "marketing"},
        }
        for number in range(first, first + count)
    ]
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "15550783881", "phone_number_id": "106540352242922"},
        "statuses": statuses,
    }
    entry = {"id": "102290129340398", "changes": [{"field": "messages", "value": value}]}
    body = json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).encode()
    head = (
        "POST /webhook HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"X-Hub-Signature-256: sha256={hmac.digest(secret, body, 'sha256').hex()}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def main() -> None:
    """Post for so many seconds and print what came back."""
    port, seconds, per_post, first = int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    secret, at = os.environ["RULECAST_APP_SECRET"].encode(), int(SystemClock().now().timestamp())
    # More than any receiver on such a machine answers; the phase ends by time.
    count = int(seconds * (12_000 if per_post == 1 else 4_000))
    run = Run([make_request(first + n * per_post, per_post, secret, at) for n in range(count)], seconds)
    loop = asyncio.get_running_loop()
    run.start()
    began = time.perf_counter()
    await asyncio.gather(
        *(loop.create_connection(lambda: Poster(run), "127.0.0.1", port) for _ in range(CONNECTIONS))
    )
    await run.done.wait()
    elapsed = time.perf_counter() - began
    ordered = sorted(run.latencies)
    print(
        json.dumps(
            {
                "acknowledged": len(ordered),
                "refused": run.refused,
                "per_second": len(ordered) / elapsed,
                "p50_ms": ordered[len(ordered) // 2] * 1e3 if ordered else 0.0,
                "p99_ms": ordered[int(len(ordered) * 0.99)] * 1e3 if ordered else 0.0,
            }
        )
    )


if __name__ == "__main__":
    uvloop.run(main())
