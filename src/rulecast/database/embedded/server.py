"""The supervisor of the embedded server: first process starts it, last to leave stops it.

Two lock files in the 0700 directory decide: `start.lock` is held while the server's state is looked
at or changed; `users.lock` is shared by every process that uses the server. The kernel drops both
when a process dies, so a killed user never blocks the others, and a server left running by a
killed last user is adopted by the next.
"""

import atexit
import fcntl
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from psycopg.conninfo import make_conninfo

from rulecast.database.embedded.cluster import ROLE, create_cluster, write_configuration
from rulecast.database.embedded.confinement import Confinement, choose_confinement
from rulecast.database.embedded.layout import (
    PORT,
    SECRET_MODE,
    Layout,
    choose_socket_directory,
    ensure_password,
    prepare_layout,
    remove_short_socket_directory,
)
from rulecast.database.embedded.process import (
    is_running,
    is_still_occupied,
    running_socket_directory,
    spawn,
    stop,
    wait_ready,
)
from rulecast.database.embedded.tuning import DURABLE
from rulecast.database.errors import EmbeddedStartError

POLL_SECONDS = 0.01
# As long as a slow recovery of the process that holds the lock may take.
LOCK_LIMIT_SECONDS = 360
# How long the processes of a killed server may take to vanish.
LAST_BREATH_SECONDS = 30


class EmbeddedServer:
    """One process's membership among the users of an embedded server.

    `enter` and `leave` block for up to a second or two: call them in a thread from async code.
    """

    def __init__(
        self,
        home: Path,
        *,
        tuning: Mapping[str, str] = DURABLE,
        confinement: Confinement | None = None,
    ) -> None:
        """Remember where the server lives; nothing is touched before `enter`."""
        self._home = home
        self._tuning = tuning
        self._confinement = confinement
        self._member: _Membership | None = None

    @property
    def log_file(self) -> Path:
        """Return the path of the server's log."""
        return self._home / "postgresql" / "server.log"

    def enter(self) -> str:
        """Start the server unless it runs, and return connection text without a database name.

        Raises:
            EmbeddedStartError: the server did not become ready.
            EmbeddedMajorError: the data was written by another major version.
            EmbeddedSocketPathError: no short private directory for the socket exists.
            EmbeddedConfinementError: root has no way to run PostgreSQL.
            EmbeddedBinariesMissingError: the programs are not installed.
        """
        confinement = self._confinement = self._confinement or choose_confinement()
        layout = prepare_layout(self._home, confinement)
        with _start_lock(layout):
            shared = os.open(layout.root / "users.lock", os.O_RDWR | os.O_CREAT, SECRET_MODE)
            fcntl.flock(shared, fcntl.LOCK_SH)
            try:
                password = ensure_password(layout)
                socket_directory = _ensure_running(
                    layout, confinement, tuning=self._tuning, password=password
                )
            except BaseException:
                os.close(shared)
                raise
        self._member = _Membership(layout, shared)
        atexit.register(self.leave)
        return make_conninfo(host=str(socket_directory), port=PORT, user=ROLE, password=password)

    def revive(self) -> None:
        """Start the server again if it died while this process uses it; a living one is left alone.

        Raises:
            EmbeddedStartError: it did not become ready.
        """
        member, confinement = self._member, self._confinement
        if member is None or confinement is None or is_running(member.layout):
            return
        with _start_lock(member.layout):
            # Left while waiting for the lock: a server started now would be nobody's.
            if self._member is None:
                return
            password = ensure_password(member.layout)
            _ensure_running(member.layout, confinement, tuning=self._tuning, password=password)

    def leave(self) -> None:
        """Give up the membership; stop the server cleanly if nobody else uses it."""
        member, self._member = self._member, None
        atexit.unregister(self.leave)
        if member is not None:
            member.end()


class _Membership:
    """A shared lock on the users' file, ended once."""

    def __init__(self, layout: Layout, shared: int) -> None:
        self.layout = layout
        self._shared = shared
        self._process = os.getpid()

    def end(self) -> None:
        # A forked child shares the parent's lock: it only forgets, the parent decides.
        if os.getpid() != self._process:
            os.close(self._shared)
            return
        with _start_lock(self.layout):
            os.close(self._shared)
            probe = os.open(self.layout.root / "users.lock", os.O_RDWR)
            try:
                fcntl.flock(probe, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return
            else:
                stop(self.layout)
                remove_short_socket_directory(self.layout)
            finally:
                os.close(probe)


@contextmanager
def _start_lock(layout: Layout) -> Iterator[None]:
    """Hold the exclusive lock under which the server's state may change."""
    descriptor = os.open(layout.root / "start.lock", os.O_RDWR | os.O_CREAT, SECRET_MODE)
    try:
        deadline = time.monotonic() + LOCK_LIMIT_SECONDS
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise EmbeddedStartError(
                        f"Another process has held the start lock for {LOCK_LIMIT_SECONDS} s."
                    ) from None
                time.sleep(POLL_SECONDS)
        yield
    finally:
        os.close(descriptor)


def _ensure_running(
    layout: Layout, confinement: Confinement, *, tuning: Mapping[str, str], password: str
) -> Path:
    """Bring the server to ready and return its socket directory."""
    deadline = time.monotonic() + LAST_BREATH_SECONDS
    while True:
        if running := running_socket_directory(layout):
            return running
        if not layout.data.exists():
            create_cluster(layout, confinement, password=password)
        socket_directory = choose_socket_directory(layout, confinement)
        write_configuration(layout, confinement, tuning)
        try:
            wait_ready(layout, spawn(layout, confinement, socket_directory))
        except EmbeddedStartError as error:
            # A killed server, or a child of it, may still be on its way out; PostgreSQL then refuses to start.
            if not is_still_occupied(error) or time.monotonic() > deadline:
                raise
            time.sleep(POLL_SECONDS)
        else:
            return socket_directory
