"""Group commit without a timer: while one transaction commits, the next group gathers.

Plain items stand in groups of their own. Where many wait, a second lane commits them beside the first, so that the
database works on one group while this process prepares the next; all other items keep their order in the first lane.
"""

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
# A second lane costs a transaction of its own, which only groups of some size are worth.
SECOND_LANE_ITEMS_MIN = 24
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
    _plain: deque[_Waiting[Item]] = field(default_factory=deque)
    _bytes: int = 0
    _work: asyncio.Task[None] | None = None
    _second: asyncio.Task[None] | None = None

    def offer(
        self, item: Item, *, size_bytes: int, is_urgent: bool, is_plain: bool = False
    ) -> asyncio.Future[bool]:
        """Queue an item; the future tells whether it was stored.

        Plain items may overtake each other and all others.

        Raises:
            QueueFullError: too many items or bytes wait already.
        """
        room = URGENT_ROOM_FACTOR if is_urgent else 1
        waiting = len(self._usual) + len(self._urgent) + len(self._plain)
        if (
            waiting >= self.waiting_items_max * room
            or self._bytes + size_bytes > self.waiting_bytes_max * room
        ):
            raise QueueFullError
        done: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        queue = self._urgent if is_urgent else self._plain if is_plain else self._usual
        queue.append(_Waiting(item, size_bytes, done))
        self._bytes += size_bytes
        if self._work is None or self._work.done():
            self._work = asyncio.create_task(self._commit_groups())
        elif len(self._plain) >= SECOND_LANE_ITEMS_MIN and (self._second is None or self._second.done()):
            self._second = asyncio.create_task(self._commit_beside())
        return done

    async def drain(self) -> None:
        """Wait until everything that was offered has its outcome."""
        for lane in (self._work, self._second):
            if lane is not None:
                await lane

    async def _commit_groups(self) -> None:
        """Commit whatever waits, until nothing does."""
        while self._urgent or self._usual or self._plain:
            await self._commit(self._next_group())

    async def _commit_beside(self) -> None:
        """Commit plain items as long as many wait; the last few are the first lane's."""
        while len(self._plain) >= SECOND_LANE_ITEMS_MIN:
            await self._commit(self._take(self._plain))

    async def _commit(self, group: Sequence[_Waiting[Item]]) -> None:
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
        """Take the urgent items first, and plain ones where nothing else waits."""
        if self._urgent or self._usual:
            return self._take(self._urgent, self._usual)
        return self._take(self._plain)

    def _take(self, *queues: deque[_Waiting[Item]]) -> list[_Waiting[Item]]:
        """Take a group out of the first queue, then out of the next; it holds one item at least, however large."""
        group: list[_Waiting[Item]] = []
        size_bytes = 0
        for queue in queues:
            while queue and len(group) < GROUP_ITEMS_MAX:
                if group and size_bytes + queue[0].size_bytes > GROUP_BYTES_MAX:
                    break
                taken = queue.popleft()
                size_bytes += taken.size_bytes
                group.append(taken)
        self._bytes -= size_bytes
        return group
