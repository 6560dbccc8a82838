"""Starts the simulator from a terminal: `python -m cloud_api_simulator --help`."""

import argparse
import asyncio
import contextlib
import gc
import json
import logging
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

import uvloop
from typing_extensions import override

from cloud_api_simulator.behaviour import Behaviour
from cloud_api_simulator.change_record import change_record
from cloud_api_simulator.settings import (
    DEFAULT_APP_ID,
    DEFAULT_BUSINESS_ID,
    DEFAULT_NUMBERS,
    STANDARD_THROUGHPUT_PER_SECOND,
    NumberSettings,
    SimulatorSettings,
    WebhookSettings,
)
from cloud_api_simulator.simulator import Simulator

COLLECTION_THRESHOLDS = (50_000, 20, 50)
"""Rare looks for cycles: a fast run keeps hundreds of thousands of messages that are on their way, none in a cycle."""


def parse_arguments(arguments: Sequence[str]) -> SimulatorSettings:
    """Return the settings a command line asks for; raises ValueError or exits with a usage message."""
    return _settings(_parser().parse_args(arguments))


def _settings(given: argparse.Namespace) -> SimulatorSettings:
    changes = json.loads(given.behaviour.read_text("utf-8")) if given.behaviour else {}
    webhooks = WebhookSettings(
        updates_per_post_max=given.updates_per_post, verify_at_start=given.verify_webhook
    )
    return SimulatorSettings(
        state_dir=given.state_dir,
        app_secret=_secret(given.app_secret_file, given.app_secret),
        verify_token=_secret(given.verify_token_file, given.verify_token),
        webhook_url=given.webhook_url,
        numbers=tuple(_number(text) for text in given.number) or DEFAULT_NUMBERS,
        clock=given.clock,
        seed=given.seed,
        access_token=_secret(given.access_token_file, given.access_token),
        port=given.port,
        waba_id=given.waba,
        app_id=given.app_id,
        business_id=given.business,
        behaviour=change_record(Behaviour(), changes, place="behaviour"),
        webhooks=webhooks,
        link_map=tuple(_pair(text) for text in given.link_map),
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m cloud_api_simulator", description="A simulator of the WhatsApp Cloud API."
    )
    option = parser.add_argument
    option("--port", type=int, default=0, help="port on 127.0.0.1; 0 picks one")
    option("--state-dir", type=Path, required=True, help="directory of ledger.jsonl")
    secret = parser.add_mutually_exclusive_group(required=True)
    secret.add_argument("--app-secret-file", type=Path, help="file with the secret that signs webhooks")
    secret.add_argument("--app-secret", help="the secret itself (visible in the process list)")
    word = parser.add_mutually_exclusive_group()
    word.add_argument("--verify-token", default="verify", help="token of the webhook handshake")
    word.add_argument("--verify-token-file", type=Path, help="file with that token")
    option("--verify-webhook", action="store_true", help="do the GET handshake at start")
    option("--webhook-url", help="where webhooks go; none are sent without it")
    option(
        "--number", action="append", default=[], metavar="ID[:THROUGHPUT[:DISPLAY]]", help="a business number"
    )
    option("--clock", default="system", help="system, or virtual:<ISO start>@<unix seconds>x<speed>")
    option("--seed", type=int, default=1, help="seed of everybody's behaviour")
    token = parser.add_mutually_exclusive_group()
    token.add_argument("--access-token", default="simulated", help="bearer token that requests must carry")
    token.add_argument("--access-token-file", type=Path, help="file with that token")
    option("--waba", default="102290129340398", help="id of the WhatsApp Business Account")
    option("--app-id", default=DEFAULT_APP_ID, help="id of the app that subscribed")
    option("--business", default=DEFAULT_BUSINESS_ID, help="id of the business portfolio")
    option("--behaviour", type=Path, help="JSON file with rates and delays to change")
    option(
        "--end-with-stdin",
        action="store_true",
        help="end when standard input closes, as it does with a parent",
    )
    option("--updates-per-post", type=int, default=20, help="most updates in one webhook")
    option(
        "--link-map", action="append", default=[], metavar="PREFIX=REPLACEMENT", help="fetch links elsewhere"
    )
    return parser


def _secret(file: Path | None, text: str) -> str:
    return file.read_text("utf-8").strip() if file is not None else text


def _number(text: str) -> NumberSettings:
    number_id, _, rest = text.partition(":")
    throughput, _, display = rest.partition(":")
    return NumberSettings(
        phone_number_id=number_id,
        throughput_per_second=int(throughput) if throughput else STANDARD_THROUGHPUT_PER_SECOND,
        display_phone_number=display or "15550783881",
    )


def _pair(text: str) -> tuple[str, str]:
    prefix, _, replacement = text.partition("=")
    return prefix, replacement


class _Parent(asyncio.Protocol):
    """Notices that whoever holds the other end of standard input is gone, even when it was killed."""

    def __init__(self, stopped: asyncio.Event) -> None:
        self._stopped = stopped

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        """Stop."""
        self._stopped.set()


async def serve(settings: SimulatorSettings, *, ends_with_stdin: bool = False) -> None:
    """Run until SIGTERM or SIGINT, or until standard input closes; prints one JSON line when ready."""
    simulator = Simulator(settings)
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    if ends_with_stdin:
        await loop.connect_read_pipe(lambda: _Parent(stopped), sys.stdin)
    try:
        url = await simulator.start()
        sys.stdout.write(
            json.dumps({"url": url, "pid": os.getpid(), "ledger": str(simulator.world.ledger.path)}) + "\n"
        )
        sys.stdout.flush()
        await stopped.wait()
    finally:
        await simulator.stop()


def main() -> int:
    """Return the exit code: 0 after a signal, 2 for wrong arguments."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    gc.freeze()
    gc.set_threshold(*COLLECTION_THRESHOLDS)
    try:
        given = _parser().parse_args(sys.argv[1:])
        with contextlib.suppress(KeyboardInterrupt):
            uvloop.run(serve(_settings(given), ends_with_stdin=given.end_with_stdin))
    except (ValueError, TypeError, OSError) as error:
        sys.stderr.write(f"cloud_api_simulator: {error}\n")
        return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
