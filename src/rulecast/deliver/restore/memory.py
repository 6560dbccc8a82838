"""The memory of a home directory: one small signed file, replaced whole and flushed to the disk."""

import json
import os
import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from uuid import UUID

from rulecast.deliver.restore.judge import Memory
from rulecast.values.errors import RulecastError

FILE_NAME = "database.json"
# The file holds five short words; a longer one is not ours.
FILE_BYTES_MAX = 2_000
SECRET_MODE = 0o600
LEFTOVER_NS = 60 * 10**9


class MemoryDamagedError(RulecastError):
    """What the home remembers of its database cannot be read."""

    code = "RC-RESTORE-004"
    summary = "What this home remembers of its database cannot be read, or was signed under another root key."
    remedy = "Look with `rulecast restore show`; `rulecast restore accept` writes it anew."


class MemoryWriteError(RulecastError):
    """What the home should remember of its database could not be written."""

    code = "RC-RESTORE-005"
    summary = "This home could not write down which database it sends from, so it does not begin to send."
    remedy = (
        "Make room for and give write access to the directory `guard` in RULECAST_HOME, then start again."
    )


class MemoryFile:
    """Reads and writes the memory; `sign` makes 32 bytes under a key of the workspace."""

    def __init__(self, directory: Path, sign: Callable[[bytes], bytes]) -> None:
        """Remember the directory; nothing is made before the first writing."""
        self._directory = directory
        self._sign = sign

    def read(self) -> Memory | None:
        """Return what is remembered, or None where nothing ever was; blocking.

        Raises:
            MemoryDamagedError: the file cannot be read, or its signature does not fit.
        """
        try:
            with (self._directory / FILE_NAME).open("rb") as file:
                said = json.loads(file.read(FILE_BYTES_MAX))
            memory = Memory(
                workspace_id=UUID(said["workspace_id"]),
                life=str(said["life"]),
                beat=int(said["beat"]),
                seen_at=datetime.fromisoformat(said["seen_at"]),
            )
            is_ours = secrets.compare_digest(self._signature(memory), str(said["signature"]).encode())
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError):
            raise MemoryDamagedError from None
        if not is_ours:
            raise MemoryDamagedError
        return memory

    def write(self, memory: Memory) -> None:
        """Replace what is remembered, durably; blocking."""
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._sweep()
        said = {**_said(memory), "signature": self._signature(memory).decode()}
        unfinished = self._directory / f".{FILE_NAME}.{secrets.token_hex(8)}"
        handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, SECRET_MODE)
        try:
            with os.fdopen(handle, "w", encoding="ascii") as file:
                json.dump(said, file)
                file.flush()
                os.fsync(file.fileno())
            unfinished.rename(self._directory / FILE_NAME)
        except BaseException:
            unfinished.unlink(missing_ok=True)
            raise
        directory = os.open(self._directory, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)

    def _sweep(self) -> None:
        """Remove what killed writers left unfinished; one that lives finishes within milliseconds."""
        oldest_ns = time.time_ns() - LEFTOVER_NS
        for path in self._directory.glob(f".{FILE_NAME}.*"):
            with suppress(FileNotFoundError):
                if path.stat().st_mtime_ns < oldest_ns:
                    path.unlink()

    def _signature(self, memory: Memory) -> bytes:
        return self._sign(json.dumps(_said(memory), sort_keys=True).encode()).hex().encode()


def _said(memory: Memory) -> dict[str, object]:
    return {
        "workspace_id": str(memory.workspace_id),
        "life": memory.life,
        "beat": memory.beat,
        "seen_at": memory.seen_at.isoformat(),
    }
