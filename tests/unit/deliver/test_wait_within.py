"""Waiting for an event heeds a cancellation, also one that another wait of Python 3.11 has lost."""

import asyncio
from contextlib import suppress

import pytest

from rulecast.deliver.wait_within import wait_within


async def test_a_cancellation_that_was_lost_before_ends_the_next_wait() -> None:
    begun = asyncio.Event()

    async def wait() -> None:
        with suppress(asyncio.CancelledError):
            begun.set()
            await asyncio.sleep(60)
        await wait_within(asyncio.Event(), None)

    waiting = asyncio.create_task(wait())
    await begun.wait()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(waiting, 5)


async def test_an_event_is_waited_for_as_long_as_told() -> None:
    event = asyncio.Event()
    assert not await wait_within(event, 0.01)
    event.set()
    assert await wait_within(event, None)
