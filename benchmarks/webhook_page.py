"""The live page, open: the web role as a process, and a visitor who takes in what it sends, without drawing it."""

import asyncio
import json
import re
import secrets
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from html import unescape
from typing import Any
from urllib.parse import urlencode

import aiohttp
import socketio  # type: ignore[import-untyped]  # it comes without types

STOP_SECONDS_MAX = 30
_CLIENT = re.compile(r"""['"]client_id['"]\s*:\s*['"]([0-9a-f-]{36})['"]""")


@dataclass(slots=True)
class Visit:
    """How often an open page was told of changes; known once it is closed."""

    updates: int = 0


@contextmanager
def page_open(environment: Mapping[str, str]) -> Iterator[Visit]:
    """Serve the page on a free port and keep it open in a process of its own."""
    server = _start(
        ["-m", "rulecast", "--as", "benchmark", "serve", "--role", "web", "--json"],
        {**environment, "RULECAST_WEB_PORT": "0"},
    )
    visit = Visit()
    try:
        address = json.loads(_line(server))["page"]
        visitor = _start(["-m", "benchmarks.webhook_page", address], environment)
        try:
            _line(visitor)
            yield visit
            visitor.terminate()
            visit.updates = int(visitor.communicate(timeout=STOP_SECONDS_MAX)[0].splitlines()[-1])
        finally:
            _end(visitor)
    finally:
        _end(server)


def _start(arguments: list[str], environment: Mapping[str, str]) -> "subprocess.Popen[str]":
    return subprocess.Popen([sys.executable, *arguments], env=environment, stdout=subprocess.PIPE, text=True)


def _line(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def _end(process: "subprocess.Popen[str]") -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


async def visit_page(address: str) -> int:
    """Enter by the one-time address, take in updates until told to stop, and return how many there were."""
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    base = address.partition("/enter")[0]
    updates = 0
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        async with session.get(address) as answer:
            found = _CLIENT.search(unescape(await answer.text()))
        assert found is not None, "the page names no client"
        socket = socketio.AsyncClient(http_session=session)

        async def count(_event: str, *_: Any) -> None:
            nonlocal updates
            updates += 1

        socket.on("*", count)
        query = {
            "client_id": found[1],
            "next_message_id": 0,
            "implicit_handshake": "true",
            "document_id": secrets.token_hex(16),
            "tab_id": secrets.token_hex(16),
        }
        await socket.connect(
            f"{base}?{urlencode(query)}",
            headers={"Origin": base},
            transports=["websocket"],
            socketio_path="/_nicegui_ws/socket.io",
        )
        sys.stdout.write("open\n")
        sys.stdout.flush()
        await stopped.wait()
        await socket.disconnect()
    return updates


if __name__ == "__main__":
    sys.stdout.write(f"{asyncio.run(visit_page(sys.argv[1]))}\n")
