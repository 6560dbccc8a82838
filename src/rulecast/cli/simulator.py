"""`rulecast simulator`: the Cloud API simulator with this workspace's numbers, secrets and clock."""

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer

from rulecast.account.store import list_numbers
from rulecast.cli.session import Terminal, run
from rulecast.config import Settings
from rulecast.values.errors import RulecastError
from rulecast.wiring.workspace import Workspace

SECRET_MODE = 0o600


class SimulatorRefusedError(RulecastError):
    """The simulator cannot stand in for Meta here."""

    code = "RC-SIMULATOR-001"
    summary = "The simulator cannot stand in for Meta in this workspace."
    remedy = (
        "It needs RULECAST_MODE=simulated, RULECAST_APP_SECRET, RULECAST_VERIFY_TOKEN, RULECAST_ACCESS_TOKEN, "
        "and RULECAST_GRAPH_BASE_URL=http://127.0.0.1:PORT."
    )


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command("simulator")
    def simulator(
        context: typer.Context,
        seed: Annotated[int, typer.Option("--seed", help="Seed of everybody's behaviour.")] = 1,
        behaviour: Annotated[
            Path | None, typer.Option("--behaviour", help="JSON file with rates and delays to change.")
        ] = None,
    ) -> None:
        """Run the simulator of the Cloud API until Ctrl-C; start `rulecast serve` beside it."""

        async def work(workspace: Workspace, terminal: Terminal) -> int:
            command = await _command(workspace)
            command += ["--seed", str(seed)]
            if behaviour is not None:
                command += ["--behaviour", str(behaviour)]
            terminal.note(f"The simulator listens on {workspace.settings.graph_base_url}; Ctrl-C ends it.")
            return await _run(command)

        run(context, work, acts=True)


async def _command(workspace: Workspace) -> list[str]:
    settings = workspace.settings
    address = urlsplit(settings.graph_base_url)
    if not workspace.is_simulated or address.hostname != "127.0.0.1" or address.port is None:
        raise SimulatorRefusedError
    if not (settings.app_secret and settings.verify_token and settings.access_token):
        raise SimulatorRefusedError
    async with workspace.database.connection() as connection:
        numbers = await list_numbers(connection)
    state = settings.home / "simulator"
    await asyncio.to_thread(state.mkdir, mode=0o700, parents=True, exist_ok=True)
    receiver = f"http://127.0.0.1:{settings.receiver_port}"
    command = [sys.executable, "-m", "cloud_api_simulator", "--port", str(address.port)]
    command += ["--state-dir", str(state), "--clock", settings.clock]
    command += ["--app-secret-file", await _keep(state / "app_secret", _newest(settings.app_secret))]
    command += ["--access-token-file", await _keep(state / "access_token", _newest(settings.access_token))]
    command += ["--verify-token-file", await _keep(state / "verify_token", settings.verify_token)]
    command += ["--webhook-url", f"{receiver}/webhook", "--end-with-stdin"]
    command += _links(settings, receiver)
    # Without a declared number the simulator brings one of its own, which `rulecast connect` can connect.
    if numbers:
        command += ["--waba", numbers[0].waba_id, "--business", numbers[0].portfolio_id]
    for number in numbers:
        command += ["--number", f"{number.business_number_id}:{number.throughput_per_second}"]
    return command


def _links(settings: Settings, receiver: str) -> list[str]:
    """Let the simulator's people reach tracked links although their public address is not reachable from here."""
    if settings.public_base_url == receiver:
        return []
    return ["--link-map", f"{settings.public_base_url}={receiver}"]


def _newest(secrets: str) -> str:
    """Return the first of secrets that are being rotated."""
    return secrets.partition(",")[0]


async def _keep(path: Path, secret: str) -> str:
    """Write a secret to a file only its owner reads: a command line is visible to every user of the machine."""

    def write() -> None:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, SECRET_MODE)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(secret)

    await asyncio.to_thread(write)
    return str(path)


async def _run(command: list[str]) -> int:
    process = await asyncio.create_subprocess_exec(*command, stdin=asyncio.subprocess.PIPE)
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, process.terminate)
    return await process.wait()
