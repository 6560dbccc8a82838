"""The same posts by wrk, which costs the receiver's cores least of all generators."""

import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from benchmarks.webhook_client import CONNECTIONS, make_request
from rulecast.values.clock import SystemClock

SCRIPT = Path(__file__).with_name("webhook.lua")
# More than any receiver on such a machine answers; beyond them the last one repeats.
POSTS_PER_SECOND = {1: 8_000, 20: 2_000}


def find_wrk() -> str | None:
    """Return the program, None where the machine has none."""
    return shutil.which("wrk")


def post_by_wrk(
    program: str, port: int, environment: Mapping[str, str], seconds: float, *, per_post: int, first: int
) -> Any:
    """Post for whole seconds over 64 connections and return what was answered.

    Each request is sent once, so that nothing a receiver keeps makes a later one cheaper.
    """
    with tempfile.TemporaryDirectory(prefix="rulecast-wrk-") as directory:
        path = Path(directory) / "requests"
        with path.open("wb") as file:
            for one in _requests(environment["RULECAST_APP_SECRET"].encode(), seconds, per_post, first):
                file.write(one + b"\0")
        command = [program, "-t1", f"-c{CONNECTIONS}", f"-d{max(1, round(seconds))}s", "--timeout", "10s"]
        address = f"http://127.0.0.1:{port}/webhook"
        done = subprocess.run(
            [*command, "-s", str(SCRIPT), address, "--", str(path)],
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
    return json.loads(done.stdout.splitlines()[-1])


def _requests(secret: bytes, seconds: float, per_post: int, first: int) -> Iterator[bytes]:
    at = int(SystemClock().now().timestamp())
    for number in range(int(seconds * POSTS_PER_SECOND[per_post])):
        yield make_request(first + number * per_post, per_post, secret, at)
