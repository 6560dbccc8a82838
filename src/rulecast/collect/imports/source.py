"""What every file format gives: column names, and rows with the line they begin on."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from rulecast.collect.imports.errors import FileEmptyError, FileTooLargeError, HeaderInvalidError
from rulecast.collect.imports.limits import COLUMN_NAME_CHARACTERS_MAX, COLUMNS_MAX

Cell = object
"""Text of a CSV; text, number, truth, day or instant of the typed formats; None and empty text are missing."""


class SourceRow(NamedTuple):
    """One row: the line (or row number) on which it begins, and its cells in the order of the columns."""

    line: int
    cells: Sequence[Cell]


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFacts:
    """What a survey of the whole file found; `rows` None where counting would cost a second reading."""

    description: str
    columns: tuple[str, ...]
    file_hash: bytes
    rows: int | None


class Source(Protocol):
    """A file that was surveyed from end to end and can be read, any number of times."""

    @property
    def facts(self) -> SourceFacts:
        """What the survey found."""
        ...

    def rows(self) -> Generator[SourceRow, None, None]:
        """Yield the rows, in order; blocking. Close it where it is not read to its end."""
        ...


def check_header(cells: Sequence[object]) -> tuple[str, ...]:
    """Return the names of the columns, trimmed.

    Raises:
        FileEmptyError: there are none.
        FileTooLargeError: there are more than an import may have.
        HeaderInvalidError: a column has no name, or two have one.
    """
    names = ["" if cell is None else str(cell).strip() for cell in cells]
    if not any(names):
        raise FileEmptyError
    if len(names) > COLUMNS_MAX:
        raise FileTooLargeError(f"The file has {len(names)} columns, at most {COLUMNS_MAX} are allowed.")
    seen: dict[str, int] = {}
    for number, name in enumerate(names, start=1):
        if not name:
            raise HeaderInvalidError(f"Column {number} of the first row has no name.")
        if len(name) > COLUMN_NAME_CHARACTERS_MAX or "\0" in name:
            raise HeaderInvalidError(f"The name of column {number} is too long or cannot be printed.")
        if name in seen:
            raise HeaderInvalidError(f"Columns {seen[name]} and {number} have the same name.")
        seen[name] = number
    return tuple(names)
