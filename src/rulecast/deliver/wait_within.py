"""Wait for something, but not for longer than so many seconds."""

import asyncio


async def wait_within(event: asyncio.Event, seconds: float | None) -> bool:
    """Return whether the event came in time; without seconds it is waited for as long as it takes.

    `asyncio.wait_for` of Python 3.11 loses a cancellation that comes together with the event: a lane would outlive its
    lease, and its sender would wait for it for ever.
    """
    try:
        async with asyncio.timeout(seconds):
            return await event.wait()
    except TimeoutError:
        return False
