"""A Celery worker pair over Redis that does only the POST: `python -m benchmarks.celery_pair URL MESSAGES < body`.

Runs under the interpreter of `.venv-bench` (see `make bench`) and imports nothing of ours. Redis listens on loopback
only. One JSON object is printed: messages, seconds.
"""

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import redis
import requests
from celery import Celery

ADDRESS = "RULECAST_BENCHMARK_REDIS"
WORKERS = 2
READY_SECONDS_MAX = 30
DONE_SECONDS_MAX = 60
POLL_SECONDS = 0.01

app = Celery("celery_pair", broker=os.environ.get(ADDRESS, "redis://127.0.0.1:1"))
app.conf.update(
    task_ignore_result=True, broker_connection_retry_on_startup=True, worker_hijack_root_logger=False
)
session = requests.Session()
counter = redis.Redis.from_url(os.environ.get(ADDRESS, "redis://127.0.0.1:1"))


@app.task(name="celery_pair.post")
def post(url: str, body: str) -> None:
    """Make one request, over a kept connection, and count it."""
    headers = {"Content-Type": "application/json", "Authorization": "Bearer bench"}
    session.post(url, data=body.encode(), headers=headers, timeout=10).raise_for_status()
    counter.incr("done")


@contextmanager
def running(command: list[str], environ: dict[str, str]) -> Iterator[None]:
    """Run a process while the block lasts."""
    process = subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        process.wait(timeout=READY_SECONDS_MAX)


def main(url: str, messages: int, body: str) -> None:
    """Start both, queue the messages once the workers are ready, and time until the last is done."""
    with tempfile.TemporaryDirectory(prefix="celery-pair-") as home:
        with socket.create_server(("127.0.0.1", 0)) as holder:
            port = str(holder.getsockname()[1])
        environ = {**os.environ, ADDRESS: f"redis://127.0.0.1:{port}/0"}
        server = ["redis-server", "--bind", "127.0.0.1", "--port", port, "--save", "", "--dir", home]
        worker = [
            sys.executable,
            "-m",
            "celery",
            "-A",
            "benchmarks.celery_pair",
            "worker",
            "-c",
            str(WORKERS),
        ]
        with running(server, environ):
            wait_for(lambda: is_open(int(port)), READY_SECONDS_MAX)
            with running([*worker, "--without-gossip", "--without-mingle"], environ):
                child = [sys.executable, "-m", "benchmarks.celery_pair", url, str(messages), "queue"]
                subprocess.run(child, env=environ, input=body.encode(), check=True)


def queue(url: str, messages: int, body: str) -> None:
    """Queue the messages and wait until they are done."""
    wait_for(lambda: bool(app.control.ping(timeout=0.5)), READY_SECONDS_MAX)
    started = time.perf_counter()
    for _ in range(messages):
        post.delay(url, body)
    wait_for(lambda: int(counter.get("done") or 0) >= messages, DONE_SECONDS_MAX)
    print(json.dumps({"messages": messages, "seconds": time.perf_counter() - started}))


def is_open(port: int) -> bool:
    """Return whether somebody listens."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_for(is_so: Callable[[], bool], seconds_max: float) -> None:
    """Wait until something is so."""
    deadline = time.perf_counter() + seconds_max
    while not is_so():
        if time.perf_counter() > deadline:
            raise TimeoutError
        time.sleep(POLL_SECONDS)


if __name__ == "__main__":
    (queue if sys.argv[3:] == ["queue"] else main)(sys.argv[1], int(sys.argv[2]), sys.stdin.read())
