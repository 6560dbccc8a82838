"""Send webhook bodies from files through the receiver of this workspace, signed, and tell what became of each."""

import asyncio
import hashlib
import hmac
import json
import secrets
import socket
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from random import Random

import aiohttp

from rulecast.collect.count_facts import count_facts, count_older, count_unread
from rulecast.collect.inbox import find_outcomes
from rulecast.collect.parse_webhook import parse_webhook
from rulecast.collect.webhook_bodies import merge_bodies, split_body
from rulecast.values.errors import RulecastError
from rulecast.wiring.roles import LOOPBACK, Post, Role, listen_on
from rulecast.wiring.webhook_group import REPLAY_AGE
from rulecast.wiring.workspace import Workspace

# Meta sends at most 3 MB; a larger file is none of its bodies.
FILE_BYTES_MAX = 3 * 1024 * 1024
# All bodies wait in memory: this many of a usual size are some 100 MB.
FILES_MAX = 50_000
POST_SECONDS_MAX = 30.0
# Meta, too, does not wait for one answer before it sends the next; the receiver then commits them together.
AT_ONCE = 8


class ReplayFolderError(RulecastError):
    """There is nothing to replay."""

    code = "RC-REPLAY-001"
    summary = "The folder has no webhook bodies, or more than 50,000."
    remedy = "Name a folder with files ending in .json, each one raw body as Meta sent it."


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayOrder:
    """Which bodies are sent, and how: each twice, in another order, update by update, or all in one."""

    folder: Path
    is_twice: bool = False
    shuffle_seed: int | None = None
    is_split: bool = False
    is_merged: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """The bodies made of one file, or of all of them; `skipped` says why a file was not sent."""

    name: str
    bodies: tuple[bytes, ...] = field(default=(), repr=False)
    skipped: str = ""


@dataclass(slots=True, kw_only=True)
class ReplayRow:
    """What became of one file."""

    name: str
    posts: int = 0
    stored: int = 0
    facts: Counter[str] = field(default_factory=Counter)
    unread: Counter[str] = field(default_factory=Counter)
    too_old: int = 0
    quarantined: str = ""
    refused: str = ""
    crashed: str = ""
    skipped: str = ""

    @property
    def is_stored(self) -> bool:
        """Return whether every body of the file is kept."""
        return self.posts > 0 and self.stored == self.posts


Tell = Callable[[int, int], None]


async def replay_webhooks(
    workspace: Workspace, order: ReplayOrder, *, receiver: Role, tell: Tell | None = None
) -> list[ReplayRow]:
    """Send the bodies of a folder through a receiver of its own on the loopback, and return a row for each file.

    The receiver is the real one with a secret of this call, so that no setting is needed and none is shown.

    Args:
        workspace: where the bodies are stored and acted upon, as if Meta had sent them.
        order: which bodies and how.
        receiver: the role that serves the endpoint.
        tell: called with bodies sent and bodies in all.

    Raises:
        ReplayFolderError: the folder has no files, or too many.
    """
    deliveries = await asyncio.to_thread(read_deliveries, order)
    secret = secrets.token_hex(16)
    rows = {place: ReplayRow(name=one.name, skipped=one.skipped) for place, one in enumerate(deliveries)}
    posts = [(place, body) for place, one in enumerate(deliveries) for body in one.bodies]
    if order.is_twice:
        posts = [post for post in posts for _ in range(2)]
    if order.shuffle_seed is not None:
        Random(order.shuffle_seed).shuffle(posts)  # noqa: S311 - an order to repeat, no secret
    started_at = workspace.clock.now()
    settings = replace(workspace.settings, app_secret=secret, verify_token=secrets.token_hex(16))
    async with (
        _serving(replace(workspace, settings=settings), receiver) as url,
        aiohttp.ClientSession() as session,
    ):
        sender = _Sender(session=session, url=url, secret=secret)
        await sender.send_all(posts, rows, tell)
    await _settle(workspace, posts, rows, started_at)
    return list(rows.values())


def read_deliveries(order: ReplayOrder) -> list[Delivery]:
    """Return the bodies of a folder's files in the order of their names, split or merged as asked.

    Raises:
        ReplayFolderError: it has no files, or too many.
    """
    paths = sorted(order.folder.glob("*.json")) if order.folder.is_dir() else []
    if not 0 < len(paths) <= FILES_MAX:
        raise ReplayFolderError(f"The folder {order.folder} has {len(paths)} files ending in .json.")
    read = [_read_file(path) for path in paths]
    if order.is_split:
        read = [
            replace(one, bodies=tuple(part for body in one.bodies for part in split_body(body)))
            for one in read
        ]
    if not order.is_merged:
        return read
    merged = merge_bodies([body for one in read for body in one.bodies])
    return [
        *(one for one in read if one.skipped),
        *(Delivery(name=f"merged {place + 1}", bodies=(body,)) for place, body in enumerate(merged)),
    ]


def _read_file(path: Path) -> Delivery:
    if path.stat().st_size > FILE_BYTES_MAX:
        return Delivery(name=path.name, skipped="larger than the 3 MB Meta sends at most")
    body = path.read_bytes()
    try:
        # A list is never a webhook: an index beside the bodies, or several of them in one file.
        is_list = isinstance(json.loads(body), list) if body.lstrip()[:1] == b"[" else False
    except (ValueError, RecursionError):
        is_list = False
    return (
        Delivery(name=path.name, skipped="a list, no webhook body")
        if is_list
        else Delivery(name=path.name, bodies=(body,))
    )


@asynccontextmanager
async def _serving(workspace: Workspace, receiver: Role) -> AsyncIterator[str]:
    """Serve the endpoint on a free port of the loopback as long as the block runs."""
    listener = listen_on(0)
    post = Post(workspace=workspace, stop=asyncio.Event(), listener=listener)
    try:
        # A receiver that ends by an error ends the block too, which would wait for its answers in vain.
        async with asyncio.TaskGroup() as group:
            group.create_task(_run(receiver, post))
            yield f"http://{LOOPBACK}:{_port(listener)}/webhook"
            post.stop.set()
    except BaseExceptionGroup as errors:
        raise errors.exceptions[0] from None
    finally:
        listener.close()


async def _run(receiver: Role, post: Post) -> None:
    await receiver(post)


def _port(listener: socket.socket) -> int:
    port: int = listener.getsockname()[1]
    return port


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sender:
    session: aiohttp.ClientSession
    url: str
    secret: str = field(repr=False)

    async def send_all(
        self, posts: Sequence[tuple[int, bytes]], rows: dict[int, ReplayRow], tell: Tell | None
    ) -> None:
        """Send bodies in their order, a few at once."""
        waiting = iter(enumerate(posts, start=1))

        async def work() -> None:
            for count, (place, body) in waiting:
                await self.send(body, rows[place])
                if tell is not None:
                    tell(count, len(posts))

        async with asyncio.TaskGroup() as group:
            for _ in range(AT_ONCE):
                group.create_task(work())

    async def send(self, body: bytes, row: ReplayRow) -> None:
        """Send one body and note in the row what it tells and how it was answered."""
        row.posts += 1
        signature = hmac.digest(self.secret.encode(), body, hashlib.sha256).hex()
        headers = {"X-Hub-Signature-256": f"sha256={signature}", "Content-Type": "application/json"}
        try:
            async with asyncio.timeout(POST_SECONDS_MAX):
                async with self.session.post(self.url, data=body, headers=headers) as answer:
                    await answer.read()
        except (aiohttp.ClientError, TimeoutError) as error:
            row.crashed = type(error).__name__
            return
        if answer.status == 500:  # noqa: PLR2004 - the receiver's word for a defect of its own
            row.crashed = f"answered {answer.status}"
        elif answer.status != 200:  # noqa: PLR2004 - Meta's word for taken
            row.refused = f"answered {answer.status}"


async def _settle(
    workspace: Workspace, posts: Sequence[tuple[int, bytes]], rows: dict[int, ReplayRow], since: datetime
) -> None:
    """Ask the inbox what was kept, and the parser what it says."""
    hashes = {body: hashlib.sha256(body).digest() for _, body in posts}
    async with workspace.database.connection() as connection:
        outcomes = await find_outcomes(connection, list(set(hashes.values())), since)
    for place, body in posts:
        row = rows[place]
        state, problem = outcomes.get(hashes[body], ("", ""))
        row.stored += bool(state)
        if state == "quarantined":
            row.quarantined = problem or "quarantined"
        parsed = await asyncio.to_thread(parse_webhook, body)
        row.facts.update(count_facts(parsed))
        row.unread.update(count_unread(parsed))
        row.too_old += count_older(parsed, since - REPLAY_AGE)
