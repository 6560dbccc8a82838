"""Values as they are stored in JSON, read as the types that conditions compare."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from rulecast.rule.engine.facts import FactValue
from rulecast.values.catalogue import AttributeType, Coordinates


def read_value(value: object, kind: AttributeType) -> FactValue:
    """Return a stored JSON value as the type the catalogue says; what cannot be read is missing."""
    if value is None or (isinstance(value, str | list) and not value):
        return None
    try:
        return _READERS[kind](value)
    except (ValueError, TypeError, ArithmeticError, KeyError):
        return None


def _flag(value: Any) -> bool:
    return value if isinstance(value, bool) else str(value).lower() == "true"


def _instant(value: Any) -> datetime:
    read = datetime.fromisoformat(value)
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)


def _place(value: Any) -> Coordinates:
    return Coordinates(latitude=float(value["latitude"]), longitude=float(value["longitude"]))


_READERS: Mapping[AttributeType, Callable[[Any], FactValue]] = {
    AttributeType.TEXT: str,
    AttributeType.INTEGER: int,
    AttributeType.DECIMAL: lambda value: Decimal(str(value)),
    AttributeType.BOOLEAN: _flag,
    AttributeType.DATE: date.fromisoformat,
    AttributeType.INSTANT: _instant,
    AttributeType.PLACE: _place,
    AttributeType.TEXT_LIST: lambda value: tuple(str(one) for one in value),
}
