"""XLSX workbooks, read row by row."""

import warnings
import zipfile
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException
from typing_extensions import override

from rulecast.collect.imports.errors import (
    FileBrokenError,
    FileEmptyError,
    FileTooLargeError,
    SheetUnsureError,
)
from rulecast.collect.imports.hash_file import hash_file
from rulecast.collect.imports.limits import WORKBOOK_BYTES_MAX
from rulecast.collect.imports.source import Source, SourceFacts, SourceRow, check_header

# What openpyxl raises on damaged or foreign workbooks, beside its own error.
_BROKEN = (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, OSError, SyntaxError)


@dataclass(frozen=True, slots=True, kw_only=True)
class SpreadsheetSource(Source):
    """A surveyed sheet; a row's line is its number on the sheet."""

    path: Path
    sheet: str
    found: SourceFacts

    @property
    @override
    def facts(self) -> SourceFacts:
        return self.found

    @override
    def rows(self) -> Generator[SourceRow, None, None]:
        width = len(self.found.columns)
        with closing(_records(self.path, self.sheet)) as records:
            next(records, None)
            for line, cells in records:
                kept = list(cells[:width])
                # Sheets pad rows to any width; only a value beyond the header is a ragged row.
                beyond = [cell for cell in cells[width:] if cell is not None]
                kept += [None] * (width - len(kept)) + beyond
                yield SourceRow(line, kept)


def survey_spreadsheet(path: Path, *, sheet: str | None) -> SpreadsheetSource:
    """Read the sheet's header and the file's hash; rows are not counted, as that takes as long as reading them.

    Raises:
        SheetUnsureError: there are several sheets and none is named.
        FileTooLargeError: unpacked it is larger than memory allows.
        FileBrokenError: it is no readable workbook, or protected by a password.
    """
    _check_size(path)
    file_hash = hash_file(path)
    name = _sheet_name(path, sheet)
    with closing(_records(path, name)) as records:
        header = next(records, None)
    if header is None:
        raise FileEmptyError
    cells = list(header.cells)
    while cells and cells[-1] is None:
        cells.pop()
    return SpreadsheetSource(
        path=path,
        sheet=name,
        found=SourceFacts(
            description=f"XLSX, sheet {name}", columns=check_header(cells), file_hash=file_hash, rows=None
        ),
    )


def _check_size(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked_bytes = sum(entry.file_size for entry in archive.infolist())
    except (zipfile.BadZipFile, OSError):
        raise FileBrokenError("The workbook is damaged, or protected by a password.") from None
    if unpacked_bytes > WORKBOOK_BYTES_MAX:
        raise FileTooLargeError(
            f"Unpacked, the workbook has more than {WORKBOOK_BYTES_MAX // 1024**2} MB.",
            hint="Save the sheet as CSV: that is read row by row.",
        )


def _sheet_name(path: Path, named: str | None) -> str:
    with _sheets(path) as sheets:
        names = list(sheets)
    if named is not None:
        if named not in names:
            raise SheetUnsureError(f"The workbook has no sheet {named!r}; it has {', '.join(names)}.")
        return named
    if len(names) != 1:
        raise SheetUnsureError(f"The workbook has {len(names)} sheets: {', '.join(names)}.")
    return names[0]


@contextmanager
def _sheets(path: Path) -> Iterator[dict[str, Any]]:
    try:
        with warnings.catch_warnings():
            # openpyxl warns of parts it does not need: styles, validations, extensions.
            warnings.simplefilter("ignore", UserWarning)
            book = load_workbook(path, read_only=True, data_only=True, keep_links=False)
    except _BROKEN as error:
        raise FileBrokenError(f"The workbook cannot be read ({type(error).__name__}).") from None
    try:
        # Read-only sheets have a type of their own, which the library's stubs do not know here.
        yield {sheet.title: sheet for sheet in book.worksheets}
    finally:
        book.close()


def _records(path: Path, sheet: str) -> Generator[SourceRow, None, None]:
    """Yield every row that is not blank, the header first."""
    with _sheets(path) as sheets:
        # The size a sheet claims is often wrong; without it rows are read to their end.
        sheets[sheet].reset_dimensions()
        rows = sheets[sheet].iter_rows(values_only=True)
        for line in range(1, 1 << 21):
            try:
                cells = next(rows, None)
            except _BROKEN as error:
                raise FileBrokenError(
                    f"Row {line} of the sheet cannot be read ({type(error).__name__})."
                ) from None
            if cells is None:
                return
            if any(cell is not None and cell != "" for cell in cells):
                yield SourceRow(line, cells)
