"""JSON Lines: one object a line."""

from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import BinaryIO

import msgspec
from typing_extensions import override

from rulecast.collect.imports.errors import FileBrokenError, FileEmptyError, FileTooLargeError
from rulecast.collect.imports.hash_file import hash_file
from rulecast.collect.imports.limits import COLUMNS_MAX, LINE_CHARACTERS_MAX
from rulecast.collect.imports.source import Source, SourceFacts, SourceRow, check_header

_DECODER = msgspec.json.Decoder(dict[str, object], float_hook=Decimal)
_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonLinesSource(Source):
    """A surveyed file; its columns are the names that occur in any line, in order of appearance."""

    path: Path
    found: SourceFacts

    @property
    @override
    def facts(self) -> SourceFacts:
        return self.found

    @override
    def rows(self) -> Generator[SourceRow, None, None]:
        columns = self.found.columns
        with closing(_objects(self.path)) as objects:
            for line, values in objects:
                yield SourceRow(line, [values.get(name) for name in columns])


def survey_json_lines(path: Path) -> JsonLinesSource:
    """Read the whole file once: every line must be an object.

    Raises:
        FileBrokenError: a line is none.
        FileTooLargeError: a line or the number of names exceeds its limit.
    """
    file_hash = hash_file(path)
    names: dict[str, None] = {}
    count = 0
    with closing(_objects(path)) as objects:
        for line, values in objects:
            count += 1
            if not values.keys() <= names.keys():
                names.update(dict.fromkeys(values))
                if len(names) > COLUMNS_MAX:
                    raise FileTooLargeError(f"Up to line {line} there are more than {COLUMNS_MAX} names.")
    if not count:
        raise FileEmptyError
    # A name with blanks around it would be trimmed by the check and then not be found.
    check_header(list(names))
    return JsonLinesSource(
        path=path,
        found=SourceFacts(description="JSON Lines", columns=tuple(names), file_hash=file_hash, rows=count),
    )


def _objects(path: Path) -> Generator[tuple[int, dict[str, object]], None, None]:
    with path.open("rb") as stream:
        for number, line in enumerate(_lines(stream), start=1):
            text = line.removeprefix(_MARK) if number == 1 else line
            if not text.strip():
                continue
            try:
                yield number, _DECODER.decode(text)
            except (msgspec.DecodeError, UnicodeDecodeError):
                raise FileBrokenError(f"Line {number} is not one JSON object in UTF-8.") from None


def _lines(stream: BinaryIO) -> Iterator[bytes]:
    number = 0
    while line := stream.readline(LINE_CHARACTERS_MAX):
        number += 1
        if len(line) == LINE_CHARACTERS_MAX and not line.endswith(b"\n"):
            raise FileTooLargeError(f"Line {number} has more than {LINE_CHARACTERS_MAX} bytes.")
        yield line
