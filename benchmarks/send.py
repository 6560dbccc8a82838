"""Sending with every gate on against a bare peer, beside a bare aiohttp loop that posts the same body to it.

Ours: claim, consent and suppression and caps under locks, permit, verdict and attempt in one durable transaction,
request, result, for each message. The database is an embedded one of its own, with its ordinary fsync.

A run at a steady pace follows, 1,000 a second for ten minutes, the roles as they are run, with all webhooks
(`send_steady`); `--rate 0` leaves it out, `--rate` and `--minutes` change it.
"""

import argparse
import asyncio
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import uvloop
from tests.sending import NUMBER, launch, prepare_number, prepare_people, running_clock

from benchmarks.cost import database_cpu_s, own_cpu_s
from benchmarks.result import Result
from benchmarks.send_steady import measure_steady
from rulecast.config import load_settings
from rulecast.wiring.garbage import collect_rarely
from rulecast.wiring.sender import SenderDrill, run_sender
from rulecast.wiring.workspace import Workspace, open_workspace

MESSAGES_DEFAULT = 10_000
PEOPLE_PER_TRANSACTION = 1_000
SLOTS = 250
ROOT = Path(__file__).resolve().parent.parent
CELERY_PYTHON = ROOT / ".venv-bench" / "bin" / "python"
# About four seconds at the rate such a pair reaches.
CELERY_MESSAGES = 1_000
# Above what any machine reaches: the pace is not what is measured.
PER_SECOND = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One side's figures."""

    messages: int
    seconds: float
    cpu_s: float
    database_cpu_s: float
    accepted: int
    body: bytes


def measure(arguments: argparse.Namespace) -> Result:
    """Send with ours, then with a bare loop, to one peer."""
    messages = arguments.size or MESSAGES_DEFAULT
    with tempfile.TemporaryDirectory(prefix="rulecast-bench-") as home:
        with peer() as ours_peer:
            ours = uvloop.run(send_ours(home, ours_peer.port, messages))
        with peer() as bare_peer:
            bare = uvloop.run(send_bare(bare_peer.port, messages, ours.body))
        with peer() as celery_peer:
            celery = send_celery(celery_peer.port, ours.body)
    beside: tuple[Result, ...] = ()
    if arguments.rate:
        with tempfile.TemporaryDirectory(prefix="rulecast-bench-") as home:
            beside = (measure_steady(home, per_second=arguments.rate, minutes=arguments.minutes),)
    rate, limit = ours.messages / ours.seconds, messages / bare.seconds
    whole_cpu_s = ours.cpu_s + ours.database_cpu_s
    return Result(
        name="send",
        params={
            "messages": messages,
            "slots": SLOTS,
            "seconds": round(ours.seconds, 2),
            "cpu_s_per_1000": round(whole_cpu_s / messages * 1000, 3),
            "database_cpu_s_per_1000": round(ours.database_cpu_s / messages * 1000, 3),
            "own_cpu_s_per_1000": round(ours.cpu_s / messages * 1000, 3),
            "bare_cpu_s_per_1000": round(bare.cpu_s / messages * 1000, 3),
        },
        unit="messages/s, full gate, durable, against a bare peer",
        ours=rate,
        limit=limit,
        peers={} if celery is None else {"celery_redis_pair": celery},
        peak_rss_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        cpu_s=whole_cpu_s,
        valid=ours.accepted == messages
        and ours_peer.found == {"requests": messages, "distinct": messages}
        and bare_peer.found["requests"] == messages
        and (celery is None or celery_peer.found["requests"] == CELERY_MESSAGES),
        notes=(
            "limit: an aiohttp loop of as many slots that posts the same body",
            "peer: a Celery worker pair over Redis that does only the POST"
            if celery is not None
            else "no peer: the Celery and Redis pair is set up by `make bench`, with redis-server installed",
        ),
        beside=beside,
    )


def send_celery(port: int, body: bytes) -> float | None:
    """Return the rate of a Celery worker pair over Redis, or None where `make bench` has not set it up."""
    if not CELERY_PYTHON.exists() or shutil.which("redis-server") is None:
        return None
    url = f"http://127.0.0.1:{port}/v26.0/{NUMBER}/messages"
    command = [str(CELERY_PYTHON), "-m", "benchmarks.celery_pair", url, str(CELERY_MESSAGES)]
    run = subprocess.run(command, cwd=ROOT, input=body, stdout=subprocess.PIPE, check=True)
    return CELERY_MESSAGES / float(json.loads(run.stdout)["seconds"])


@dataclass(slots=True)
class RunningPeer:
    """The peer process: its port, and at its end what it was asked."""

    port: int
    found: dict[str, int]


@contextmanager
def peer() -> Iterator[RunningPeer]:
    """Run the peer as a process of its own."""
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.send_stub"], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    running = RunningPeer(port=json.loads(process.stdout.readline())["port"], found={})
    try:
        yield running
    finally:
        process.terminate()
        with suppress(IndexError, ValueError):
            running.found = json.loads(process.stdout.readlines()[-1])
        process.wait(timeout=30)


async def send_ours(home: str, port: int, messages: int) -> Sent:
    """Plan so many messages, then send them all."""
    settings = load_settings(
        {
            "RULECAST_HOME": home,
            "RULECAST_GRAPH_BASE_URL": f"http://127.0.0.1:{port}",
            "RULECAST_ACCESS_TOKEN": "bench",
        }
    )
    async with open_workspace(settings, actor="bench", clock=running_clock()) as workspace:
        await populate(workspace, messages)
        # As every role does where it begins.
        collect_rarely()
        before, database_before = own_cpu_s(), database_cpu_s(home)
        await run_sender(
            workspace,
            stop_event=asyncio.Event(),
            until_idle=True,
            drill=SenderDrill(slots=SLOTS, per_second=PER_SECOND),
        )
        async with workspace.database.connection() as connection:
            cursor = await connection.execute(
                "SELECT count(*), extract(epoch FROM max(a.finished_at) - min(a.intent_at))::float8"
                " FROM deliver.attempt AS a WHERE a.state = 'accepted'"
            )
            row: Any = await cursor.fetchone()
            cursor = await connection.execute(
                "SELECT contact_id, sealed_request FROM deliver.attempt LIMIT 1"
            )
            sample: Any = await cursor.fetchone()
        body = await workspace.vault.open(sample[0], "deliver.attempt.sealed_request", sample[1])
        return Sent(
            messages=messages,
            # From the first intent to the last result: a sender starts once a day, not once a message.
            seconds=row[1],
            cpu_s=own_cpu_s() - before,
            database_cpu_s=database_cpu_s(home) - database_before,
            accepted=row[0],
            body=body or b"",
        )


async def populate(workspace: Workspace, messages: int) -> None:
    """Make the people and launch one run over all of them."""
    people = []
    async with workspace.database.transaction() as connection:
        await prepare_number(connection)
    for first in range(0, messages, PEOPLE_PER_TRANSACTION):
        async with workspace.database.transaction() as connection:
            count = min(PEOPLE_PER_TRANSACTION, messages - first)
            people += await prepare_people(workspace, connection, count, first=first)
    async with workspace.database.transaction() as connection:
        await launch(workspace, connection, people, number=NUMBER)
    async with workspace.database.connection() as connection:
        await connection.execute("ANALYZE")


async def send_bare(port: int, messages: int, body: bytes) -> Sent:
    """Post the same body from as many slots, reading every answer."""
    left = iter(range(messages))
    accepted = 0
    url = f"http://127.0.0.1:{port}/v26.0/{NUMBER}/messages"
    headers = {"Content-Type": "application/json", "Authorization": "Bearer bench"}

    async def slot(session: aiohttp.ClientSession) -> None:
        nonlocal accepted
        for _ in left:
            async with session.post(url, data=body, headers=headers) as response:
                await response.read()
                accepted += response.status == 200

    before, started = own_cpu_s(), time.perf_counter()
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=SLOTS)) as session:
        await asyncio.gather(*(slot(session) for _ in range(SLOTS)))
    return Sent(
        messages=messages,
        seconds=time.perf_counter() - started,
        cpu_s=own_cpu_s() - before,
        database_cpu_s=0.0,
        accepted=accepted,
        body=body,
    )
