"""Webhooks a second, durable before the 200, beside a bare receiver that only checks HMAC and JSON.

Both receivers answer the same generator, one after the other: 64 connections, one status a POST; then twenty statuses
a POST. The generator is wrk where the machine has it, else a client of our own, which costs more of the cores; the
result names it. The live page is open meanwhile. The database is an embedded one of its own, with its ordinary fsync.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any

from benchmarks.result import Result
from benchmarks.webhook_client import CONNECTIONS
from benchmarks.webhook_messages import write_messages
from benchmarks.webhook_page import page_open
from benchmarks.webhook_wrk import find_wrk, post_by_wrk
from rulecast.config import load_settings
from rulecast.wiring.workspace import Workspace, open_workspace

SECONDS_DEFAULT = 5.0
STATUSES_PER_POST = 20
START_SECONDS_MAX = 60
FIRST_OF_MANY = 10**9
# A receiver reads the grammar of rules at the first status it can match, for a second once in its life.
FIRST_OF_WARM_UP = 2 * 10**9
WARM_UP_SECONDS = 1.0
# Messages to meet: about as many as fast machines get statuses for; statuses beyond meet nobody and are kept too.
MESSAGES_PER_SECOND = 8_000
MESSAGES_PER_SECOND_OF_MANY = 40_000


@dataclass(slots=True)
class Server:
    """A running receiver and, once it has stopped, what it cost."""

    port: int
    cost: Mapping[str, float]


def measure(arguments: argparse.Namespace) -> Result:
    """Measure both receivers in one run."""
    seconds = arguments.seconds or SECONDS_DEFAULT
    with tempfile.TemporaryDirectory(prefix="rulecast-bench-") as home:
        environment = {
            **os.environ,
            "RULECAST_HOME": home,
            "RULECAST_APP_SECRET": "the secret of a benchmark",
            "RULECAST_VERIFY_TOKEN": "a word",
        }
        asyncio.run(write_all(environment, seconds))
        with serving("bare", environment) as bare:
            limit = post(bare, environment, seconds, per_post=1)
            limit_many = post(bare, environment, seconds, per_post=STATUSES_PER_POST)
        with serving("ours", environment) as server, page_open(environment) as visit:
            warm = post(server, environment, WARM_UP_SECONDS, per_post=1, first=FIRST_OF_WARM_UP)
            ours = post(server, environment, seconds, per_post=1)
            ours_many = post(server, environment, seconds, per_post=STATUSES_PER_POST, first=FIRST_OF_MANY)
        kept = asyncio.run(count_rows(environment))
    posts = warm["acknowledged"] + ours["acknowledged"] + ours_many["acknowledged"]
    statuses = warm["acknowledged"] + ours["acknowledged"] + ours_many["acknowledged"] * STATUSES_PER_POST
    many_per_second = ours_many["per_second"] * STATUSES_PER_POST
    return Result(
        name="webhook",
        params={
            "seconds": seconds,
            "connections": CONNECTIONS,
            "generator": "wrk" if find_wrk() else "own client: wrk is not installed",
            "p50_ms": round(ours["p50_ms"], 2),
            "p99_ms": round(ours["p99_ms"], 2),
            "statuses_per_s_in_posts_of_20": round(many_per_second),
            "p99_ms_in_posts_of_20": round(ours_many["p99_ms"], 2),
            "refused": warm["refused"] + ours["refused"] + ours_many["refused"],
            "page_updates": visit.updates,
        },
        unit="POST/s of one status, durable before 200",
        ours=ours["per_second"],
        limit=limit["per_second"],
        peak_rss_mb=server.cost["peak_rss_mb"],
        cpu_s=server.cost["cpu_s"],
        valid=_is_everything_kept(kept, posts, statuses) and visit.updates > 0,
        notes=(
            "limit: a bare ASGI receiver doing HMAC and JSON and keeping nothing",
            f"in POSTs of 20: {many_per_second:,.0f} statuses/s, p99 {ours_many['p99_ms']:.0f} ms",
            f"the bare one in POSTs of 20: {limit_many['per_second'] * STATUSES_PER_POST:,.0f} statuses/s",
            f"kept {kept}, acknowledged {posts} bodies with {statuses} statuses",
        ),
    )


def _is_everything_kept(kept: Mapping[str, int], posts: int, statuses: int) -> bool:
    """Return whether every acknowledged body and status is in the database, and every known message told.

    A generator that ends by time leaves what was under way in each connection unacknowledged, and kept.
    """
    spare = 3 * CONNECTIONS
    return (
        posts <= kept["bodies"] <= posts + spare
        and statuses <= kept["statuses"] <= statuses + spare * STATUSES_PER_POST
        and kept["merged"] == kept["matched"] == kept["facts"]
    )


@contextmanager
def serving(kind: str, environment: Mapping[str, str]) -> Iterator[Server]:
    """Run a receiver as a process of its own."""
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.webhook_server", kind],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        server = Server(port=int(process.stdout.readline()), cost={})
        yield server
        process.terminate()
        server.cost = json.loads(process.stdout.readlines()[-1])
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(START_SECONDS_MAX)


def post(
    server: Server, environment: Mapping[str, str], seconds: float, *, per_post: int, first: int = 0
) -> Any:
    """Run the generator, a process of its own too, and return what it counted."""
    if (wrk := find_wrk()) is not None:
        return post_by_wrk(wrk, server.port, environment, seconds, per_post=per_post, first=first)
    command = [sys.executable, "-m", "benchmarks.webhook_client"]
    arguments = [str(server.port), str(seconds), str(per_post), str(first)]
    done = subprocess.run(
        [*command, *arguments], env=environment, stdout=subprocess.PIPE, text=True, check=True
    )
    return json.loads(done.stdout)


@asynccontextmanager
async def opened(environment: Mapping[str, str]) -> AsyncIterator[Workspace]:
    """Open the benchmark's workspace in this process."""
    settings = load_settings(
        {name: value for name, value in environment.items() if name.startswith("RULECAST_")}
    )
    async with open_workspace(settings, actor="benchmark") as workspace:
        yield workspace


async def write_all(environment: Mapping[str, str], seconds: float) -> None:
    """Write the messages all phases send statuses of."""
    async with opened(environment) as workspace:
        await write_messages(workspace, 0, int(seconds * MESSAGES_PER_SECOND))
        await write_messages(workspace, FIRST_OF_WARM_UP, int(WARM_UP_SECONDS * MESSAGES_PER_SECOND))
        await write_messages(workspace, FIRST_OF_MANY, int(seconds * MESSAGES_PER_SECOND_OF_MANY))


async def count_rows(environment: Mapping[str, str]) -> dict[str, int]:
    """Count what stands in the database afterwards."""
    async with opened(environment) as workspace, workspace.database.connection() as connection:
        rows = await connection.execute(
            "SELECT (SELECT count(*) FROM collect.inbox WHERE state = 'applied'),"
            " (SELECT count(*) FROM deliver.status),"
            " (SELECT count(*) FROM deliver.message WHERE delivered_at IS NOT NULL),"
            " (SELECT count(*) FROM deliver.status WHERE message_id IS NOT NULL),"
            " (SELECT count(*) FROM collect.event WHERE name = 'delivered')"
        )
        row = await rows.fetchone()
        assert row is not None
        return dict(zip(("bodies", "statuses", "merged", "matched", "facts"), row, strict=True))
