"""A steady pace with everything on: the sender and the receiver as they are run, every gate, every webhook.

Messages go to the simulator, which checks each, answers, and posts three signed statuses a message in POSTs of up to
20; the receiver stores and merges them. Every side is a process of its own, and its CPU is counted apart.
"""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
from tests.sending import COMPONENTS, launch, prepare_number, prepare_people

from benchmarks.cost import database_cpu_s
from benchmarks.result import Result
from benchmarks.simulator import BEHAVIOUR, peak_rss_mb, process_cpu_s, server
from cloud_api_simulator.clock import real_seconds
from rulecast.account.pacing import START_WINDOW_SECONDS
from rulecast.config import load_settings
from rulecast.values.clock import read_clock
from rulecast.values.ids import BusinessNumberId
from rulecast.wiring.workspace import Workspace, open_workspace

NUMBERS = (BusinessNumberId("100000000000001"), BusinessNumberId("100000000000002"))
"""Two numbers share the pace: one alone never starts quite 1,000 messages in a second, so that no second exceeds it."""
THROUGHPUT = 1_000_000
"""At the simulator: the pace that is measured is the sender's."""
PEOPLE_PER_TRANSACTION = 1_000
BEGIN = datetime(2026, 11, 17, 10, 0, tzinfo=UTC)
"""Eleven in the morning in Casablanca: nobody's quiet hours come near."""
SECRET = "bench secret"
SETTLE_SECONDS_MAX = 120.0
LOOKS = 120
"""Each look reads the messages: so often in a run costs nothing that could be seen."""
WINDOW_SECONDS = 10
TEMPLATE = {
    "name": "winback",
    "language": "fr",
    "category": "MARKETING",
    "parameter_format": "NAMED",
    "components": [
        {
            **{key: value for key, value in one.items() if key != "buttons"},
            **(
                {
                    "buttons": [
                        {key: value for key, value in button.items() if key in {"type", "text", "url"}}
                        for button in one["buttons"]
                    ]
                }
                if "buttons" in one
                else {}
            ),
        }
        for one in COMPONENTS
    ],
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """CPU seconds of each side up to an instant."""

    at: float
    sender: float
    receiver: float
    database: float
    simulator: float

    def since(self, earlier: "Sides") -> dict[str, float]:
        """Return what each side has cost since an earlier look."""
        return {
            name: getattr(self, name) - getattr(earlier, name)
            for name in ("sender", "receiver", "database", "simulator")
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What a run at a steady pace has shown."""

    messages: int
    seconds: float
    cpu_s: dict[str, float]
    accepted: int
    delivered: int
    read: int
    slowest_window: float
    asked: int
    distinct: int
    sender_rss_mb: float
    receiver_rss_mb: float


def measure_steady(home: str, *, per_second: int, minutes: float) -> Result:
    """Send at a pace for so long and return the figures."""
    messages = int(per_second * minutes * 60)
    found = asyncio.run(_run(Path(home), per_second, messages))
    cores = {name: round(value / found.seconds, 3) for name, value in found.cpu_s.items()}
    ours = cores["sender"] + cores["receiver"] + cores["database"]
    return Result(
        name="send at a pace",
        params={
            "messages": messages,
            "per_second_asked": per_second,
            "seconds": round(found.seconds, 1),
            "slowest_10_s_per_second": round(found.slowest_window, 1),
            "delivered": found.delivered,
            "read": found.read,
            "cores": cores,
            "cpu_s_per_1000": {
                name: round(value / messages * 1000, 3) for name, value in found.cpu_s.items()
            },
            "sender_rss_mb": round(found.sender_rss_mb, 1),
            "receiver_rss_mb": round(found.receiver_rss_mb, 1),
        },
        unit="messages/s with every gate and all webhooks, statuses in POSTs of up to 20",
        ours=messages / found.seconds,
        limit=float(per_second),
        peak_rss_mb=found.sender_rss_mb + found.receiver_rss_mb,
        cpu_s=sum(found.cpu_s.values()) - found.cpu_s["simulator"],
        valid=found.accepted == found.asked == found.distinct == messages
        and found.delivered == found.read == messages,
        notes=(
            f"rulecast and PostgreSQL {ours:.2f} cores (target 0.9 at 1,000/s)",
            f"simulator {cores['simulator']:.2f} cores (target 0.5)",
        ),
    )


async def _run(home: Path, per_second: int, messages: int) -> Run:
    port = _free_port()
    (home / "behaviour.json").write_text(json.dumps(BEHAVIOUR), encoding="utf-8")
    clock = f"virtual:{BEGIN.isoformat()}@{real_seconds()}x1.0"
    command = [
        *("-m", "cloud_api_simulator", "--state-dir", str(home / "state"), "--app-secret", SECRET),
        *("--webhook-url", f"http://127.0.0.1:{port}/webhook", "--behaviour", str(home / "behaviour.json")),
        *("--clock", clock, "--access-token", "bench"),
        *(part for number in NUMBERS for part in ("--number", f"{number}:{THROUGHPUT}")),
    ]
    with server(command) as (said, simulator):
        environ = {
            "RULECAST_HOME": str(home / "home"),
            "RULECAST_GRAPH_BASE_URL": said["url"],
            "RULECAST_ACCESS_TOKEN": "bench",
            "RULECAST_APP_SECRET": SECRET,
            "RULECAST_VERIFY_TOKEN": "verify",
            "RULECAST_RECEIVER_PORT": str(port),
            "RULECAST_CLOCK": clock,
        }
        async with (
            aiohttp.ClientSession(said["url"]) as session,
            open_workspace(load_settings(environ), actor="bench", clock=read_clock(clock)) as workspace,
        ):
            async with session.post("/_control/templates", json=TEMPLATE) as answer:
                assert answer.status == 200, await answer.text()
            people = await _populate(workspace, per_second, messages)
            with _role("receiver", environ) as receiver, _role("sender", environ) as sender:
                await _listening(port)
                look = _Look(home, sender.pid, receiver.pid, simulator.pid)
                before = look.now()
                await _launch(workspace, people)
                await _until(workspace, "accepted_at IS NOT NULL", messages)
                await _until(workspace, "read_at IS NOT NULL", messages)
                after = look.now()
                return await _found(workspace, session, look, (before, after))


@dataclass(frozen=True, slots=True)
class _Look:
    home: Path
    sender: int
    receiver: int
    simulator: int

    def now(self) -> Sides:
        return Sides(
            at=time.perf_counter(),
            sender=process_cpu_s(self.sender),
            receiver=process_cpu_s(self.receiver),
            database=database_cpu_s(str(self.home)),
            simulator=process_cpu_s(self.simulator),
        )


async def _populate(workspace: Workspace, per_second: int, messages: int) -> list[Any]:
    each = round(per_second / len(NUMBERS) * START_WINDOW_SECONDS) + 1
    async with workspace.database.transaction() as connection:
        for number in NUMBERS:
            await prepare_number(connection, number=number, per_second=each)
    people: list[Any] = []
    for first in range(0, messages, PEOPLE_PER_TRANSACTION):
        count = min(PEOPLE_PER_TRANSACTION, messages - first)
        async with workspace.database.transaction() as connection:
            people += await prepare_people(workspace, connection, count, first=first)
    return people


async def _launch(workspace: Workspace, people: list[Any]) -> None:
    for place, number in enumerate(NUMBERS):
        async with workspace.database.transaction() as connection:
            await launch(
                workspace, connection, people[place :: len(NUMBERS)], name=f"bench_{place}", number=number
            )
    async with workspace.database.connection() as connection:
        await connection.execute("ANALYZE")


async def _until(workspace: Workspace, condition: str, messages: int) -> None:
    """Return once a condition holds for every message; each look counts once."""
    deadline = time.perf_counter() + SETTLE_SECONDS_MAX + messages
    pause_seconds = max(0.2, messages / 1000 / LOOKS)
    while time.perf_counter() < deadline:
        async with workspace.database.connection() as connection:
            cursor = await connection.execute(
                f"SELECT NOT EXISTS (SELECT FROM deliver.message WHERE NOT ({condition}))"
            )
            row: Any = await cursor.fetchone()
        if row[0]:
            return
        await asyncio.sleep(pause_seconds)
    raise TimeoutError(condition)


async def _found(
    workspace: Workspace, session: aiohttp.ClientSession, look: _Look, sides: tuple[Sides, Sides]
) -> Run:
    async with workspace.database.connection() as connection:
        cursor = await connection.execute(
            "SELECT count(accepted_at), count(delivered_at), count(read_at),"
            " extract(epoch FROM max(accepted_at) - min(accepted_at))::float8 FROM deliver.message"
        )
        counts: Any = await cursor.fetchone()
        cursor = await connection.execute(
            "SELECT min(messages)::float8 / %(width)s FROM ("
            " SELECT count(*) AS messages,"
            "  width_bucket(extract(epoch FROM accepted_at), s.first, s.first + s.windows * %(width)s, s.windows)"
            "   AS place, s.windows"
            " FROM deliver.message, (SELECT extract(epoch FROM min(accepted_at)) AS first,"
            "  greatest(1, floor(extract(epoch FROM max(accepted_at) - min(accepted_at)) / %(width)s))::int AS windows"
            "  FROM deliver.message) AS s"
            " GROUP BY place, s.windows) AS w WHERE place BETWEEN 1 AND windows",
            {"width": WINDOW_SECONDS},
        )
        slowest: Any = await cursor.fetchone()
    async with session.post(f"/_control/wait_idle?timeout={SETTLE_SECONDS_MAX}") as answer:
        assert (await answer.json())["idle"]
    ledger = (look.home / "state" / "ledger.jsonl").read_bytes().splitlines()
    rows = [json.loads(line) for line in ledger]
    opaque = [row["opaque"] for row in rows if row.get("outcome") == "accepted"]
    return Run(
        messages=counts[0],
        seconds=counts[3],
        cpu_s=sides[1].since(sides[0]),
        accepted=counts[0],
        delivered=counts[1],
        read=counts[2],
        slowest_window=slowest[0],
        asked=len(opaque),
        distinct=len(set(opaque)),
        sender_rss_mb=peak_rss_mb(look.sender),
        receiver_rss_mb=peak_rss_mb(look.receiver),
    )


@contextmanager
def _role(name: str, environ: dict[str, str]) -> Iterator["subprocess.Popen[bytes]"]:
    """Run one role as `rulecast serve` runs it."""
    process = subprocess.Popen(
        [sys.executable, "-m", "rulecast", "serve", "--role", name],
        env={**os.environ, **environ},
        stdout=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)


async def _listening(port: int) -> None:
    for _ in range(300):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.1)
            continue
        writer.close()
        return
    raise TimeoutError("the receiver does not listen")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as holder:
        return int(holder.getsockname()[1])
