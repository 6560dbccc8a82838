"""Peak memory of sender, receiver and import with so much work and with four times as much (P21).

Each runs as a process of its own and tells its own peak (`VmHWM`); PostgreSQL and the stand-in for Meta are others.
`python -m tests.soak.memory --times 1 --seed 1` prints one JSON object and ends with 1 where a peak grows.
"""

import argparse
import asyncio
import json
import os
import resource
import signal
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import aiohttp
from benchmarks.import_file import write_files

from rulecast.cli.app import run_command
from rulecast.config import load_settings
from rulecast.database.migrate import KEYS_DIRECTORY, MAIN_DIRECTORY
from rulecast.receiver import build_receiver
from rulecast.wiring.roles import Post, listen_on, serve_http
from rulecast.wiring.sender import run_sender
from rulecast.wiring.workspace import open_workspace
from tests.conftest import ROOT_KEY
from tests.database import cloned_database
from tests.graph_stub import graph_stub
from tests.integration.receiver.serving import NUMBER_ID, SECRET, VERIFY_TOKEN, sign
from tests.sending import launch, prepare_number, prepare_people, running_clock

MESSAGES, WEBHOOKS, ROWS = 1_500, 4_000, 15_000
MORE = 4
POSTS_AT_ONCE = 64
# What an allocator keeps for itself, and caches that fill once: below 8,000 people the one of keys still grows.
GROWTH_MB_MAX = 24.0
PEAK_MB_MAX = 300.0


@dataclass(slots=True, kw_only=True)
class Report:
    """Peaks in MB, by part: with the work, and with four times as much."""

    seed: int
    work: dict[str, int] = field(default_factory=dict)
    peak_mb: dict[str, list[float]] = field(default_factory=dict)
    refused: int = 0
    seconds: float = 0.0

    @property
    def holds(self) -> bool:
        """Return whether no peak is too high, and none grows with the work."""
        return all(
            more - little <= GROWTH_MB_MAX and more <= PEAK_MB_MAX for little, more in self.peak_mb.values()
        )


def peak_mb() -> float:
    """Return the most memory this process has had, or a worker it waited for, in MB."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    own = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))
    return max(own, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss) / 1024


async def child(part: str, argument: str) -> None:
    """Do one part's work and say the peak on the last line."""
    if part == "import":
        code = await asyncio.to_thread(_import, argument)
        assert code == 0, code
    else:
        async with open_workspace(load_settings(os.environ), actor="memory") as workspace:
            stop = asyncio.Event()
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
            if part == "send":
                await run_sender(workspace, stop_event=stop, until_idle=True)
            else:
                listener = listen_on(0)
                sys.stdout.write(f"{listener.getsockname()[1]}\n")
                sys.stdout.flush()
                post = Post(workspace=workspace, stop=stop, listener=listener)
                await serve_http(build_receiver(workspace), post, http="httptools", lifespan="on")
    sys.stdout.write(f"{peak_mb()}\n")
    sys.stdout.flush()


def _import(argument: str) -> int:
    file, mapping = argument.split(":")
    return run_command(
        ["import", "contacts", file, "--mapping", mapping, "--yes", "--default-region", "MA", "--json"],
        os.environ,
    )


async def start(part: str, argument: str, environ: dict[str, str]) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.soak.memory",
        "--child",
        part,
        "--argument",
        argument,
        env={**os.environ, **environ},
        stdout=asyncio.subprocess.PIPE,
    )


async def end(process: asyncio.subprocess.Process) -> float:
    """Wait for a part and return its peak in MB."""
    assert process.stdout is not None
    lines = (await process.stdout.read()).decode().splitlines()
    assert await process.wait() == 0, lines[-3:]
    return float(lines[-1])


async def send(count: int, environ: dict[str, str]) -> float:
    clock = running_clock()
    virtual = f"virtual:{clock.start.isoformat()}@{clock.real_start_seconds}x1"
    settings = replace(load_settings(environ), sender_slots=100)
    async with graph_stub() as graph, open_workspace(settings, actor="memory", clock=clock) as workspace:
        for first in range(0, count, MESSAGES):
            async with workspace.database.transaction() as connection:
                await prepare_number(connection)
                people = await prepare_people(workspace, connection, MESSAGES, first=first)
                await launch(workspace, connection, people, name=f"run_{first}")
                # As a server of one's own does by itself; without it every look-up reads whole tables.
                await connection.execute(b"ANALYZE")
        told = {**environ, "RULECAST_GRAPH_BASE_URL": graph.base_url, "RULECAST_ACCESS_TOKEN": "test"}
        found = await end(await start("send", "", {**told, "RULECAST_CLOCK": virtual}))
        assert len(graph.asked) == len(set(graph.asked)) == count
        return found


async def receive(count: int, environ: dict[str, str], report: Report) -> float:
    told = {**environ, "RULECAST_APP_SECRET": SECRET, "RULECAST_VERIFY_TOKEN": VERIFY_TOKEN}
    process = await start("receive", "", told)
    assert process.stdout is not None
    address = f"http://127.0.0.1:{int(await process.stdout.readline())}/webhook"
    numbers = iter(range(count))

    async def post(session: aiohttp.ClientSession) -> None:
        for number in numbers:
            body = json.dumps(status_of(number)).encode()
            headers = {"X-Hub-Signature-256": sign(body)}
            async with session.post(address, data=body, headers=headers) as answer:
                report.refused += answer.status != 200

    async with aiohttp.ClientSession() as session:
        await asyncio.gather(*(post(session) for _ in range(POSTS_AT_ONCE)))
    process.send_signal(signal.SIGTERM)
    return await end(process)


def status_of(number: int) -> dict[str, object]:
    status = {
        "id": f"wamid.memory{number:08}",
        "status": "delivered",
        "timestamp": str(int(time.time())),  # noqa: TID251 - the process has the machine's clock
        "recipient_id": f"2126{number:08}",
    }
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "15550001111", "phone_number_id": NUMBER_ID},
        "statuses": [status],
    }
    return {
        "object": "whatsapp_business_account",
        "entry": [{"id": "77", "changes": [{"field": "messages", "value": value}]}],
    }


async def measure(times: int, seed: int, parts: list[str]) -> Report:
    work = {"send": MESSAGES * times, "receive": WEBHOOKS * times, "import": ROWS * times}
    report = Report(seed=seed, work={part: work[part] for part in parts or work})
    started = time.monotonic()
    for part, work in report.work.items():
        report.peak_mb[part] = []
        for count in (work, work * MORE):
            with (
                tempfile.TemporaryDirectory(prefix="rulecast-memory-") as folder,
                cloned_database(MAIN_DIRECTORY) as main,
                cloned_database(KEYS_DIRECTORY) as keys,
            ):
                environ = {
                    "RULECAST_HOME": f"{folder}/home",
                    "RULECAST_DATABASE_URL": main,
                    "RULECAST_KEYS_DATABASE_URL": keys,
                    "RULECAST_ROOT_KEY": ROOT_KEY,
                }
                if part == "send":
                    found = await send(count, environ)
                elif part == "receive":
                    found = await receive(count, environ, report)
                else:
                    file, mapping = write_files(Path(folder), count, seed)
                    found = await end(await start("import", f"{file}:{mapping}", environ))
            report.peak_mb[part].append(round(found, 1))
    report.seconds = round(time.monotonic() - started, 1)
    return report


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--parts", nargs="*", choices=("send", "receive", "import"), default=[])
    parser.add_argument("--child")
    parser.add_argument("--argument", default="")
    given = parser.parse_args()
    if given.child:
        asyncio.run(child(given.child, given.argument))
        return 0
    report = asyncio.run(measure(given.times, given.seed, given.parts))
    print(json.dumps({**asdict(report), "growth_mb_max": GROWTH_MB_MAX, "holds": report.holds}))
    return 0 if report.holds else 1


if __name__ == "__main__":
    raise SystemExit(main())
