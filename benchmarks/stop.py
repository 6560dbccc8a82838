"""The emergency stop at full rate: from the commit of a stop to the start of the last request, two hundred times.

Ours sends with every gate to a bare peer in a process of its own. Each trial stops everything on a connection of its
own, as the command and the page do, waits until nothing starts any more, and resumes. The starts are taken inside the
transport, an instant before the first byte; the clock runs from the instant at which the commit is asked for, so that
the commit itself counts too.
The limit is what is promised (P7): the ratio says how much of it is used.
"""

import argparse
import asyncio
import random
import resource
import statistics
import tempfile
import time
from dataclasses import dataclass, field

import uvloop
from tests.sending import running_clock
from typing_extensions import override

from benchmarks.cost import database_cpu_s, own_cpu_s
from benchmarks.result import Result
from benchmarks.send import PER_SECOND, SLOTS, peer, populate
from rulecast.config import load_settings
from rulecast.deliver.lean_transport import LeanTransport
from rulecast.deliver.transport import MayStart, OutboundRequest, TransportResult, always
from rulecast.gate import resume_sending, stop_sending
from rulecast.wiring.sender import SenderDrill, run_sender
from rulecast.wiring.workspace import Workspace, open_workspace

STOPS_DEFAULT = 200
SECONDS_MAX = 1.0
"""Promise P7."""
WARM_MESSAGES = (300, 900)
"""Sent before a trial's stop, by chance between these: both lanes are busy, and the stop meets them anywhere."""
WARM_SECONDS_MAX = 60.0
"""A machine that is too slow for that measures something else."""
QUIET_SECONDS = 1.2
"""So long nothing may start after a stop before a trial ends: longer than the promise."""
MESSAGES_PER_STOP = 900
"""More than are sent in a trial, so that something always waits."""


@dataclass(slots=True)
class Starts:
    """When the newest request started, in seconds of a monotonic clock, and how many there were."""

    newest: float = 0.0
    count: int = 0
    reached: asyncio.Event = field(default_factory=asyncio.Event)
    wanted: int = 0


class WatchedTransport(LeanTransport):
    """The transport of the product, which notes each start."""

    starts: Starts

    @override
    async def send(self, request: OutboundRequest, may_start: MayStart = always) -> TransportResult:
        """Send one request, and note the instant at which it was allowed to start."""

        async def noted() -> str | None:
            cause = await may_start()
            if cause is None:
                self.starts.newest = time.monotonic()
            return cause

        found = await super().send(request, noted)
        self.starts.count += 1
        if self.starts.count >= self.starts.wanted:
            self.starts.reached.set()
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Trials:
    """What the trials came to; `seconds` from commit to last start, 0 where none started after it."""

    seconds: list[float]
    sent_between: list[int]
    waiting: int


def measure(arguments: argparse.Namespace) -> Result:
    """Stop so many times at full rate."""
    stops = arguments.size or STOPS_DEFAULT
    with tempfile.TemporaryDirectory(prefix="rulecast-bench-") as home, peer() as running:
        before = own_cpu_s()
        chance = random.Random(arguments.seed)
        trials = uvloop.run(stop_again_and_again(home, running.port, stops, chance))
        cpu_s = own_cpu_s() - before + database_cpu_s(home)
    ordered = sorted(trials.seconds)
    return Result(
        name="stop",
        params={
            "stops": stops,
            "p50_ms": round(statistics.median(ordered) * 1000, 2),
            "p99_ms": round(ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))] * 1000, 2),
            "max_ms": round(ordered[-1] * 1000, 2),
            "messages_per_trial": round(statistics.mean(trials.sent_between)),
            "still_waiting": trials.waiting,
        },
        unit="s from asking for the commit of a stop to the last start, longest of all (lower is better)",
        ours=ordered[-1],
        limit=SECONDS_MAX,
        peak_rss_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        cpu_s=cpu_s,
        valid=len(ordered) == stops and ordered[-1] <= SECONDS_MAX and trials.waiting > 0,
        notes=(
            "limit: what is promised",
            f"a trial ends when nothing has started for {QUIET_SECONDS:g} s",
        ),
    )


async def stop_again_and_again(home: str, port: int, stops: int, chance: random.Random) -> Trials:
    """Send at full rate and stop, wait, resume, so many times."""
    settings = load_settings(
        {
            "RULECAST_HOME": home,
            "RULECAST_GRAPH_BASE_URL": f"http://127.0.0.1:{port}",
            "RULECAST_ACCESS_TOKEN": "bench",
        }
    )
    async with open_workspace(settings, actor="bench", clock=running_clock()) as workspace:
        await populate(workspace, stops * MESSAGES_PER_STOP)
        starts, ending = Starts(), asyncio.Event()
        async with WatchedTransport(
            base_url=settings.graph_base_url, version=settings.graph_version, access_token="bench"
        ) as transport:
            transport.starts = starts
            drill = SenderDrill(slots=SLOTS, per_second=PER_SECOND, transport=transport)
            sending = asyncio.create_task(run_sender(workspace, stop_event=ending, drill=drill))
            seconds, between = [], []
            for _ in range(stops):
                count = starts.count
                seconds.append(await _trial(workspace, starts, chance.randint(*WARM_MESSAGES)))
                between.append(starts.count - count)
            ending.set()
            await sending
        async with workspace.database.connection() as connection:
            cursor = await connection.execute(
                "SELECT count(*) FROM deliver.message WHERE state IN ('planned', 'deferred')"
            )
            row = await cursor.fetchone()
        return Trials(seconds=seconds, sent_between=between, waiting=row[0] if row else 0)


async def _trial(workspace: Workspace, starts: Starts, wanted: int) -> float:
    """Stop once at full rate, and return the seconds from its commit to the last start."""
    starts.wanted = starts.count + wanted
    starts.reached.clear()
    async with asyncio.timeout(WARM_SECONDS_MAX):
        await starts.reached.wait()
    now = workspace.clock.now()
    async with workspace.database.transaction() as connection:
        await stop_sending(connection, scope="all", target="", reason="a trial", by="bench", now=now)
        committed = time.monotonic()
    while time.monotonic() - max(committed, starts.newest) < QUIET_SECONDS:  # noqa: ASYNC110 - silence is waited for
        await asyncio.sleep(QUIET_SECONDS / 4)
    async with workspace.database.transaction() as connection:
        await resume_sending(connection, scope="all", target="", by="bench", now=workspace.clock.now())
    return max(0.0, starts.newest - committed)
