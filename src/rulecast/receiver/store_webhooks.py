"""Store a group of webhooks; one poisonous body never takes the others with it."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

import structlog

from rulecast.wiring.webhook_group import PlainPost, WebhookPost

# A body that fails so often alone is put into quarantine and answered 200: Meta's repeats would not help it.
TRIES_MAX = 3
# Meta's own patience is told as 5 to 20 s; a store that takes longer is away, and Meta repeats the webhook.
STORE_SECONDS_MAX = 10.0

_LOG = structlog.get_logger(__name__)


class Door(Protocol):
    """Where webhooks are stored: `wiring.webhooks.WebhookDoor` is one."""

    async def apply(self, posts: Sequence[WebhookPost]) -> None:
        """Store the posts and all they tell, or raise and store nothing."""
        ...

    async def apply_plain(self, posts: Sequence[PlainPost]) -> None:
        """Store posts of nothing but ordinary statuses and all they tell, or raise and store nothing."""
        ...

    async def quarantine(self, post: WebhookPost, problem: str) -> None:
        """Store a post whose facts cannot be applied, or raise."""
        ...


async def store_plain(
    door: Door, posts: Sequence[PlainPost], *, is_away: Callable[[BaseException], bool]
) -> list[bool]:
    """Return for each post of ordinary statuses whether it is durable now; see `store_webhooks`."""
    try:
        async with asyncio.timeout(STORE_SECONDS_MAX):
            await door.apply_plain(posts)
    except Exception as error:  # noqa: BLE001 - any body may hold a poison nobody thought of
        if is_away(error):
            return _say_away(error, posts)
    else:
        return [True] * len(posts)
    # What the quick road cannot take may still be taken by the other one.
    return [await _store_alone(door, post.read_wholly(), is_away) for post in posts]


async def store_webhooks(
    door: Door, posts: Sequence[WebhookPost], *, is_away: Callable[[BaseException], bool]
) -> list[bool]:
    """Return for each post whether it is durable now.

    `is_away` tells errors of a store that is away, for which the caller answers 503, from errors of a body.
    """
    try:
        async with asyncio.timeout(STORE_SECONDS_MAX):
            await door.apply(posts)
    except Exception as error:  # noqa: BLE001 - any body may hold a poison nobody thought of
        if is_away(error):
            return _say_away(error, posts)
    else:
        return [True] * len(posts)
    return [await _store_alone(door, post, is_away) for post in posts]


def _say_away(error: Exception, posts: Sequence[object]) -> list[bool]:
    _LOG.warning("webhooks not stored", error_type=type(error).__name__, count=len(posts))
    return [False] * len(posts)


async def _store_alone(door: Door, post: WebhookPost, is_away: Callable[[BaseException], bool]) -> bool:
    problem = ""
    for _ in range(TRIES_MAX):
        outcome, problem = await _try(lambda: door.apply([post]), is_away)
        if outcome is not None:
            return outcome
    _LOG.error("webhook quarantined", error_type=problem)
    outcome, _ = await _try(lambda: door.quarantine(post, f"could not be applied: {problem}"), is_away)
    return outcome is True


async def _try(
    work: Callable[[], Awaitable[None]], is_away: Callable[[BaseException], bool]
) -> tuple[bool | None, str]:
    """Return True when the work was done, False when the store is away, None when it may be tried again."""
    try:
        async with asyncio.timeout(STORE_SECONDS_MAX):
            await work()
    except Exception as error:  # noqa: BLE001 - any body may hold a poison nobody thought of
        return (False if is_away(error) else None), type(error).__name__
    return True, ""
