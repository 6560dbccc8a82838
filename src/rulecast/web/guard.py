"""The guard before the page: loopback names only, one-time token, session cookie, security headers.

Every path needs a session except `/enter`, which turns a token into one. Requests that change something and
sockets must come from the page itself.
"""

import re
import secrets
import time
from collections.abc import Awaitable, Callable, MutableMapping
from http.cookies import CookieError, SimpleCookie
from importlib.resources import files
from typing import Any
from urllib.parse import parse_qs

from rulecast.wiring.page_access import open_page_session, see_page_session
from rulecast.wiring.workspace import Workspace

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

COOKIE = "rulecast_session"
ENTER = "/enter"
ACTOR_KEY = "rulecast_actor"
SECRET_KEY = "rulecast_secret"  # noqa: S105 - the name of a key, not a secret
SAFE_METHODS = frozenset({"GET", "HEAD"})
# One page load asks for some thirty files; the database is asked about the session once for all of them.
SESSION_MEMORY_SECONDS = 5.0
SESSIONS_REMEMBERED_MAX = 1000
NONCE_BYTES = 16
MODE_PLACE = b"{mode}"

# The page library compiles its templates in the browser (`unsafe-eval`) and styles elements in place;
# scripts need the nonce of their response, so that markup which slipped in could run nothing.
POLICY = (
    "default-src 'none'; script-src 'self' 'nonce-{nonce}' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=(), payment=()"),
)
_SCRIPT_TAG = re.compile(rb"<script\b")


class Guard:
    """Lets through what comes from the page's own session."""

    def __init__(self, app: Application, workspace: Workspace) -> None:
        self.app = app
        self._workspace = workspace
        self._seen: dict[str, tuple[float, str]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer or refuse one request or socket."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        host = headers.get("host", "")
        if host not in own_names(scope):
            await self._refuse(scope, send, 421, "refused.html")
        elif not _is_from_the_page(scope, headers, host):
            await self._refuse(scope, send, 403, "refused.html")
        elif scope["type"] == "http" and scope["path"] == ENTER:
            await self._enter(scope, send)
        else:
            await self._pass(scope, receive, send, cookies=headers.get("cookie", ""))

    async def _enter(self, scope: Scope, send: Send) -> None:
        token = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0]
        secret = None
        if scope["method"] == "GET" and token:
            secret = await open_page_session(self._workspace, token)
        if secret is None:
            await self._refuse(scope, send, 403, "token.html")
            return
        cookie = f"{_cookie_name(scope)}={secret}; Path=/; HttpOnly; SameSite=Strict"
        extra = [(b"location", b"/"), (b"set-cookie", cookie.encode("latin-1"))]
        await _answer(send, 303, b"", extra)

    async def _pass(self, scope: Scope, receive: Receive, send: Send, *, cookies: str) -> None:
        secret = _read_cookie(cookies, _cookie_name(scope))
        actor = await self._actor_of(secret) if secret else None
        if secret is None or actor is None:
            await self._refuse(scope, send, 401, "token.html")
            return
        scope[ACTOR_KEY], scope[SECRET_KEY] = actor, secret
        if scope["type"] == "websocket":
            await self.app(scope, receive, send)
            return
        nonce = secrets.token_urlsafe(NONCE_BYTES)
        await self.app(scope, receive, _Dresser(send, nonce=nonce, is_page=scope["path"] == "/"))

    async def _refuse(self, scope: Scope, send: Send, status: int, page: str) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        text = files("rulecast.web").joinpath("static", page).read_bytes()
        # Whoever meets this page still sees whether real people stand behind it.
        body = text.replace(MODE_PLACE, self._workspace.mode.upper().encode())
        await _answer(send, status, body, [(b"content-type", b"text/html; charset=utf-8")])

    async def _actor_of(self, secret: str) -> str | None:
        known = self._seen.get(secret)
        if known is not None and time.monotonic() - known[0] < SESSION_MEMORY_SECONDS:
            return known[1]
        actor = await see_page_session(self._workspace, secret)
        self._seen.pop(secret, None)
        if actor is not None:
            if len(self._seen) >= SESSIONS_REMEMBERED_MAX:
                self._seen.clear()
            self._seen[secret] = (time.monotonic(), actor)
        return actor


class _Dresser:
    """Sends an answer on with security headers; the page's own scripts get the nonce."""

    def __init__(self, send: Send, *, nonce: str, is_page: bool) -> None:
        self._send = send
        self._nonce = nonce
        self._is_page = is_page
        self._start: Message | None = None
        self._body = bytearray()

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = self._dressed(message.get("headers", []))
            if self._is_page:
                self._start = message
            else:
                await self._send(message)
            return
        if not self._is_page or self._start is None:
            await self._send(message)
            return
        self._body += message.get("body", b"")
        if not message.get("more_body"):
            await self._send_page(self._start)

    async def _send_page(self, start: Message) -> None:
        body = _SCRIPT_TAG.sub(b'<script nonce="' + self._nonce.encode() + b'"', bytes(self._body))
        start["headers"] = [
            *((name, value) for name, value in start["headers"] if name.lower() != b"content-length"),
            (b"content-length", str(len(body)).encode()),
        ]
        await self._send(start)
        await self._send({"type": "http.response.body", "body": body})

    def _dressed(self, headers: Any) -> list[tuple[bytes, bytes]]:
        kept = [(bytes(name), bytes(value)) for name, value in headers]
        caching = [] if not self._is_page else [(b"cache-control", b"no-store")]
        if self._is_page:
            kept = [(name, value) for name, value in kept if name.lower() != b"cache-control"]
        policy = POLICY.format(nonce=self._nonce).encode()
        return [*kept, *caching, *HEADERS, (b"content-security-policy", policy)]


def own_names(scope: Scope) -> frozenset[str]:
    """Return the only values of the Host header that mean this page: a foreign name is a rebinding attack."""
    port = scope["server"][1]
    return frozenset({f"127.0.0.1:{port}", f"localhost:{port}"})


def _is_from_the_page(scope: Scope, headers: dict[str, str], host: str) -> bool:
    """Tell whether a socket or a changing request was made by the page itself."""
    if scope["type"] == "http" and scope["method"] in SAFE_METHODS:
        return headers.get("sec-fetch-site", "none") != "cross-site" or scope["path"] == ENTER
    return headers.get("origin") == f"http://{host}"


def _cookie_name(scope: Scope) -> str:
    """Return a name of its own per port: browsers share cookies between ports of one host."""
    return f"{COOKIE}_{scope['server'][1]}"


def _read_cookie(header: str, name: str) -> str | None:
    try:
        found = SimpleCookie(header).get(name)
    except CookieError:
        return None
    return found.value if found else None


async def _answer(send: Send, status: int, body: bytes, extra: list[tuple[bytes, bytes]]) -> None:
    policy = (b"content-security-policy", b"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'")
    headers = [
        *HEADERS,
        *extra,
        policy,
        (b"cache-control", b"no-store"),
        (b"content-length", str(len(body)).encode()),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
