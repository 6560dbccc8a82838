"""The running server process: start it, find it, wait for it, stop it."""

import os
import re
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import NamedTuple

from rulecast.database.embedded.confinement import Confinement
from rulecast.database.embedded.layout import PORT, SECRET_MODE, Layout
from rulecast.database.errors import EmbeddedStartError

POLL_SECONDS = 0.005
# Recovery after a crash replays at most max_wal_size of log; minutes on a slow disk.
START_LIMIT_SECONDS = 300
STOP_LIMIT_SECONDS = 60
LOG_LIMIT_BYTES = 10_000_000
LOG_TAIL_BYTES = 800
# A process number no kernel gives out; it replaces a number the kernel has given to somebody else.
NO_PROCESS = 2_147_483_646
PID_FILE_LINES = 8
# A cluster turned into a standby accepts connections too; the check of the server then refuses it by name.
READY = frozenset({"ready", "standby"})


_OCCUPIED = re.compile(r'lock file "[^"]*" already exists|pre-existing shared memory')


class _PidFile(NamedTuple):
    """What the server says about itself in postmaster.pid."""

    process: int
    socket_directory: Path | None
    is_ready: bool


def is_running(layout: Layout) -> bool:
    """Tell whether this cluster's server process lives, ready or not."""
    seen = _read_pid_file(layout)
    return seen is not None and _is_ours(layout, seen)


def running_socket_directory(layout: Layout) -> Path | None:
    """Return the socket directory of the running server, waiting for one that starts; None without one."""
    seen = _read_pid_file(layout)
    if seen is None:
        return None
    if not _is_ours(layout, seen):
        _disarm_stale_pid_file(layout, seen)
        return None
    try:
        wait_ready(layout, seen.process)
    except EmbeddedStartError:
        # It was stopping, or it died while starting; the caller starts a new one.
        return None
    seen = _read_pid_file(layout)
    return seen.socket_directory if seen is not None else None


def spawn(layout: Layout, confinement: Confinement, socket_directory: Path) -> int:
    """Start the server detached from this process, terminal and signals; return its process number."""
    if layout.log_file.exists() and layout.log_file.stat().st_size > LOG_LIMIT_BYTES:
        layout.log_file.replace(layout.log_file.with_suffix(".log.1"))
    log = os.open(layout.log_file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, SECRET_MODE)
    command = [
        *confinement.command_prefix,
        str(layout.programs / "postgres"),
        "-D",
        str(layout.data),
        "-p",
        str(PORT),
        "-k",
        str(socket_directory),
        # On the command line, so that no configuration file can open a port.
        "-c",
        "listen_addresses=",
    ]
    try:
        # The shell is left at once, so that the server is nobody's child and leaves no zombie behind.
        started = subprocess.run(  # noqa: S603 - a fixed program of ours, no input of a user
            ["/bin/sh", "-c", '"$@" </dev/null >&2 & echo $!', "sh", *command],
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            cwd="/",
            start_new_session=True,
            timeout=START_LIMIT_SECONDS,
            user=confinement.uid,
            group=confinement.gid,
            extra_groups=[] if confinement.changes_owner else None,
        )
    finally:
        os.close(log)
    return int(started.stdout)


def wait_ready(layout: Layout, process: int) -> None:
    """Wait until the server accepts connections.

    Raises:
        EmbeddedStartError: it ended, or was not ready within five minutes.
    """
    deadline = time.monotonic() + START_LIMIT_SECONDS
    while time.monotonic() < deadline:
        seen = _read_pid_file(layout)
        if seen is not None and seen.is_ready and seen.process == process and _answers(seen):
            return
        if not _is_alive(process):
            raise EmbeddedStartError(f"It ended while starting. Its log ends with: {_log_tail(layout)}")
        time.sleep(POLL_SECONDS)
    raise EmbeddedStartError(
        f"It was not ready after {START_LIMIT_SECONDS} s. Its log ends with: {_log_tail(layout)}"
    )


def is_still_occupied(error: EmbeddedStartError) -> bool:
    """Tell whether a start failed because processes of an earlier server have not vanished yet."""
    return _OCCUPIED.search(error.what) is not None


def stop(layout: Layout) -> None:
    """Stop the server cleanly; after a minute, at once (the next start then recovers from the log)."""
    seen = _read_pid_file(layout)
    if seen is None or not _is_ours(layout, seen):
        return
    for urgency in (signal.SIGINT, signal.SIGQUIT):
        try:
            os.kill(seen.process, urgency)
        except ProcessLookupError:
            return
        deadline = time.monotonic() + STOP_LIMIT_SECONDS
        while time.monotonic() < deadline:
            # The file goes last in a clean stop; a process nobody has waited for may stay as a zombie.
            if not layout.pid_file.exists() or not _is_alive(seen.process):
                return
            time.sleep(POLL_SECONDS)


def _read_pid_file(layout: Layout) -> _PidFile | None:
    try:
        lines = layout.pid_file.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return None
    if not lines or not lines[0].strip().isdigit():
        return None
    return _PidFile(
        process=int(lines[0]),
        socket_directory=Path(lines[4]) if len(lines) > 4 and lines[4] else None,  # noqa: PLR2004 - fifth line by PostgreSQL's format
        is_ready=len(lines) >= PID_FILE_LINES and lines[PID_FILE_LINES - 1].strip() in READY,
    )


def _is_ours(layout: Layout, seen: _PidFile) -> bool:
    """Tell whether the named process lives and is this cluster's, not a stranger with a re-used number."""
    if not _is_alive(seen.process):
        return False
    try:
        return Path(f"/proc/{seen.process}/cwd").readlink() == layout.data.resolve()
    except OSError:
        return _answers(seen)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    try:
        state = (
            Path(f"/proc/{process}/stat")
            .read_text(encoding="ascii", errors="replace")
            .rpartition(")")[2]
            .split()[0]
        )
    except (OSError, IndexError):
        return True
    return state not in {"Z", "X"}


def _answers(seen: _PidFile) -> bool:
    if seen.socket_directory is None:
        return False
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        return probe.connect_ex(str(seen.socket_directory / f".s.PGSQL.{PORT}")) == 0


def _disarm_stale_pid_file(layout: Layout, seen: _PidFile) -> None:
    """Take a stranger's process number out of the files of a server that died.

    PostgreSQL refuses to start while the number is alive. The pid file itself stays: by its other
    lines PostgreSQL makes sure that no child of the dead server still writes. The socket's lock file
    goes: its directory is ours alone, and nobody answers there.
    """
    if not _is_alive(seen.process):
        return
    lines = layout.pid_file.read_text(encoding="utf-8").splitlines(keepends=True)
    layout.pid_file.write_text("".join([f"{NO_PROCESS}\n", *lines[1:]]), encoding="utf-8")
    if seen.socket_directory is not None:
        (seen.socket_directory / f".s.PGSQL.{PORT}.lock").unlink(missing_ok=True)


def _log_tail(layout: Layout) -> str:
    try:
        return layout.log_file.read_bytes()[-LOG_TAIL_BYTES:].decode(errors="replace").strip()
    except FileNotFoundError:
        return "(no log)"
