"""The journal as append-only files, shared by every process of a host."""

import asyncio
import fcntl
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from typing_extensions import override

from rulecast.profile.suppression.journal import (
    TORN_MARK,
    DamagedLine,
    JournalEntry,
    JournalWriteError,
    LineSeal,
    SuppressionJournal,
    read_line,
    write_line,
)

LOCK_NAME = "suppression.lock"
FIRST_FILE = "suppression.journal"
"""The one file of releases that did not begin new ones; it is read first and never written again."""
FILE_BYTES_MAX = 16 * 1024 * 1024
"""About 80,000 lines: small enough to copy away every night, large enough that years are a few dozen files."""
_NUMBERED = re.compile(r"suppression\.(\d{6})\.journal")


class FileJournal(SuppressionJournal):
    """Appends sealed lines to files of mode 0600; entries of callers that wait together share one fsync."""

    def __init__(self, directory: Path, seal: LineSeal, *, file_bytes_max: int = FILE_BYTES_MAX) -> None:
        """Remember the directory; nothing is created before the first entry."""
        self._directory = directory
        self._seal = seal
        self._file_bytes_max = file_bytes_max
        self._waiting: list[tuple[bytes, asyncio.Future[None]]] = []
        self._writer: asyncio.Task[None] | None = None

    @override
    async def append(self, entries: Sequence[JournalEntry]) -> None:
        if not entries:
            return
        done = asyncio.get_running_loop().create_future()
        lines = "".join(write_line(entry, self._seal) for entry in entries).encode("ascii")
        self._waiting.append((lines, done))
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write_waiting())
        await done

    @override
    def read(self) -> Iterator[JournalEntry | DamagedLine]:
        done: set[Path] = set()
        # A writer may begin another file while this one is read.
        while files := [path for path in journal_files(self._directory) if path not in done]:
            for path in files:
                yield from self._read_file(path)
                done.add(path)

    def _read_file(self, path: Path) -> Iterator[JournalEntry | DamagedLine]:
        damaged: int | None = None
        with path.open(encoding="ascii", errors="replace") as file:
            for number, line in enumerate(file, start=1):
                is_mark = line == f"{TORN_MARK}\n"
                if damaged is not None:
                    yield DamagedLine(file_name=path.name, line_number=damaged, is_torn=is_mark)
                    damaged = None
                entry = None if is_mark else read_line(line.rstrip("\n"), self._seal)
                if entry is not None:
                    yield entry
                elif not is_mark:
                    damaged = number
        if damaged is not None:
            yield DamagedLine(file_name=path.name, line_number=damaged, is_torn=not line.endswith("\n"))

    async def _write_waiting(self) -> None:
        while self._waiting:
            group, self._waiting = self._waiting, []
            lines = b"".join(lines for lines, _ in group)
            try:
                await asyncio.to_thread(_append_durably, self._directory, lines, self._file_bytes_max)
            except OSError as error:
                _settle(group, JournalWriteError(f"The journal could not be written ({error.strerror})."))
            else:
                _settle(group, None)


def journal_files(directory: Path) -> list[Path]:
    """Return the files of a journal, the oldest first."""
    numbered = sorted(path for path in directory.glob("suppression.*.journal") if _NUMBERED.match(path.name))
    first = directory / FIRST_FILE
    return [first, *numbered] if first.exists() else numbered


def _settle(group: Sequence[tuple[bytes, asyncio.Future[None]]], problem: JournalWriteError | None) -> None:
    for _, done in group:
        if done.done():
            continue
        if problem is None:
            done.set_result(None)
        else:
            done.set_exception(problem)


def _append_durably(directory: Path, lines: bytes, file_bytes_max: int) -> None:
    """Append whole lines under the journal's lock and wait for the disk."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = os.open(directory / LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        path, is_new = _choose_file(directory, file_bytes_max)
        _append(path, lines)
        if is_new:
            _flush_directory(directory)
    finally:
        os.close(lock)


def _choose_file(directory: Path, file_bytes_max: int) -> tuple[Path, bool]:
    """Return the file to append to and whether it is to be made: the newest one while it has room."""
    numbered = [path for path in journal_files(directory) if path.name != FIRST_FILE]
    if numbered and numbered[-1].stat().st_size < file_bytes_max:
        return numbered[-1], False
    found = _NUMBERED.match(numbered[-1].name) if numbered else None
    number = int(found[1]) + 1 if found else 1
    return directory / f"suppression.{number:06d}.journal", True


def _append(path: Path, lines: bytes) -> None:
    """Write to the end of the file and wait for the disk; a torn last line of a dead writer is ended and marked."""
    handle = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        size_bytes = os.fstat(handle).st_size
        if size_bytes and os.pread(handle, 1, size_bytes - 1) != b"\n":
            lines = f"\n{TORN_MARK}\n".encode() + lines
        while lines:
            lines = lines[os.write(handle, lines) :]
        os.fsync(handle)
    finally:
        os.close(handle)


def _flush_directory(directory: Path) -> None:
    """Make the new name itself durable."""
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
