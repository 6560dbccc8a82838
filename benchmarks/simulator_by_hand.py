"""The least a simulator could do: answer every POST, then post three signed statuses for it in POSTs of twenty.

No checks, no people, no ledger, nothing but JSON, HMAC and the network; prints its port as one JSON line.
"""

import asyncio
import hmac
import json
import signal
import sys
from typing import cast

import uvloop
from typing_extensions import override

PER_POST = 20
STEPS = ("sent", "delivered", "read")
CONNECTIONS = 8


class Poster(asyncio.Protocol):
    """A kept connection to the sink; answers are not looked at, as their number is all that matters."""

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)


class Hand:
    """Collects statuses and posts them."""

    def __init__(self, sink: int) -> None:
        self._sink = sink
        self._statuses: list[dict[str, str]] = []
        self._posters: list[Poster] = []
        self._turn = 0

    async def connect(self) -> None:
        """Open the connections to the sink."""
        loop = asyncio.get_running_loop()
        for _ in range(CONNECTIONS):
            _, poster = await loop.create_connection(Poster, "127.0.0.1", self._sink)
            self._posters.append(poster)

    def take(self, body: bytes) -> bytes:
        """Return the answer to a request, after adding its three statuses."""
        asked = json.loads(body)
        phone = asked["to"].lstrip("+")
        wamid = f"wamid.{phone}"
        for step in STEPS:
            status = {"id": wamid, "status": step, "timestamp": "1750030073", "recipient_id": phone}
            self._statuses.append({**status, "biz_opaque_callback_data": asked["biz_opaque_callback_data"]})
        if len(self._statuses) >= PER_POST:
            self.post()
        return json.dumps({"messaging_product": "whatsapp", "messages": [{"id": wamid}]}).encode()

    def post(self) -> None:
        """Send one signed POST of up to twenty statuses."""
        taken, self._statuses = self._statuses[:PER_POST], self._statuses[PER_POST:]
        value = {"messaging_product": "whatsapp", "statuses": taken}
        entry = {"id": "1", "changes": [{"field": "messages", "value": value}]}
        text = json.dumps({"object": "whatsapp_business_account", "entry": [entry]}, separators=(",", ":"))
        body = text.encode()
        signature = hmac.digest(b"secret", body, "sha256").hex()
        head = (
            f"POST /hook HTTP/1.1\r\nhost: 127.0.0.1\r\nx-hub-signature-256: sha256={signature}\r\n"
            f"content-length: {len(body)}\r\n\r\n"
        )
        self._turn += 1
        self._posters[self._turn % CONNECTIONS].transport.write(head.encode() + body)


class Peer(asyncio.Protocol):
    """One client."""

    def __init__(self, hand: Hand) -> None:
        self._hand = hand
        self._waiting = b""

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    @override
    def data_received(self, data: bytes) -> None:
        self._waiting += data
        while True:
            head, found, rest = self._waiting.partition(b"\r\n\r\n")
            if not found:
                return
            length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0])
            if len(rest) < length:
                return
            body, self._waiting = rest[:length], rest[length:]
            answer = self._hand.take(body)
            self._transport.write(
                b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s"
                % (len(answer), answer)
            )


async def serve(sink: int) -> None:
    """Answer until told to stop."""
    loop = asyncio.get_running_loop()
    hand = Hand(sink)
    await hand.connect()
    server = await loop.create_server(lambda: Peer(hand), "127.0.0.1", 0)
    sys.stdout.write(json.dumps({"port": server.sockets[0].getsockname()[1]}) + "\n")
    sys.stdout.flush()
    ended = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, ended.set)
    await ended.wait()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1])))
