import asyncio
from collections.abc import Sequence

import pytest

from rulecast.receiver.group_commit import (
    GROUP_BYTES_MAX,
    SECOND_LANE_ITEMS_MIN,
    GroupCommit,
    QueueFullError,
)


class Store:
    """Keeps groups; each waits until it is let go."""

    def __init__(self) -> None:
        self.groups: list[list[str]] = []
        self.begun = asyncio.Event()
        self.let_go = asyncio.Event()

    async def __call__(self, items: Sequence[str]) -> list[bool]:
        self.groups.append(list(items))
        self.begun.set()
        await self.let_go.wait()
        return [item != "bad" for item in items]


def offer(
    commits: GroupCommit[str],
    item: str,
    size_bytes: int = 1,
    *,
    is_urgent: bool = False,
    is_plain: bool = False,
) -> asyncio.Future[bool]:
    return commits.offer(item, size_bytes=size_bytes, is_urgent=is_urgent, is_plain=is_plain)


async def test_what_arrives_during_a_commit_is_the_next_group() -> None:
    store = Store()
    commits = GroupCommit(store=store)
    first = offer(commits, "first")
    await store.begun.wait()
    others = [offer(commits, item) for item in ("second", "bad", "third")]
    assert not first.done()
    store.let_go.set()
    assert await asyncio.gather(first, *others) == [True, True, False, True]
    assert store.groups == [["first"], ["second", "bad", "third"]]


async def test_opt_outs_go_before_statuses_that_waited_longer_f42() -> None:
    store = Store()
    commits = GroupCommit(store=store)
    offer(commits, "running")
    await store.begun.wait()
    offer(commits, "status")
    last = offer(commits, "stop", is_urgent=True)
    store.let_go.set()
    await last
    await commits.drain()
    assert store.groups[1] == ["stop", "status"]


async def test_beyond_the_queue_statuses_are_refused_while_opt_outs_still_enter_f42() -> None:
    store = Store()
    commits = GroupCommit(store=store, waiting_items_max=2, waiting_bytes_max=100)
    offer(commits, "running")
    await store.begun.wait()
    offer(commits, "one")
    offer(commits, "two")
    with pytest.raises(QueueFullError):
        offer(commits, "three")
    offer(commits, "stop", is_urgent=True)
    with pytest.raises(QueueFullError):
        offer(commits, "large", 101)
    store.let_go.set()
    await commits.drain()
    assert sum(map(len, store.groups)) == 4


async def test_a_group_stays_below_its_bytes_and_a_large_item_goes_alone() -> None:
    store = Store()
    store.let_go.set()
    commits = GroupCommit(store=store)
    waiting = [
        offer(commits, name, size)
        for name, size in (
            ("a", 100),
            ("large", GROUP_BYTES_MAX + 1),
            ("b", 100),
            ("c", GROUP_BYTES_MAX - 100),
        )
    ]
    assert all(await asyncio.gather(*waiting))
    assert store.groups == [["a"], ["large"], ["b", "c"]]


async def test_a_caller_that_went_away_does_not_disturb_its_group() -> None:
    store = Store()
    commits = GroupCommit(store=store)
    gone, other = offer(commits, "gone"), offer(commits, "other")
    gone.cancel()
    store.let_go.set()
    assert await other
    await commits.drain()


async def test_plain_items_stand_in_groups_of_their_own_after_all_others() -> None:
    store = Store()
    commits = GroupCommit(store=store)
    offer(commits, "running")
    await store.begun.wait()
    for item in ("a", "b"):
        offer(commits, f"plain {item}", is_plain=True)
        offer(commits, f"usual {item}")
    offer(commits, "stop", is_urgent=True)
    store.let_go.set()
    await commits.drain()
    assert store.groups[1:] == [["stop", "usual a", "usual b"], ["plain a", "plain b"]]


async def test_many_plain_items_are_committed_beside_a_group_and_few_wait_for_it() -> None:
    store = Store()
    commits = GroupCommit(store=store)
    offer(commits, "running")
    await store.begun.wait()
    few = [offer(commits, f"few {n}", is_plain=True) for n in range(SECOND_LANE_ITEMS_MIN - 1)]
    await asyncio.sleep(0)
    assert len(store.groups) == 1
    store.begun.clear()
    many = [offer(commits, f"many {n}", is_plain=True) for n in range(2)]
    await store.begun.wait()
    assert [len(group) for group in store.groups] == [1, SECOND_LANE_ITEMS_MIN + 1]
    last = offer(commits, "last", is_plain=True)
    store.let_go.set()
    assert all(await asyncio.gather(*few, *many, last))
    await commits.drain()
    assert store.groups[2:] == [["last"]]
