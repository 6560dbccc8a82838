"""Wait for something, but not for longer than so many seconds."""

import asyncio


async def wait_within(event: asyncio.Event, seconds: float | None) -> bool:
    """Return whether the event came in time; without seconds it is waited for as long as it takes.

    `asyncio.wait_for` of Python 3.11 loses a cancellation that comes together with the event: a lane would outlive its
    lease, and its sender would wait for it for ever. The pool of connections waits that way, so that a cancellation may
    be lost before: it is heeded here.

    Raises:
        CancelledError: this task was to end, now or before.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError
    try:
        async with asyncio.timeout(seconds):
            return await event.wait()
    except TimeoutError:
        return False
