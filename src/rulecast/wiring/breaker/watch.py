"""The loops of the breaker in a process that sends: woken by each commit that counted something bad."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from rulecast.database.errors import OperationalError
from rulecast.wiring.breaker.invariants import Guard
from rulecast.wiring.breaker.rates import check_rates
from rulecast.wiring.moments.stop_test import check_stop_tests
from rulecast.wiring.workspace import Workspace

LOG = structlog.get_logger("breaker")

# A rule beyond its limit is held within a second of the message that took it there, also where a notice was lost.
POLL_SECONDS = 0.5
# Looking never takes more than a twentieth of one connection, however much there is to count.
REST_FACTOR = 19.0
# A number of 1,000 messages a second sends fifty between two looks.
PAUSE_SECONDS_MIN = 0.05
# A broken promise stops everything within a second.
GUARD_SECONDS = 0.5


async def watch_rates(workspace: Workspace) -> None:
    """Hold what goes wrong, until cancelled: as soon as it is counted, and twice a second."""
    loop = asyncio.get_running_loop()
    while True:
        try:
            async with workspace.database.listen("tally") as notices:
                while True:
                    started = loop.time()
                    await check_stop_tests(workspace)
                    await check_rates(workspace)
                    await asyncio.sleep(max(PAUSE_SECONDS_MIN, (loop.time() - started) * REST_FACTOR))
                    await notices.next(timeout_seconds=POLL_SECONDS)
        except OperationalError:
            LOG.warning("the breaker waits for the database")
        except Exception:
            # Sending goes on: the gate and the stops do not need this loop, and the next round tries again.
            LOG.exception("the breaker failed")
        await asyncio.sleep(POLL_SECONDS)


async def watch_promises(workspace: Workspace) -> None:
    """Stop everything where a promise is broken, until cancelled."""
    await _again_and_again(Guard(workspace).look, GUARD_SECONDS)


async def _again_and_again(work: Callable[[], Awaitable[object]], seconds: float) -> None:
    loop = asyncio.get_running_loop()
    while True:
        started = loop.time()
        try:
            await work()
        except OperationalError:
            LOG.warning("the guard waits for the database")
        except Exception:
            LOG.exception("the guard failed")
        await asyncio.sleep(max(seconds, (loop.time() - started) * REST_FACTOR))
