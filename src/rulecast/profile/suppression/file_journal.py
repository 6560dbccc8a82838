"""The journal as one append-only file, shared by every process of a host."""

import asyncio
import fcntl
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from typing_extensions import override

from rulecast.profile.suppression.journal import (
    DamagedLine,
    JournalEntry,
    JournalWriteError,
    SuppressionJournal,
    read_line,
    write_line,
)

FILE_NAME = "suppression.journal"


class FileJournal(SuppressionJournal):
    """Appends lines to a file of mode 0600; entries of callers that wait together share one fsync."""

    def __init__(self, directory: Path) -> None:
        """Remember the directory; nothing is created before the first entry."""
        self._path = directory / FILE_NAME
        self._waiting: list[tuple[bytes, asyncio.Future[None]]] = []
        self._writer: asyncio.Task[None] | None = None

    @override
    async def append(self, entries: Sequence[JournalEntry]) -> None:
        if not entries:
            return
        done = asyncio.get_running_loop().create_future()
        self._waiting.append(("".join(map(write_line, entries)).encode("ascii"), done))
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write_waiting())
        await done

    @override
    def read(self) -> Iterator[JournalEntry | DamagedLine]:
        if not self._path.exists():
            return
        with self._path.open(encoding="ascii", errors="replace") as file:
            number, held = 0, ""
            for number, line in enumerate(file, start=1):
                if number > 1 and held:
                    yield read_line(held) or DamagedLine(line_number=number - 1, is_last=False)
                held = line.rstrip("\n")
            if held:
                yield read_line(held) or DamagedLine(line_number=number, is_last=True)

    async def _write_waiting(self) -> None:
        while self._waiting:
            group, self._waiting = self._waiting, []
            try:
                await asyncio.to_thread(_append_durably, self._path, b"".join(lines for lines, _ in group))
            except OSError as error:
                _settle(group, JournalWriteError(f"The journal could not be written ({error.strerror})."))
            else:
                _settle(group, None)


def _settle(group: Sequence[tuple[bytes, asyncio.Future[None]]], problem: JournalWriteError | None) -> None:
    for _, done in group:
        if done.done():
            continue
        if problem is None:
            done.set_result(None)
        else:
            done.set_exception(problem)


def _append_durably(path: Path, lines: bytes) -> None:
    """Append whole lines under the file's lock and wait for the disk; a torn last line of a dead writer is ended."""
    is_new = not path.exists()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        size_bytes = os.fstat(handle).st_size
        if size_bytes and os.pread(handle, 1, size_bytes - 1) != b"\n":
            lines = b"\n" + lines
        while lines:
            lines = lines[os.write(handle, lines) :]
        os.fsync(handle)
    finally:
        os.close(handle)
    if is_new:
        _flush_directory(path.parent)


def _flush_directory(directory: Path) -> None:
    """Make the new name itself durable."""
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
