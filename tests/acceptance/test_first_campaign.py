"""The tutorial stays true: its commands, typed in its order on its files, do what its page says."""

import asyncio
import json
import os
import re
import shlex
import signal
import socket
import sys
import urllib.request
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from rulecast.values.clock import SystemClock

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "tutorial" / "first-campaign.md"
FILES = ROOT / "examples" / "first-campaign"
SETTING = re.compile(r'export (RULECAST_\w+)="?(?:\$\{RULECAST_\w+:-)?([^"}\n]*)')
COMMAND = re.compile(r"(?m)^ {4}rulecast (.*)$")
WAIT_SECONDS = 30
LONG_WAIT_SECONDS = 60
TYPED = [
    "workspace apply workspace.toml",
    "simulator > simulator.log 2>&1 &",
    "serve > serve.log 2>&1 &",
    "template push",
    "import contacts people.csv --mapping people.toml --yes",
    "rule check autumn.rule",
    "rule explain autumn.rule",
    "plan autumn.rule",
    "why 4 --plan 1",
    "approve 1 --as Idris",
    "launch 1 --wait",
    "report 1",
    "contact show 1",
    "plan autumn.rule",
    "approve 3 --as Idris",
]


async def test_the_tutorial_ends_with_a_report_and_asha_outside_the_next_plan(
    environment: dict[str, str],
) -> None:
    page = PAGE.read_text("utf-8")
    assert COMMAND.findall(page) == TYPED
    environ = _environ(environment)
    simulator = environ["RULECAST_GRAPH_BASE_URL"]
    steps = iter(TYPED)

    applied = await _type(next(steps), environ)
    assert "6 changes." in applied
    async with _beside(next(steps), environ) as simulated, _beside(next(steps), environ) as serving:
        assert json.loads(await _line(simulated, '{"url"'))["url"] == simulator
        await _line(serving, "Ctrl-C ends every role")
        assert await _type(next(steps), environ) == (
            "autumn (en): registered, approved\nautumn (fr): registered, approved\n"
        )
        assert _figures(await _type(next(steps), environ), "people created", "refused") == [4, 0]
        # Commands that only read are typed two at a time: most of their seconds are the start of a process.
        checked, explained = await asyncio.gather(_type(next(steps), environ), _type(next(steps), environ))
        assert "autumn.rule checks" in checked
        assert all(f"    {line}\n" in page for line in explained.splitlines())

        first = await _type(next(steps), environ)
        assert _decisions(first) == _decisions(_section(page, "## 6. Plan"))
        assert "Out: under_age." in await _type(next(steps), environ)
        assert "Plan 1 is approved by Idris: 1 person" in await _type(next(steps), environ)
        assert "Plan 1 launched: run 1." in await _type(next(steps), environ)
        await _status_arrived(simulator, "delivered")
        report = await _type(next(steps), environ)
        assert _figures(report, "Considered", "Left out", "Planned", "Accepted by WhatsApp") == [4, 3, 1, 1]

        await _say_stop(simulator, page)
        await _was_answered(simulator)
        shown, second = await asyncio.gather(_type(next(steps), environ), _type(next(steps), environ))
        assert "stop_word" in shown
        assert _decisions(second) == _decisions(_section(page, "## 10. Plan again"))
        refused = await _type(next(steps), environ, expected=2)
        assert "RC-PLAN-011" in refused
    assert list(steps) == []


def test_the_tutorial_names_every_file_of_its_example() -> None:
    named = set(re.findall(r"examples/first-campaign/([\w.]+)", PAGE.read_text("utf-8")))
    kept = {path.name for path in FILES.iterdir() if path.suffix != ".log"}
    assert named == kept


def _environ(environment: dict[str, str]) -> dict[str, str]:
    """Return the settings of settings.sh, on this test's databases and on free ports."""
    page, receiver, graph = _free_ports(3)
    said = dict(SETTING.findall((FILES / "settings.sh").read_text("utf-8")))
    clock = said.pop("RULECAST_CLOCK").partition("@")[0]
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("RULECAST_")},
        **said,
        **environment,
        "RULECAST_CLOCK": f"{clock}@{int(SystemClock().now().timestamp())}x10",
        "RULECAST_GRAPH_BASE_URL": f"http://127.0.0.1:{graph}",
        "RULECAST_WEB_PORT": str(page),
        "RULECAST_RECEIVER_PORT": str(receiver),
        "RULECAST_PUBLIC_BASE_URL": f"http://127.0.0.1:{receiver}",
        "PYTHONPATH": str(ROOT / "src"),
        "COLUMNS": "200",
    }


async def _type(command: str, environ: dict[str, str], *, expected: int = 0) -> str:
    """Run one command beside the tutorial's files and return what it printed."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "rulecast", *shlex.split(command)),
        env=environ,
        cwd=FILES,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, error = await asyncio.wait_for(process.communicate(), LONG_WAIT_SECONDS)
    assert process.returncode == expected, f"rulecast {command}: {error.decode()}"
    return out.decode() if expected == 0 else error.decode()


@asynccontextmanager
async def _beside(command: str, environ: dict[str, str]) -> AsyncIterator[asyncio.StreamReader]:
    """Run a command of the tutorial that ends in `&`; it must end well when it is asked to."""
    words = command.partition(" > ")[0]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "rulecast", words),
        env=environ,
        cwd=FILES,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert process.stdout is not None
    try:
        yield process.stdout
    finally:
        process.send_signal(signal.SIGTERM)
        await asyncio.wait_for(process.wait(), LONG_WAIT_SECONDS)
    assert process.returncode == 0, words


async def _line(stream: asyncio.StreamReader, beginning: str) -> str:
    async with asyncio.timeout(LONG_WAIT_SECONDS):
        while line := (await stream.readline()).decode():
            if line.startswith(beginning):
                return line
    raise AssertionError(f"the process ended before it printed {beginning}")


async def _status_arrived(simulator: str, update: str) -> None:
    """Wait for the simulator's ledger to say that rulecast has taken a status in."""
    async with asyncio.timeout(WAIT_SECONDS):
        while True:
            rows = json.loads(await _http(f"{simulator}/_control/ledger?limit=1000"))["rows"]
            wanted = {row["id"] for row in rows if row["kind"] == "update" and row["update"] == update}
            taken = {one for row in rows if row["kind"] == "acknowledged" for one in row["updates"]}
            if wanted & taken:
                return
            await asyncio.sleep(0.2)


async def _say_stop(simulator: str, page: str) -> None:
    """Type STOP as the phone's page does, by the tutorial's own command line."""
    body, address = re.findall(r"(?m)^ {4}curl -d '([^']*)' http://127\.0\.0\.1:8090(\S+)$", page)[0]
    phone = await _http(f"{simulator}/phones/{address.split('/')[-2]}")
    assert "Bonjour Asha" in phone
    assert '<form id="say"' in phone
    await _http(simulator + address, body.encode())
    await _status_arrived(simulator, "text")


async def _was_answered(simulator: str) -> None:
    """Wait for the message that asks what she meant: it has buttons and no template."""
    async with asyncio.timeout(WAIT_SECONDS):
        while True:
            rows = json.loads(await _http(f"{simulator}/_control/ledger?limit=1000"))["rows"]
            if any(row.get("type") == "interactive" and row.get("outcome") == "accepted" for row in rows):
                return
            await asyncio.sleep(0.2)


async def _http(url: str, body: bytes | None = None) -> str:
    request = urllib.request.Request(url, data=body)

    def ask() -> str:
        with urllib.request.urlopen(request, timeout=WAIT_SECONDS) as answer:
            return str(answer.read().decode())

    return await asyncio.to_thread(ask)


def _section(page: str, heading: str) -> str:
    return page.partition(heading)[2].partition("\n## ")[0]


def _decisions(text: str) -> list[tuple[str, int]]:
    """Return the lines of a waterfall as reason and people."""
    return [(name, int(count)) for name, count in re.findall(r"(?m)^ *([a-z_]+) +(-?\d+) ", text)]


def _figures(text: str, *names: str) -> list[int]:
    figures = {name: re.search(rf"(?m)^\W*{re.escape(name)}\W+(\d+)", text) for name in names}
    return [int(found[1]) if found else -1 for found in figures.values()]


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in sockets]
    finally:
        for one in sockets:
            one.close()
