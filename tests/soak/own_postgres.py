"""A PostgreSQL that belongs to one drill: real durability, and nobody else is hurt when it is killed."""

import os
import random
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg.conninfo import make_conninfo

from rulecast.database.embedded import EmbeddedServer
from rulecast.database.embedded.tuning import DURABLE
from rulecast.database.errors import EmbeddedStartError

KINDS = ("backend", "postmaster", "immediate", "fast", "power")
"""What dies: one connection, the server in three ways, or with it everything else on the machine."""
TUNING = {**DURABLE, "shared_buffers": "64MB", "min_wal_size": "64MB"}
# Nothing waits for so long on any machine; it only bounds a failure.
UP_SECONDS_MAX = 60.0
POLL_SECONDS = 0.01
_SIGNALS = {
    "postmaster": signal.SIGKILL,
    "power": signal.SIGKILL,
    "immediate": signal.SIGQUIT,
    "fast": signal.SIGINT,
}


class OwnPostgres:
    """The server and the ways to break it."""

    def __init__(self, home: Path) -> None:
        self._server = EmbeddedServer(home, tuning=TUNING)
        self._home = home
        self.conninfo = ""

    @contextmanager
    def databases(self) -> Iterator[tuple[str, str]]:
        """Run the server; yields the addresses of a main and a keys database that are made at the first opening."""
        self.conninfo = self._server.enter()
        try:
            yield self.address("rulecast"), self.address("rulecast_keys")
        finally:
            self._server.leave()

    def address(self, name: str) -> str:
        return make_conninfo(self.conninfo, dbname=name)

    def crash(self, kind: str, chance: random.Random) -> None:
        """Break the server in one of the ways of `KINDS`; returns at once."""
        if kind == "backend":
            os.kill(self._backend(chance), signal.SIGKILL)
        else:
            os.kill(self.pid, _SIGNALS[kind])

    @property
    def pid(self) -> int:
        (pid_file,) = self._home.glob("postgresql/*/data/postmaster.pid")
        return int(pid_file.read_text().split()[0])

    def _backend(self, chance: random.Random) -> int:
        """Return the process of one connection of ours; one inside a transaction where there is any."""
        with psycopg.connect(self.address("rulecast"), autocommit=True) as connection:
            rows = connection.execute(
                "SELECT pid, xact_start IS NOT NULL FROM pg_stat_activity"
                " WHERE application_name = 'rulecast' AND pid <> pg_backend_pid()"
            ).fetchall()
        busy = [pid for pid, is_in_transaction in rows if is_in_transaction]
        return int(chance.choice(busy or [pid for pid, _ in rows]))

    def bring_up(self) -> None:
        """Start it again where it is down, and wait until it takes connections."""
        deadline = time.monotonic() + UP_SECONDS_MAX
        while True:
            try:
                self._server.revive()
                with psycopg.connect(self.address("rulecast"), autocommit=True, connect_timeout=5):
                    return
            except (psycopg.OperationalError, EmbeddedStartError):
                if time.monotonic() > deadline:
                    raise
                time.sleep(POLL_SECONDS)
