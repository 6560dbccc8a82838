"""The shape of ASGI, and short answers."""

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from dataclasses import dataclass, field
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

Headers = tuple[tuple[bytes, bytes], ...]

_PLAIN: Headers = (
    (b"content-type", b"text/plain; charset=utf-8"),
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-store"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A short answer in plain text."""

    status: int
    text: bytes = b""
    headers: Headers = field(default=())


OK = Answer(status=200, text=b"ok")
FOUND_NOTHING = Answer(status=404, text=b"not found")
UNAUTHORIZED = Answer(status=401, text=b"signature missing or wrong")
FORBIDDEN = Answer(status=403, text=b"forbidden")
TOO_SLOW = Answer(status=408, text=b"request took too long", headers=((b"connection", b"close"),))
TOO_LARGE = Answer(status=413, text=b"body too large", headers=((b"connection", b"close"),))
NOT_ALLOWED = Answer(status=405, text=b"method not allowed", headers=((b"allow", b"GET, HEAD, POST"),))
BROKEN = Answer(status=500, text=b"something went wrong")
# Meta repeats what was not answered 200; people press the link again.
BUSY = Answer(status=503, text=b"try again", headers=((b"retry-after", b"1"),))


async def send_answer(send: Send, answer: Answer, *, is_head: bool = False) -> None:
    """Send a whole answer; a HEAD request gets its headers only."""
    length = (b"content-length", str(len(answer.text)).encode("ascii"))
    await send(
        {
            "type": "http.response.start",
            "status": answer.status,
            "headers": [*_PLAIN, *answer.headers, length],
        }
    )
    await send({"type": "http.response.body", "body": b"" if is_head else answer.text})


def header_values(scope: Scope, name: bytes) -> list[bytes]:
    """Return every value of a header; names arrive in small letters."""
    headers: Iterable[tuple[bytes, bytes]] = scope["headers"]
    return [value for key, value in headers if key == name]
