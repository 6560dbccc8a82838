"""Group commit without a timer: while one transaction commits, the next group gathers."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Item = TypeVar("Item")

# A transaction above 256 kB of parameters has hung the driver's pipeline, and makes the first of a group wait.
GROUP_BYTES_MAX = 256 * 1024
# More items than connections that wait at once in practice; bounds the transaction's time.
GROUP_ITEMS_MAX = 250
# What waits is held in memory: 32 MB beside the bodies still being read.
WAITING_BYTES_MAX = 32 * 1024 * 1024
WAITING_ITEMS_MAX = 4_000
# Opt-outs go first, and have room even when statuses fill the queue.
URGENT_ROOM_FACTOR = 2


class QueueFullError(Exception):
    """So much waits that another item would only wait too long; the caller answers 503."""


@dataclass(slots=True)
class _Waiting(Generic[Item]):
    item: Item
    size_bytes: int
    done: asyncio.Future[bool]


@dataclass(slots=True)
class GroupCommit(Generic[Item]):
    """Hands groups of waiting items to `store`, one group at a time, and tells each caller its outcome.

    `store` returns one flag per item: durable or not; it must not raise.
    """

    store: Callable[[Sequence[Item]], Awaitable[Sequence[bool]]]
    waiting_items_max: int = WAITING_ITEMS_MAX
    waiting_bytes_max: int = WAITING_BYTES_MAX
    _usual: deque[_Waiting[Item]] = field(default_factory=deque)
    _urgent: deque[_Waiting[Item]] = field(default_factory=deque)
    _bytes: int = 0
    _work: asyncio.Task[None] | None = None

    def offer(self, item: Item, *, size_bytes: int, is_urgent: bool) -> asyncio.Future[bool]:
        """Queue an item; the future tells whether it was stored.

        Raises:
            QueueFullError: too many items or bytes wait already.
        """
        room = URGENT_ROOM_FACTOR if is_urgent else 1
        waiting = len(self._usual) + len(self._urgent)
        if (
            waiting >= self.waiting_items_max * room
            or self._bytes + size_bytes > self.waiting_bytes_max * room
        ):
            raise QueueFullError
        done: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        (self._urgent if is_urgent else self._usual).append(_Waiting(item, size_bytes, done))
        self._bytes += size_bytes
        if self._work is None or self._work.done():
            self._work = asyncio.create_task(self._commit_groups())
        return done

    async def drain(self) -> None:
        """Wait until everything that was offered has its outcome."""
        if self._work is not None:
            await self._work

    async def _commit_groups(self) -> None:
        while self._urgent or self._usual:
            group = self._next_group()
            try:
                outcomes = await self.store([one.item for one in group])
            except BaseException:
                for one in group:
                    one.done.cancel()
                raise
            for one, is_stored in zip(group, outcomes, strict=True):
                if not one.done.done():
                    one.done.set_result(is_stored)

    def _next_group(self) -> list[_Waiting[Item]]:
        """Take the urgent items first; a group holds one item at least, however large."""
        group: list[_Waiting[Item]] = []
        size_bytes = 0
        while (queue := self._urgent or self._usual) and len(group) < GROUP_ITEMS_MAX:
            if group and size_bytes + queue[0].size_bytes > GROUP_BYTES_MAX:
                break
            taken = queue.popleft()
            size_bytes += taken.size_bytes
            group.append(taken)
        self._bytes -= size_bytes
        return group
