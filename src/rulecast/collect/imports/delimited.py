"""CSV and its relatives: any delimiter, quoted newlines, any line end, plain or gzipped."""

import csv
import gzip
import io
import zlib
from collections import Counter
from collections.abc import Generator, Iterable, Iterator
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO, cast

from typing_extensions import override

from rulecast.collect.imports.encoding import survey_text
from rulecast.collect.imports.errors import (
    DelimiterUnsureError,
    FileBrokenError,
    FileEmptyError,
    FileTooLargeError,
)
from rulecast.collect.imports.limits import CELL_CHARACTERS_MAX, LINE_CHARACTERS_MAX, SAMPLE_ROWS
from rulecast.collect.imports.source import Source, SourceFacts, SourceRow, check_header

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
# Share of the sampled rows that must have as many cells as the header.
EVEN_SHARE = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class DelimitedSource(Source):
    """A surveyed text table."""

    path: Path
    encoding: str
    delimiter: str
    found: SourceFacts

    @property
    @override
    def facts(self) -> SourceFacts:
        return self.found

    @override
    def rows(self) -> Generator[SourceRow, None, None]:
        records = _records(self.path, self.encoding, self.delimiter)
        next(records)
        return records


def survey_delimited(path: Path, *, encoding: str | None, delimiter: str | None) -> DelimitedSource:
    """Read the whole file once for its hash and encoding and once for its structure.

    Raises:
        ImportRefusedError: the class names what cannot be told or is broken, with the line.
    """
    try:
        with _open(path) as stream:
            survey = survey_text(stream, encoding)
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise FileBrokenError("The compressed file is damaged or was cut off.") from None
    chosen = delimiter or _sniff(path, survey.encoding)
    with closing(_records(path, survey.encoding, chosen)) as records:
        header = next(records, None)
        if header is None:
            raise FileEmptyError
        columns = check_header(header.cells)
        count = sum(1 for _ in records)
    kind = "CSV, gzipped" if _is_gzipped(path) else "CSV"
    return DelimitedSource(
        path=path,
        encoding=survey.encoding,
        delimiter=chosen,
        found=SourceFacts(
            description=f"{kind}, {survey.encoding}, {DELIMITERS.get(chosen, repr(chosen))}",
            columns=columns,
            file_hash=survey.file_hash,
            rows=count,
        ),
    )


def _is_gzipped(path: Path) -> bool:
    return path.suffix.lower() == ".gz"


def _open(path: Path) -> AbstractContextManager[BinaryIO]:
    return cast("BinaryIO", gzip.open(path, "rb")) if _is_gzipped(path) else path.open("rb")


def _records(path: Path, encoding: str, delimiter: str) -> Generator[SourceRow, None, None]:
    """Yield every record that is not blank, the header first."""
    with (
        _open(path) as stream,
        io.TextIOWrapper(stream, encoding=encoding, errors="strict", newline="") as text,
    ):
        csv.field_size_limit(CELL_CHARACTERS_MAX)
        reader = csv.reader(_lines(text, encoding), delimiter=delimiter, strict=True)
        line = 1
        while True:
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                raise FileBrokenError(
                    f"The record that begins on line {line} cannot be read: {error}."
                ) from None
            if cells and (len(cells) > 1 or cells[0].strip()):
                yield SourceRow(line, cells)
            line = reader.line_num + 1


def _lines(text: io.TextIOWrapper, encoding: str) -> Iterator[str]:
    """Yield lines with their ends, whichever they are; none is longer than the limit."""
    number = 0
    try:
        while line := text.readline(LINE_CHARACTERS_MAX):
            number += 1
            if len(line) == LINE_CHARACTERS_MAX and line[-1] not in "\r\n":
                raise FileTooLargeError(f"Line {number} has more than {LINE_CHARACTERS_MAX} characters.")
            yield line
    except UnicodeDecodeError:
        raise FileBrokenError(f"Line {number + 1} or one soon after is not valid {encoding}.") from None
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise FileBrokenError(f"The compressed file ends or breaks after line {number}.") from None


def _sniff(path: Path, encoding: str) -> str:
    """Return the delimiter under which the rows agree with the header.

    Raises:
        DelimiterUnsureError: two would do, or the one that splits the header does not split the rows.
    """
    even: Counter[str] = Counter()
    splits_header = False
    for delimiter in DELIMITERS:
        share = _even_share(_sample(path, encoding, delimiter))
        if share is not None:
            splits_header = True
            even[delimiter] = round(share * 1000)
    if not splits_header:
        return ","
    (best, best_share), *others = even.most_common()
    if best_share < EVEN_SHARE * 1000 or (others and others[0][1] == best_share):
        raise DelimiterUnsureError
    return best


def _sample(path: Path, encoding: str, delimiter: str) -> list[SourceRow]:
    try:
        with closing(_records(path, encoding, delimiter)) as records:
            return list(islice(records, SAMPLE_ROWS))
    except FileBrokenError:
        # A quote that is broken under this delimiter may be whole under another; the right one will tell.
        return []


def _even_share(records: Iterable[SourceRow]) -> float | None:
    """Return the share of rows as wide as the header, or None where the header is not split."""
    widths = [len(record.cells) for record in records]
    if not widths or widths[0] < 2:  # noqa: PLR2004 - one cell is not split
        return None
    if len(widths) == 1:
        return 1.0
    return sum(width == widths[0] for width in widths[1:]) / (len(widths) - 1)
