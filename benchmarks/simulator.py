"""What the simulator itself costs: 1,000 messages a second with their webhooks, then as many as it can take.

Ours: the program as it is run, with every check, its people, its ledger, three signed statuses a message in POSTs
of up to 20. By hand: a server that answers anything and posts three statuses. CPU seconds are those of each
server's own process; generator and sink live in this one and are reported apart.
"""

import argparse
import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import uvloop

from benchmarks.cost import TICKS_PER_SECOND, own_cpu_s
from benchmarks.result import Result
from benchmarks.simulator_load import Load, Sink

SECONDS_DEFAULT = 60.0
PER_SECOND = 1_000
FASTEST_MESSAGES = 20_000
NUMBER = "106540352242922"
# The pace of the number is not what is measured.
THROUGHPUT = 1_000_000
# Everybody receives and reads within seconds, so that a short run has its steady state.
BEHAVIOUR = {
    "without_whatsapp_rate": 0, "without_read_receipts_rate": 0, "capped_rate": 0, "delivered_rate": 1,
    "delivered_skipped_rate": 0, "read_rate": 1, "reply_rate": 0, "button_rate": 0, "stop_text_rate": 0,
    "stop_button_rate": 0, "prefers_stop_rate": 0, "click_rate": 0, "preview_bot_rate": 0,
    "delivered_seconds_median": 0.5, "delivered_sigma": 0.5, "delivered_seconds_max": 3,
    "read_seconds_median": 1, "read_sigma": 0.5, "read_seconds_max": 4,
}  # fmt: skip
TEMPLATE = {
    "name": "bench",
    "language": "en",
    "category": "MARKETING",
    "components": [
        {"type": "BODY", "text": "Hello {{1}}, the summer sale has begun"},
        {"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY", "text": "Stop promotions"}]},
    ],
}
SETTLE_SECONDS_MAX = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One server: CPU seconds a message at the steady pace, and messages a second at full speed."""

    cpu_s: float
    messages: int
    seconds: float
    per_second: float
    statuses: int
    accepted: int
    load_cpu_s: float
    rss_mb: float


def measure(arguments: argparse.Namespace) -> Result:
    """Load ours, then the server made by hand."""
    seconds = arguments.seconds or SECONDS_DEFAULT
    fastest = arguments.size or FASTEST_MESSAGES
    with tempfile.TemporaryDirectory(prefix="rulecast-bench-") as home:
        ours = uvloop.run(run_ours(Path(home), seconds, fastest))
    hand = uvloop.run(run_by_hand(seconds / 4, fastest))
    cores = ours.cpu_s / ours.seconds
    return Result(
        name="simulator",
        params={
            "messages": ours.messages,
            "seconds": round(ours.seconds, 1),
            "cores": round(cores, 3),
            "messages_per_s_at_most": round(ours.per_second),
            "messages_per_s_at_most_by_hand": round(hand.per_second),
            "statuses": ours.statuses,
            "load_cores": round(ours.load_cpu_s / ours.seconds, 3),
        },
        unit="CPU ms of the process per message with its three statuses (lower is better)",
        ours=ours.cpu_s / ours.messages * 1000,
        limit=hand.cpu_s / hand.messages * 1000,
        peak_rss_mb=ours.rss_mb,
        cpu_s=ours.cpu_s,
        valid=ours.accepted == ours.messages + fastest and ours.statuses == 3 * ours.accepted,
        notes=(f"target: at most 0.5 cores at {PER_SECOND} messages/s; ours {cores:.2f}",),
    )


async def run_ours(home: Path, seconds: float, fastest: int) -> Measured:
    """Load the simulator as it is run."""
    counts, sink = await start_sink()
    (home / "behaviour.json").write_text(json.dumps(BEHAVIOUR), encoding="utf-8")
    command = [
        *("-m", "cloud_api_simulator", "--state-dir", str(home / "state"), "--app-secret", "secret"),
        *("--webhook-url", f"http://127.0.0.1:{sink}/hook", "--number", f"{NUMBER}:{THROUGHPUT}"),
        *("--behaviour", str(home / "behaviour.json")),
    ]
    with server(command) as (said, process):
        url = said["url"]
        async with aiohttp.ClientSession(url) as session:
            async with session.post("/_control/templates", json=TEMPLATE) as answer:
                assert answer.status == 200, await answer.text()

            async def settle() -> None:
                path = f"/_control/wait_idle?timeout={SETTLE_SECONDS_MAX}"
                async with session.post(path) as answer:
                    assert (await answer.json())["idle"]

            load = Load(urlsplit(url).port or 0, number=NUMBER, first=0)
            return await run(load, process.pid, counts, Plan(seconds, fastest), settle=settle)


async def run_by_hand(seconds: float, fastest: int) -> Measured:
    """Load the server made by hand."""
    counts, sink = await start_sink()
    with server(["-m", "benchmarks.simulator_by_hand", str(sink)]) as (said, process):
        load = Load(int(said["port"]), number=NUMBER, first=0)

        async def settle() -> None:
            await asyncio.sleep(0.2)

        return await run(load, process.pid, counts, Plan(seconds, fastest), settle=settle)


@dataclass(frozen=True, slots=True)
class Plan:
    """How long the steady pace lasts, and how many messages follow at full speed."""

    seconds: float
    fastest: int


async def run(
    load: Load, pid: int, counts: dict[str, int], plan: Plan, *, settle: Callable[[], Awaitable[None]]
) -> Measured:
    """Measure the steady pace, then full speed."""
    messages = int(plan.seconds * PER_SECOND)
    await load.connect()
    before, own = process_cpu_s(pid), own_cpu_s()
    seconds = await load.send(messages, per_second=PER_SECOND)
    await settle()
    cpu_s, load_cpu_s = process_cpu_s(pid) - before, own_cpu_s() - own
    fastest_seconds = await load.send(plan.fastest, per_second=None)
    await settle()
    return Measured(
        cpu_s=cpu_s,
        messages=messages,
        seconds=seconds,
        per_second=plan.fastest / fastest_seconds,
        statuses=counts["statuses"],
        accepted=load.accepted,
        load_cpu_s=load_cpu_s,
        rss_mb=peak_rss_mb(pid),
    )


async def start_sink() -> tuple[dict[str, int], int]:
    """Listen for webhooks; return what is counted and the port."""
    counts = {"statuses": 0, "posts": 0}
    listening = await asyncio.get_running_loop().create_server(lambda: Sink(counts), "127.0.0.1", 0)
    return counts, listening.sockets[0].getsockname()[1]


@contextmanager
def server(command: list[str]) -> Iterator[tuple[dict[str, str], "subprocess.Popen[str]"]]:
    """Run a Python program that says one JSON line when it is ready."""
    process = subprocess.Popen([sys.executable, *command], stdout=subprocess.PIPE, text=True, env=os.environ)
    try:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline()), process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)


def process_cpu_s(pid: int) -> float:
    """Return the CPU seconds of a living process."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_SECOND


def peak_rss_mb(pid: int) -> float:
    """Return the peak memory of a living process."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024
