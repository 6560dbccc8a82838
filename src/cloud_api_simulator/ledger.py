"""The simulator's own account of everything asked of it and emitted by it, one JSON line each."""

import asyncio
import os
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec

from cloud_api_simulator.clock import Clock, real_seconds

FORMAT = 1
"""Version of the row format that README.md describes; raised when a field changes its meaning."""
FLUSH_SECONDS = 0.05
"""Real seconds a row may wait in memory: what a kill of the simulator can lose."""
ROWS_PER_PAGE_MAX = 10_000
"""Rows one `GET /_control/ledger` returns; a reader pages on with `after`."""

_ENCODE = msgspec.json.Encoder().encode


class Ledger:
    """Appends rows to `ledger.jsonl`; counts stay in memory, rows do not."""

    def __init__(self, state_dir: Path, clock: Clock) -> None:
        """Create the directory (0700) and open the file (0600) for appending."""
        state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.path = state_dir / "ledger.jsonl"
        self._clock = clock
        self._file = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self.size_at_start = self._repair()
        self._buffer: list[bytes] = []
        self._timer: asyncio.TimerHandle | None = None
        self.counts: Counter[str] = Counter()

    def _repair(self) -> int:
        """Return the size of the file, ending a line that a kill left unfinished."""
        size = self.path.stat().st_size
        if size:
            with self.path.open("rb") as file:
                file.seek(-1, os.SEEK_END)
                if file.read(1) != b"\n":
                    os.write(self._file, b"\n")
        return size

    def write(self, kind: str, row: dict[str, Any], *, count_as: str | None = None) -> None:
        """Append one row, stamped with real and virtual time unless it brings them."""
        if "real" not in row:
            real = real_seconds()
            row["real"] = round(real, 6)
            row["virtual"] = round(self._clock.at(real), 6)
        self.counts[count_as if count_as is not None else kind] += 1
        self._buffer.append(_ENCODE({"kind": kind, **row}))
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(FLUSH_SECONDS, self.flush)

    def flush(self) -> None:
        """Write what is buffered."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if not self._buffer:
            return
        self._buffer.append(b"")
        data = memoryview(b"\n".join(self._buffer))
        self._buffer.clear()
        while data:
            data = data[os.write(self._file, data) :]

    def rows(self, *, kind: str | None, after: int, limit: int) -> tuple[list[Any], int]:
        """Return up to `limit` rows after line `after` (counted from 0) and the line to go on from."""
        self.flush()
        found: list[Any] = []
        line_number = 0
        with self.path.open("rb") as lines:
            for line_number, line in enumerate(lines, start=1):
                if line_number <= after:
                    continue
                row = _decode(line)
                if row is not None and (kind is None or row["kind"] == kind):
                    found.append(row)
                    if len(found) >= limit:
                        break
        return found, line_number

    def close(self) -> None:
        """Write what is buffered and close the file."""
        self.flush()
        os.close(self._file)


def _decode(line: bytes) -> Any:
    """Return the row, or None for the rest of a line that a kill cut short."""
    try:
        return msgspec.json.decode(line)
    except msgspec.DecodeError:
        return None
