"""Reading the cells of a row by the rules of a mapping; every refusal names its column."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import reduce
from operator import mul

from rulecast.collect.imports.errors import ColumnMissingError
from rulecast.collect.imports.mapping import ValueRule
from rulecast.collect.imports.read_value import Reader, read_decimal, read_instant, reader_of
from rulecast.collect.imports.refusals import RowRefusedError
from rulecast.values.catalogue import AttributeType, closest_name

Cells = Sequence[object]
CellReader = Callable[[Cells], object]


def position_of(column: str, positions: Mapping[str, int]) -> int:
    """Return where a column stands.

    Raises:
        ColumnMissingError: the file has no such column.
    """
    found = positions.get(column)
    if found is None:
        near = closest_name(column, positions)
        raise ColumnMissingError(
            f"The file has no column {column!r}{f'; did you mean {near!r}' if near else ''}."
        )
    return found


def cell_reader(rule: ValueRule, kind: AttributeType, positions: Mapping[str, int]) -> CellReader:
    """Return the function that reads the rule's value from the cells of a row."""
    return cell_reader_with(rule, reader_of(rule, kind), positions)


def cell_reader_with(rule: ValueRule, read: Reader, positions: Mapping[str, int]) -> CellReader:
    """Return the function that reads the rule's column with a given reader."""
    if rule.multiply:
        return _product(rule, positions)
    if rule.column is None:
        constant = read(rule.constant)
        return lambda _cells: constant
    column, position = rule.column, position_of(rule.column, positions)

    def read_cell(cells: Cells) -> object:
        try:
            return read(cells[position])
        except RowRefusedError as refusal:
            raise refusal.in_column(column) from None

    return read_cell


def instant_reader(rule: ValueRule, positions: Mapping[str, int]) -> Callable[[Cells], datetime | None]:
    """Return the function that reads the rule's instant, in UTC."""
    read = cell_reader_with(rule, lambda cell: read_instant(cell, rule.format, rule.zone), positions)

    def read_cell(cells: Cells) -> datetime | None:
        value = read(cells)
        assert value is None or isinstance(value, datetime)
        return value

    return read_cell


def _product(rule: ValueRule, positions: Mapping[str, int]) -> CellReader:
    factors = [(column, position_of(column, positions)) for column in rule.multiply]

    def read_product(cells: Cells) -> object:
        values = [_factor(cells[position], column, rule) for column, position in factors]
        known = [value for value in values if value is not None]
        if len(known) < len(values):
            return None
        try:
            return read_decimal(reduce(mul, known))
        except RowRefusedError as refusal:
            raise refusal.in_column(factors[0][0]) from None

    return read_product


def _factor(cell: object, column: str, rule: ValueRule) -> Decimal | None:
    try:
        return read_decimal(cell, rule.decimal)
    except RowRefusedError as refusal:
        raise refusal.in_column(column) from None
