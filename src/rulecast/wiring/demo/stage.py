"""The stage of the demonstration: a home of its own, free ports, a simulator and a server as processes."""

import asyncio
import base64
import fcntl
import hashlib
import json
import shutil
import signal
import socket
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import aiohttp

from rulecast.values.errors import RulecastError

NUMBER_ID = "106540352242922"
WABA_ID = "102290129340398"
THROUGHPUT_PER_SECOND = 1000
MARKER = "demo.env"
START_SECONDS_MAX = 60
STOP_SECONDS_MAX = 30
IDLE_SECONDS_MAX = 300


class DemoHomeError(RulecastError):
    """The folder for the demonstration holds something else."""

    code = "RC-DEMO-001"
    summary = "The folder for the demonstration holds something else."
    remedy = "Name an empty folder, or one that an earlier demonstration made."


class DemoRunningError(RulecastError):
    """Another demonstration plays in this folder."""

    code = "RC-DEMO-003"
    summary = "Another demonstration plays in this folder."
    remedy = "End it with Ctrl-C and wait until it has stopped, or name another --folder."


class DemoProcessError(RulecastError):
    """A process of the demonstration did not start or did not finish."""

    code = "RC-DEMO-002"
    summary = "A process of the demonstration did not start or did not finish in time."
    remedy = "Read the log beside the workspace (`demo.log`), and run `rulecast demo` again."


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Where the demonstration plays."""

    home: Path
    seed: int
    web_port: int
    receiver_port: int
    simulator_port: int

    @property
    def files(self) -> Path:
        """Return the folder of the generated files."""
        return self.home / "files"

    @property
    def ledger(self) -> Path:
        """Return the simulator's own account."""
        return self.home / "simulator" / "ledger.jsonl"

    @property
    def simulator_url(self) -> str:
        """Return the address of the simulator and of its phones' page."""
        return f"http://127.0.0.1:{self.simulator_port}"

    def environment(self, clock: str = "system") -> dict[str, str]:
        """Return the settings of this workspace; everything in it follows from the seed, except the ports."""
        return {
            "RULECAST_HOME": str(self.home / "workspace"),
            "RULECAST_MODE": "simulated",
            "RULECAST_CLOCK": clock,
            "RULECAST_ROOT_KEY": base64.b64encode(_secret(self.seed, "root key")).decode(),
            "RULECAST_GRAPH_BASE_URL": self.simulator_url,
            "RULECAST_ACCESS_TOKEN": _secret(self.seed, "access token").hex(),
            "RULECAST_APP_SECRET": _secret(self.seed, "app secret").hex(),
            "RULECAST_VERIFY_TOKEN": _secret(self.seed, "verify token").hex(),
            "RULECAST_WEB_PORT": str(self.web_port),
            "RULECAST_RECEIVER_PORT": str(self.receiver_port),
            "RULECAST_PUBLIC_BASE_URL": f"http://127.0.0.1:{self.receiver_port}",
            "RULECAST_LEASE_SECONDS": "5",
            "RULECAST_LOG_LEVEL": "warning",
        }


@contextmanager
def hold_folder(home: Path) -> Iterator[None]:
    """Keep other demonstrations out of a folder; the lock stands beside it, because the folder is cleared.

    Raises:
        DemoRunningError: somebody else holds it.
    """
    home.parent.mkdir(parents=True, exist_ok=True)
    with home.with_name(f"{home.name}.lock").open("a", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DemoRunningError from None
        yield


def set_stage(home: Path, seed: int) -> Stage:
    """Clear the folder of an earlier demonstration and choose free ports.

    Raises:
        DemoHomeError: the folder is not empty and no demonstration made it.
    """
    if home.exists() and any(home.iterdir()):
        if not (home / MARKER).is_file():
            raise DemoHomeError(f"{home} is not empty and was not made by a demonstration.")
        shutil.rmtree(home)
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Marked from its first moment, so that a demonstration that was interrupted can be cleared.
    (home / MARKER).touch(mode=0o600)
    web_port, receiver_port, simulator_port = _free_ports(3)
    stage = Stage(
        home=home, seed=seed, web_port=web_port, receiver_port=receiver_port, simulator_port=simulator_port
    )
    stage.files.mkdir()
    return stage


def write_environment(stage: Stage, clock: str) -> Path:
    """Write the settings as a file that a shell can read, for the commands a visitor types; mode 0600."""
    path = stage.home / MARKER
    path.touch(mode=0o600)
    lines = [f"export {name}='{value}'" for name, value in stage.environment(clock).items()]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


async def start_simulator(stage: Stage, clock: str, environ: Mapping[str, str]) -> Process:
    """Start the simulator and wait until it answers.

    Raises:
        DemoProcessError: it did not.
    """
    secrets = stage.environment()
    secret_files = {
        name: stage.home / f"{name.lower()}.secret" for name in ("APP_SECRET", "ACCESS_TOKEN", "VERIFY_TOKEN")
    }
    for name, path in secret_files.items():
        path.touch(mode=0o600)
        path.write_text(secrets[f"RULECAST_{name}"], encoding="utf-8")
    command = [
        *(sys.executable, "-m", "cloud_api_simulator", "--port", str(stage.simulator_port)),
        *("--state-dir", str(stage.home / "simulator")),
        *("--app-secret-file", str(secret_files["APP_SECRET"])),
        *("--access-token-file", str(secret_files["ACCESS_TOKEN"])),
        *("--verify-token-file", str(secret_files["VERIFY_TOKEN"]), "--end-with-stdin"),
        *("--webhook-url", f"http://127.0.0.1:{stage.receiver_port}/webhook"),
        *("--number", f"{NUMBER_ID}:{THROUGHPUT_PER_SECOND}", "--waba", WABA_ID),
        *("--clock", clock, "--seed", str(stage.seed)),
    ]
    process = await _spawn(stage, command, environ)
    assert process.stdout is not None
    try:
        line = await asyncio.wait_for(process.stdout.readline(), START_SECONDS_MAX)
    except TimeoutError as error:
        raise DemoProcessError("The simulator did not answer.") from error
    if not line:
        raise DemoProcessError("The simulator ended at once.")
    return process


async def start_server(stage: Stage, clock: str, environ: Mapping[str, str]) -> Process:
    """Start `rulecast serve` and wait until its receiver listens."""
    command = [sys.executable, "-m", "rulecast", "serve", "--supervised"]
    process = await _spawn(stage, command, {**environ, **stage.environment(clock)})
    for port in (stage.receiver_port, stage.web_port):
        await _wait_for_port(port, process)
    return process


async def stop_process(process: Process) -> None:
    """End a process in its own way, and by force if it takes too long."""
    if process.returncode is not None:
        return
    process.send_signal(signal.SIGTERM)
    try:
        await asyncio.wait_for(process.wait(), STOP_SECONDS_MAX)
    except TimeoutError:
        process.kill()
        await process.wait()


async def control(stage: Stage, path: str, body: Any = None) -> Any:
    """Tell the simulator something, and return its answer.

    Raises:
        DemoProcessError: it refused.
    """
    timeout = aiohttp.ClientTimeout(total=IDLE_SECONDS_MAX + 10)
    method = "GET" if body is None else "POST"
    async with (
        aiohttp.ClientSession(timeout=timeout) as session,
        session.request(method, f"{stage.simulator_url}/_control/{path}", json=body) as answer,
    ):
        if answer.status >= 300:  # noqa: PLR2004 - anything but a success
            raise DemoProcessError(f"The simulator refused {_verb(path)} with {answer.status}.")
        return await answer.json()


async def wait_idle(stage: Stage) -> None:
    """Wait until nobody has anything left to do: no status, reply or click is still to come.

    Raises:
        DemoProcessError: they are still at it.
    """
    state = await control(stage, f"wait_idle?timeout={IDLE_SECONDS_MAX}", {})
    if not state["idle"]:
        raise DemoProcessError("The simulator's people did not come to rest.")


def clock_from(start: datetime, real_seconds: float, speed: float) -> str:
    """Return the clock setting under which every process shares one virtual time."""
    return f"virtual:{start.isoformat()}@{real_seconds:.3f}x{speed:g}"


async def check_ledger(stage: Stage, conninfo: str, environ: Mapping[str, str]) -> dict[str, int]:
    """Let the stranger compare the simulator's ledger with the database."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "ledger_check", "--ledger", str(stage.ledger)),
        stdout=PIPE,
        env={**environ, "LEDGER_CHECK_DATABASE": conninfo},
    )
    output, _ = await process.communicate()
    if process.returncode not in {0, 1}:
        raise DemoProcessError("The ledger could not be checked.")
    found: dict[str, int] = json.loads(output)
    return found


async def _spawn(stage: Stage, command: list[str], environ: Mapping[str, str]) -> Process:
    log = (stage.home / "demo.log").open("ab")
    try:
        return await asyncio.create_subprocess_exec(
            *command,
            # The open pipe tells the process that the demonstration lives: killed, it leaves nothing behind.
            stdin=PIPE,
            stdout=PIPE if "cloud_api_simulator" in command else log,
            stderr=log,
            env=dict(environ),
        )
    finally:
        log.close()


async def _wait_for_port(port: int, process: Process) -> None:
    loop = asyncio.get_running_loop()
    deadline = loop.time() + START_SECONDS_MAX
    while loop.time() < deadline and process.returncode is None:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.05)
            continue
        writer.close()
        return
    raise DemoProcessError(f"Nothing listens on port {port}.")


def _free_ports(count: int) -> list[int]:
    holders = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [holder.getsockname()[1] for holder in holders]
    for holder in holders:
        holder.close()
    return ports


def _secret(seed: int, name: str) -> bytes:
    """Return a secret that follows from the seed: the demonstration is the same each time, and protects nobody real."""
    return hashlib.sha256(f"rulecast demonstration {seed} {name}".encode()).digest()


def _verb(path: str) -> str:
    """Return what was asked, without whom it was about: a path may carry a number."""
    return path.partition("?")[0].rpartition("/")[2]
