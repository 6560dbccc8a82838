"""The receiver as an ASGI application: three paths and nothing else."""

import asyncio
import hmac
import re
from collections.abc import Sequence
from urllib.parse import parse_qs

import structlog

from rulecast.receiver.exchange import (
    BROKEN,
    BUSY,
    FORBIDDEN,
    FOUND_NOTHING,
    NOT_ALLOWED,
    OK,
    TOO_LARGE,
    TOO_SLOW,
    UNAUTHORIZED,
    Answer,
    Receive,
    Scope,
    Send,
    header_values,
    send_answer,
)
from rulecast.receiver.group_commit import GroupCommit, QueueFullError
from rulecast.receiver.preview import is_person
from rulecast.receiver.read_body import BodyTooLargeError, ClientGoneError, ReadingRoom, RoomFullError
from rulecast.receiver.signature import is_signed
from rulecast.receiver.store_webhooks import store_plain, store_webhooks
from rulecast.wiring.receiver import ReceiverDoors
from rulecast.wiring.webhook_group import PlainPost, WebhookPost, read_post
from rulecast.wiring.webhooks import is_store_away

WEBHOOK_PATH = "/webhook"
LINK_PREFIX = "/l/"
HEALTH_PATH = "/health"
SIGNATURE_HEADER = b"x-hub-signature-256"
# Meta's challenge is a number; anything a browser could take for a page is refused.
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{1,128}", re.ASCII)
QUERY_LENGTH_MAX = 2_048
# Links followed at once; each holds a connection of the pool, which webhooks need too.
FOLLOWING_MAX = 4
FOLLOWING_WAITING_MAX = 500
FOLLOW_SECONDS_MAX = 10.0

_LOG = structlog.get_logger(__name__)


class Receiver:
    """Answers Meta's verification, takes signed webhooks, follows tracked links."""

    def __init__(self, doors: ReceiverDoors, *, secrets: Sequence[bytes], verify_token: bytes) -> None:
        """Join the doors; secrets and token were checked to be real ones."""
        self._doors = doors
        self._secrets = tuple(secrets)
        self._verify_token = verify_token
        self._commits = GroupCommit(store=self._store)
        self._room = ReadingRoom()
        self._following = asyncio.Semaphore(FOLLOWING_MAX)
        self._following_waiting = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one connection's request, or live through start and stop of the server."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        if scope["type"] != "http":
            return
        try:
            answer = await self._answer(scope, receive)
        except ClientGoneError:
            return
        except Exception as error:  # noqa: BLE001 - the server would log the traceback, values and all
            _LOG.error("request failed", error_type=type(error).__name__)
            answer = BROKEN
        await send_answer(send, answer, is_head=scope["method"] == "HEAD")

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                await self._commits.drain()
                await send({"type": "lifespan.shutdown.complete"})
                return

    async def _answer(self, scope: Scope, receive: Receive) -> Answer:
        path, method = scope["path"], scope["method"]
        if path == WEBHOOK_PATH:
            if method == "POST":
                return await self._take_webhook(scope, receive)
            return self._verify(scope) if method == "GET" else NOT_ALLOWED
        if path.startswith(LINK_PREFIX):
            return await self._follow(scope, path[len(LINK_PREFIX) :])
        if path == HEALTH_PATH and method in {"GET", "HEAD"}:
            return OK
        return FOUND_NOTHING

    def _verify(self, scope: Scope) -> Answer:
        """Answer Meta's question whether this address is ours (Webhooks, "verification requests")."""
        query: bytes = scope["query_string"]
        if len(query) > QUERY_LENGTH_MAX:
            return FORBIDDEN
        asked = parse_qs(query.decode("latin-1"), keep_blank_values=True)
        mode, token, challenge = (
            asked.get(f"hub.{name}", [""]) for name in ("mode", "verify_token", "challenge")
        )
        is_ours = hmac.compare_digest(token[0].encode(), self._verify_token)
        if not is_ours or mode != ["subscribe"] or _CHALLENGE.fullmatch(challenge[0]) is None:
            return FORBIDDEN
        return Answer(status=200, text=challenge[0].encode("ascii"))

    async def _take_webhook(self, scope: Scope, receive: Receive) -> Answer:
        signatures = header_values(scope, SIGNATURE_HEADER)
        if not signatures:
            return UNAUTHORIZED
        try:
            body = await self._room.read(scope, receive)
        except BodyTooLargeError:
            return TOO_LARGE
        except RoomFullError:
            return BUSY
        except TimeoutError:
            return TOO_SLOW
        if not is_signed(body, signatures, self._secrets):
            return UNAUTHORIZED
        return await self._keep(body)

    async def _keep(self, body: bytes) -> Answer:
        post = read_post(body, self._doors.workspace.clock.now())
        is_plain = isinstance(post, PlainPost)
        is_urgent = not isinstance(post, PlainPost) and post.parsed.may_stop_someone
        try:
            stored = self._commits.offer(post, size_bytes=len(body), is_urgent=is_urgent, is_plain=is_plain)
        except QueueFullError:
            return BUSY
        return OK if await stored else BUSY

    async def _store(self, posts: Sequence[WebhookPost | PlainPost]) -> list[bool]:
        """Store a group; plain posts stand in groups of their own."""
        door = self._doors.webhooks
        plain = [post for post in posts if isinstance(post, PlainPost)]
        if plain:
            return await store_plain(door, plain, is_away=is_store_away)
        others = [post for post in posts if not isinstance(post, PlainPost)]
        return await store_webhooks(door, others, is_away=is_store_away)

    async def _follow(self, scope: Scope, token: str) -> Answer:
        """Redirect to the destination a token stands for; forged and forgotten tokens look alike."""
        if scope["method"] not in {"GET", "HEAD"}:
            return NOT_ALLOWED
        link = self._doors.links.read(token)
        if link is None:
            return FOUND_NOTHING
        if self._following_waiting >= FOLLOWING_WAITING_MAX:
            return BUSY
        self._following_waiting += 1
        try:
            async with asyncio.timeout(FOLLOW_SECONDS_MAX), self._following:
                destination = await self._doors.links.follow(link, is_counted=is_person(scope))
        except Exception as error:
            if not is_store_away(error):
                raise
            _LOG.warning("link not followed", error_type=type(error).__name__)
            return BUSY
        finally:
            self._following_waiting -= 1
        if destination is None:
            return FOUND_NOTHING
        return Answer(
            status=302,
            headers=(
                (b"location", destination.address.encode("ascii")),
                (b"referrer-policy", b"no-referrer"),
                (b"x-robots-tag", b"noindex, nofollow"),
            ),
        )
