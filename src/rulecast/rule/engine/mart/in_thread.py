"""Blocking work on the mart's one connection, waited for to its end."""

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


async def in_thread(
    work: Callable[Arguments, Result], *arguments: Arguments.args, **named: Arguments.kwargs
) -> Result:
    """Return what the work returns; a caller who is cancelled leaves only after the work has ended.

    A thread cannot be stopped: were it left alone, whoever has the connection next (a rollback, another question)
    would run among its statements.
    """
    running = asyncio.ensure_future(asyncio.to_thread(work, *arguments, **named))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.wait({running})
        # Looked at, so that the loop does not call it forgotten: the cancellation is what the caller hears.
        running.exception()
        raise
