"""Send with the code of an earlier commit, migrate with this one's under it, send with both, compare (P20, F104).

`python -m tests.soak.upgrades --from COMMIT --seed 1` prints one JSON object; `earlier` is the newest commit whose
migrations are fewer than ours. Both codes send from the same databases to the same stand-in for Meta, which counts.
"""

import argparse
import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path

import psycopg

from rulecast.database.opening import prepare_databases
from tests.conftest import ROOT_KEY
from tests.database import empty_database
from tests.graph_stub import GraphStub, graph_stub

ROOT = Path(__file__).resolve().parents[2]
PEOPLE = 600
PER_SECOND = 60
NUMBERS = ("100000000000001", "100000000000002")
WAIT_SECONDS_MAX = 180.0
MIGRATIONS = "src/rulecast/database/migrations"
ENDED = "accepted", "unknown", "unresolved"
# Runs under either code, so it uses only what both have: a workspace, a launch, a sender.
CHILD = """
import asyncio, os, signal, sys
from tests.sending import launch, prepare_number, prepare_people
from rulecast.config import load_settings
from rulecast.wiring.sender import SenderDrill, run_sender
from rulecast.wiring.workspace import open_workspace

async def main(part, number, count, first, per_second):
    async with open_workspace(load_settings(os.environ), actor="upgrade") as workspace:
        if part == "launch":
            async with workspace.database.transaction() as connection:
                await prepare_number(connection, number=number)
                people = await prepare_people(workspace, connection, count, first=first)
                await launch(workspace, connection, people, name=f"run_{first}", number=number)
            return
        stop = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
        await run_sender(
            workspace, stop_event=stop,
            drill=SenderDrill(numbers=frozenset({number}), per_second=per_second, lease_seconds=2.0),
        )

part, number, count, first, per_second = sys.argv[1:]
asyncio.run(main(part, number, int(count), int(first), int(per_second)))
"""


@dataclass(slots=True, kw_only=True)
class Report:
    """What came of it: requests twice or missing, doubts, and how long the migrations took beside the sending."""

    seed: int
    from_commit: str = ""
    migrations: int = 0
    old_went_on: bool = False
    asked: int = 0
    duplicates: int = 0
    unfinished: int = 0
    unknown: int = 0
    migration_seconds: float = 0.0
    seconds: float = 0.0

    @property
    def holds(self) -> bool:
        """Return whether everybody was asked for once, and something was migrated meanwhile."""
        return not self.duplicates and not self.unfinished and self.migrations > 0 and self.unknown == 0


def git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=ROOT, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def earlier_commit() -> str:
    """Return the newest commit before the last one that added a migration."""
    return git("rev-parse", git("log", "-1", "--diff-filter=A", "--format=%H", "--", MIGRATIONS) + "~1")


def start(code: Path, environ: dict[str, str], *arguments: str) -> subprocess.Popen[bytes]:
    path = os.pathsep.join([str(code / "src"), str(code)])
    return subprocess.Popen(
        [sys.executable, "-c", CHILD, *arguments], env={**os.environ, **environ, "PYTHONPATH": path}, cwd=code
    )


def run(code: Path, environ: dict[str, str], *arguments: str) -> None:
    if code_of := start(code, environ, *arguments).wait(WAIT_SECONDS_MAX):
        raise RuntimeError(f"{arguments[0]} ended with {code_of}")


async def until(graph: GraphStub, count: int) -> None:
    async with asyncio.timeout(WAIT_SECONDS_MAX):
        while len(graph.asked) < count:  # noqa: ASYNC110 - requests of other processes
            await asyncio.sleep(0.05)


async def upgrade(commit: str, seed: int, folder: Path, main: str, keys: str) -> Report:
    chance, started = random.Random(seed), time.monotonic()
    report = Report(seed=seed, from_commit=git("rev-parse", "--short", commit))
    old, new = folder / "earlier", ROOT
    git("clone", "--quiet", "--no-checkout", str(ROOT), str(old))
    git("-C", str(old), "checkout", "--quiet", commit)
    async with graph_stub() as graph:
        environ = {
            "RULECAST_HOME": f"{folder}/home",
            "RULECAST_DATABASE_URL": main,
            "RULECAST_KEYS_DATABASE_URL": keys,
            "RULECAST_ROOT_KEY": ROOT_KEY,
            "RULECAST_GRAPH_BASE_URL": graph.base_url,
            "RULECAST_ACCESS_TOKEN": "test",
            "RULECAST_CLOCK": f"virtual:2026-11-17T18:55:00+00:00@{time.time()}x1",  # noqa: TID251 - drives it
        }
        await asyncio.to_thread(run, old, environ, "launch", NUMBERS[0], str(PEOPLE), "0", "0")
        sending = [start(old, environ, "send", NUMBERS[0], "0", "0", str(PER_SECOND))]
        try:
            await until(graph, chance.randint(20, 150))
            before, at = _migrations(main), time.monotonic()
            await asyncio.to_thread(prepare_databases, main, keys)
            report.migration_seconds = round(time.monotonic() - at, 2)
            report.migrations = _migrations(main) - before
            await asyncio.to_thread(run, new, environ, "launch", NUMBERS[1], str(PEOPLE // 2), "5000", "0")
            sending.append(start(new, environ, "send", NUMBERS[1], "0", "0", str(PER_SECOND)))
            await until(graph, PEOPLE // 2 + chance.randint(20, 150))
            report.old_went_on = sending[0].poll() is None
            # The new code takes over what the old one has not sent.
            sending[0].send_signal(signal.SIGTERM)
            await asyncio.to_thread(sending[0].wait, WAIT_SECONDS_MAX)
            sending.append(start(new, environ, "send", NUMBERS[0], "0", "0", str(PER_SECOND * 4)))
            await until(graph, PEOPLE + PEOPLE // 2)
            await asyncio.sleep(1.0)
        finally:
            for one in sending:
                if one.poll() is None:
                    one.send_signal(signal.SIGTERM)
            for one in sending:
                await asyncio.to_thread(one.wait, WAIT_SECONDS_MAX)
        _count(main, graph, report)
    report.seconds = round(time.monotonic() - started, 1)
    return report


def _migrations(main: str) -> int:
    with psycopg.connect(main) as connection:
        row = connection.execute("SELECT count(*) FROM public._yoyo_migration").fetchone()
    assert row is not None
    return int(row[0])


def _count(main: str, graph: GraphStub, report: Report) -> None:
    with psycopg.connect(main) as connection:
        rows = connection.execute("SELECT state, count(*) FROM deliver.message GROUP BY 1").fetchall()
    states = {str(state): int(count) for state, count in rows}
    report.asked = len(graph.asked)
    report.duplicates = sum(count - 1 for count in Counter(graph.asked).values())
    report.duplicates += max(0, report.asked - PEOPLE - PEOPLE // 2)
    report.unknown = states.get("unknown", 0)
    report.unfinished = sum(count for state, count in states.items() if state not in ENDED)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--from", dest="from_commit", default="earlier")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    commit = earlier_commit() if given.from_commit == "earlier" else given.from_commit
    with (
        tempfile.TemporaryDirectory(prefix="rulecast-upgrade-") as folder,
        empty_database() as main_url,
        empty_database() as keys_url,
    ):
        report = asyncio.run(upgrade(commit, given.seed, Path(folder), main_url, keys_url))
    print(json.dumps({**asdict(report), "holds": report.holds}))
    return 0 if report.holds else 1


if __name__ == "__main__":
    raise SystemExit(main())
