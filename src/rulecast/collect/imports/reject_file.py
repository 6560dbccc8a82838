"""The file of refused rows: line, column, code, reason; mode 0600, the row itself only when asked for."""

import csv
import os
from collections.abc import Iterable
from pathlib import Path
from typing import TextIO

from rulecast.collect.imports.errors import RejectsUnwritableError
from rulecast.collect.imports.refusals import Reject

OWNER_ONLY = 0o600
COLUMNS = ("line", "column", "code", "reason")
# A spreadsheet runs cells that begin so; a quote in front makes them text (OWASP CSV injection).
_FORMULA_STARTS = tuple("=+-@\t\r\n=+-@")


class RejectFile:
    """Made when the first row is refused; reopened where a killed import goes on."""

    def __init__(self, path: Path, *, with_raw: bool) -> None:
        """Name the place; nothing is written yet."""
        self.path = path
        self._with_raw = with_raw
        self._stream: TextIO | None = None
        self._kept: list[list[str]] = []

    @property
    def was_written(self) -> bool:
        """Return whether there is such a file now."""
        return self._stream is not None

    def keep_first(self, count: int) -> None:
        """Keep what an interrupted run refused among the rows it had stored; what it wrote beyond comes again.

        Raises:
            RejectsUnwritableError: the file cannot be read or written.
        """
        if count == 0 or not self.path.exists():
            return
        try:
            with self.path.open(encoding="utf-8", newline="") as stream:
                self._kept = list(csv.reader(stream))[1 : count + 1]
        except (OSError, csv.Error, UnicodeDecodeError):
            raise RejectsUnwritableError(
                "The reject file of the interrupted import cannot be read."
            ) from None
        self._open()

    def write(self, rejects: Iterable[Reject]) -> None:
        """Append refusals and bring them to the disk: the rows they stand for are counted afterwards.

        Raises:
            RejectsUnwritableError: the file cannot be written.
        """
        rows = [
            [
                str(one.line),
                defused(one.column),
                one.code,
                one.reason,
                *([defused(one.raw)] if self._with_raw else []),
            ]
            for one in rejects
        ]
        if not rows:
            return
        stream = self._open()
        try:
            csv.writer(stream).writerows(rows)
            stream.flush()
            os.fsync(stream.fileno())
        except OSError as error:
            raise RejectsUnwritableError(
                f"The reject file cannot be written ({type(error).__name__})."
            ) from None

    def close(self) -> None:
        """Close the file."""
        if self._stream is not None:
            self._stream.close()

    def _open(self) -> TextIO:
        if self._stream is not None:
            return self._stream
        try:
            flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
            descriptor = os.open(self.path, flags, OWNER_ONLY)
            os.fchmod(descriptor, OWNER_ONLY)
        except OSError as error:
            raise RejectsUnwritableError(
                f"The reject file cannot be made ({type(error).__name__})."
            ) from None
        self._stream = os.fdopen(descriptor, "w", encoding="utf-8", newline="")
        writer = csv.writer(self._stream)
        writer.writerow([*COLUMNS, *(["row"] if self._with_raw else [])])
        writer.writerows(self._kept)
        return self._stream


def defused(text: str) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text
