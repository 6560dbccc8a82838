"""The canonical text of values, numbers and lengths of time."""

from datetime import UTC, date, datetime
from decimal import Decimal

from rulecast.rule.language import condition as c


def format_scalar(value: c.Scalar) -> str:
    """Return a value as a rule writes it."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return quoted(value)
        case datetime():
            moment = value.astimezone(UTC)
            return moment.strftime("%Y-%m-%dT%H:%M:%SZ" if moment.second else "%Y-%m-%dT%H:%MZ")
        case date():
            return value.isoformat()
        case Decimal():
            return format_decimal(value)
        case int():
            return str(value)


def quoted(text: str) -> str:
    """Return a text in quotes."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def format_decimal(value: Decimal) -> str:
    """Return a decimal with a point and without needless zeros."""
    whole, _, digits = format(value, "f").partition(".")
    return f"{whole}.{digits.rstrip('0') or '0'}"


def format_amount(value: Decimal) -> str:
    """Return a decimal without needless zeros, whole where it is whole."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def format_duration(duration: c.Duration) -> str:
    """Return a duration with its unit in the right number."""
    return f"{duration.amount} {format_unit(duration.amount, duration.unit)}"


def format_unit(amount: int, unit: str) -> str:
    """Return the unit in the right number."""
    return unit[:-1] if amount == 1 else unit
