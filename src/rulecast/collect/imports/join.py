"""A second file whose columns are added to each row by a key."""

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from rulecast.collect.imports.cells import position_of
from rulecast.collect.imports.errors import FileTooLargeError, MappingInvalidError
from rulecast.collect.imports.limits import JOIN_ROWS_MAX
from rulecast.collect.imports.mapping import FileRules, JoinRules
from rulecast.collect.imports.open_source import open_source
from rulecast.collect.imports.read_value import read_spelled


@dataclass(frozen=True, slots=True, kw_only=True)
class Join:
    """The rows of the second file by key; `column` is the imported file's."""

    column: str
    columns: tuple[str, ...]
    rows: Mapping[str, tuple[object, ...]]
    file_hash: bytes

    def find(self, cell: object) -> tuple[object, ...]:
        """Return the added cells of a row, all missing where the key is unknown."""
        key = str(cell) if type(cell) is int else read_spelled(cell)
        return self.rows.get(key or "", (None,) * len(self.columns))


def load_join(rules: JoinRules, beside: Path) -> Join:
    """Read the second file into memory; blocking. Its path is relative to the imported file.

    Raises:
        MappingInvalidError: a key occurs twice, or a column is not there.
        ImportRefusedError: the file cannot be read, or has too many rows.
    """
    source = open_source(beside.parent / rules.file, FileRules())
    positions = {name: place for place, name in enumerate(source.facts.columns)}
    key_at = position_of(rules.key, positions)
    places = [position_of(name, positions) for name in rules.columns]
    rows: dict[str, tuple[object, ...]] = {}
    with closing(source.rows()) as found:
        for line, cells in found:
            key = read_spelled(cells[key_at])
            if key is None:
                continue
            if key in rows:
                raise MappingInvalidError(
                    f"join: the key on line {line} of {rules.file} is not the first of its kind."
                )
            rows[key] = tuple(cells[place] for place in places)
            if len(rows) > JOIN_ROWS_MAX:
                raise FileTooLargeError(f"The joined file has more than {JOIN_ROWS_MAX:,} rows.")
    return Join(column=rules.column, columns=rules.columns, rows=rows, file_hash=source.facts.file_hash)
