"""One cell -> one typed value, or a refusal; missing cells give None.

Values come out as they are stored: text NFC and case-folded, days and instants as ISO text, decimals exact.
"""

import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from math import isfinite

from rulecast.collect.imports.limits import LIST_LENGTH_MAX, TEXT_CHARACTERS_MAX
from rulecast.collect.imports.mapping import ValueRule
from rulecast.collect.imports.refusals import ValueTooLongError, ValueTypeError, ValueUnprintableError
from rulecast.values.catalogue import AttributeType, fold_text
from rulecast.values.zone_offsets import utc_of_local

# The mart keeps decimals of 18 digits, four of them after the point.
DECIMAL_PLACES = 4
DECIMAL_LIMIT = Decimal(10) ** 14
INTEGER_LIMIT = 2**63
# What a fraction of a spreadsheet may differ from its written decimals: the noise of binary floating point.
FLOAT_NOISE = Decimal("1e-9")
CACHE_ENTRIES = 32_768
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_TRUE = frozenset({"true", "yes", "y", "t", "1", "oui", "vrai", "نعم"})
_FALSE = frozenset({"false", "no", "n", "f", "0", "non", "faux", "لا"})
_INTEGER = re.compile(r"([+-]?\d{1,19})(?:\.0+)?")
_BLANKS = "\u00a0\u202f' "
_PLAIN = {
    ".": re.compile(rf"[+-]?(?:\d+|\d{{1,3}}(?:[,{_BLANKS}]\d{{3}})+)(?:\.\d+)?"),
    ",": re.compile(rf"[+-]?(?:\d+|\d{{1,3}}(?:[.{_BLANKS}]\d{{3}})+)(?:,\d+)?"),
}
_THOUSANDS = {".": re.compile(f"[,{_BLANKS}]"), ",": re.compile(f"[.{_BLANKS}]")}
# Degrees with a sign, latitude first; seven decimals are a centimetre.
_PLACE = re.compile(r"([+-]?\d{1,2}(?:\.\d+)?)\s*[,;]\s*([+-]?\d{1,3}(?:\.\d+)?)")
_DEGREES = Decimal(1).scaleb(-7)
LATITUDE_MAX, LONGITUDE_MAX = 90, 180
_PLACES = Decimal(1).scaleb(-DECIMAL_PLACES)

Reader = Callable[[object], object]


def reader_of(rule: ValueRule, kind: AttributeType) -> Reader:
    """Return the function that reads a cell by a rule as a type; it raises RowRefusedError."""
    readers: dict[AttributeType, Reader] = {
        AttributeType.TEXT: read_folded,
        AttributeType.INTEGER: read_integer,
        AttributeType.DECIMAL: lambda cell: read_decimal(cell, rule.decimal),
        AttributeType.BOOLEAN: read_boolean,
        AttributeType.DATE: lambda cell: _iso_day(read_day(cell, rule.format)),
        AttributeType.INSTANT: lambda cell: iso_instant(read_instant(cell, rule.format, rule.zone)),
        AttributeType.TEXT_LIST: lambda cell: read_list(cell, rule.split),
        AttributeType.PLACE: read_place,
    }
    read = readers[kind]
    return _translated(read, rule) if rule.map or rule.otherwise is not None else read


def _translated(read: Reader, rule: ValueRule) -> Reader:
    table = {fold_text(text.strip()): result for text, result in rule.map.items()}

    def read_translated(cell: object) -> object:
        folded = read_folded(cell)
        if folded is None:
            return None
        return read(table.get(folded, cell if rule.otherwise is None else rule.otherwise))

    return read_translated


def read_spelled(cell: object) -> str | None:
    """Return a cell as trimmed NFC text in its own spelling."""
    if cell is None:
        return None
    text = cell if isinstance(cell, str) else _text_of_typed(cell)
    return _clean(text)


def read_folded(cell: object) -> str | None:
    """Return a cell as the text that is stored and compared."""
    if cell is None:
        return None
    return _fold(cell if isinstance(cell, str) else _text_of_typed(cell))


@lru_cache(maxsize=CACHE_ENTRIES)
def _fold(raw: str) -> str | None:
    """Clean and fold; columns of a file repeat their values."""
    text = _clean(raw)
    if text is None:
        return None
    return text.lower() if text.isascii() else fold_text(text)


@lru_cache(maxsize=CACHE_ENTRIES)
def _clean(text: str) -> str | None:
    text = text.strip()
    if not text:
        return None
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    if len(text) > TEXT_CHARACTERS_MAX:
        raise ValueTooLongError(reason=f"The text has more than {TEXT_CHARACTERS_MAX} characters.")
    if not text.isprintable():
        if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
            raise ValueUnprintableError
        # Line ends and other controls inside a value are blanks; format marks such as ZWJ belong to scripts.
        text = "".join(
            " " if unicodedata.category(one) in {"Cc", "Zl", "Zp"} else one for one in text
        ).strip()
    return text or None


def _text_of_typed(cell: object) -> str:
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 10**15:
        return str(int(cell))
    if isinstance(cell, int | float | Decimal):
        return str(cell)
    if isinstance(cell, datetime):
        return cell.isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    raise ValueTypeError(reason="The value is a list or a table, not a text.")


def read_integer(cell: object) -> int | None:
    """Return a whole number of 64 bits."""
    if type(cell) is int and -INTEGER_LIMIT < cell < INTEGER_LIMIT:
        return cell
    if isinstance(cell, bool):
        raise ValueTypeError
    if isinstance(cell, float | Decimal):
        value = _whole(cell)
    elif isinstance(cell, int):
        value = cell
    else:
        text = read_spelled(cell)
        if text is None:
            return None
        match = _INTEGER.fullmatch(text)
        if match is None:
            raise ValueTypeError(reason="The value is not a whole number.")
        value = int(match[1])
    if abs(value) >= INTEGER_LIMIT:
        raise ValueTooLongError
    return value


def _whole(number: float | Decimal) -> int:
    try:
        value = int(number)
    except (ValueError, OverflowError):
        raise ValueTypeError(reason="The value is not a finite number.") from None
    if value != number:
        raise ValueTypeError(reason="The number is not whole.")
    return value


def read_decimal(cell: object, decimal_mark: str = ".") -> Decimal | None:
    """Return an exact decimal of at most four places."""
    if isinstance(cell, str):
        return _parse_decimal(cell, decimal_mark)
    if isinstance(cell, bool):
        raise ValueTypeError
    if isinstance(cell, float):
        return _bounded(_denoised(cell))
    if isinstance(cell, int | Decimal):
        return _bounded(Decimal(cell))
    return _parse_decimal(read_spelled(cell) or "", decimal_mark)


@lru_cache(maxsize=CACHE_ENTRIES)
def _parse_decimal(raw: str, decimal_mark: str) -> Decimal | None:
    text = _clean(raw)
    if text is None:
        return None
    if _PLAIN[decimal_mark].fullmatch(text) is None:
        raise ValueTypeError(reason=f"The value is not a number with the decimal mark `{decimal_mark}`.")
    return _bounded(Decimal(_THOUSANDS[decimal_mark].sub("", text).replace(",", ".")))


def _bounded(value: Decimal) -> Decimal:
    if not value.is_finite() or abs(value) >= DECIMAL_LIMIT:
        raise ValueTooLongError
    if value != value.quantize(_PLACES):
        raise ValueTypeError(reason=f"The number has more than {DECIMAL_PLACES} decimal places.")
    return value


@lru_cache(maxsize=CACHE_ENTRIES)
def _denoised(number: float) -> Decimal:
    if not isfinite(number):
        raise ValueTypeError(reason="The value is not a finite number.")
    if abs(number) >= DECIMAL_LIMIT:
        raise ValueTooLongError
    value = Decimal(repr(number))
    rounded = value.quantize(_PLACES)
    return rounded.normalize() if abs(rounded - value) <= FLOAT_NOISE * max(Decimal(1), abs(value)) else value


def read_place(cell: object) -> dict[str, Decimal] | None:
    """Return `33.58,-7.63` as latitude and longitude in decimal degrees (WGS 84)."""
    text = read_spelled(cell)
    if text is None:
        return None
    found = _PLACE.fullmatch(text.strip("()"))
    if found is None:
        raise ValueTypeError(reason="A place is latitude and longitude in degrees: 33.58,-7.63.")
    latitude, longitude = (Decimal(part).quantize(_DEGREES).normalize() + 0 for part in found.groups())
    if abs(latitude) > LATITUDE_MAX or abs(longitude) > LONGITUDE_MAX:
        raise ValueTypeError(reason="Latitudes end at 90 degrees and longitudes at 180.")
    return {"latitude": latitude, "longitude": longitude}


def read_boolean(cell: object) -> bool | None:
    """Return a truth value; words of English, French and Arabic are known."""
    if isinstance(cell, bool):
        return cell
    text = read_folded(cell)
    if text is None:
        return None
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    raise ValueTypeError(reason="The value is neither true nor false.")


def read_list(cell: object, split: str) -> list[str] | None:
    """Return a list of folded texts; a cell of text is split."""
    parts = cell if isinstance(cell, list | tuple) else (read_spelled(cell) or "").split(split)
    folded = [text for part in parts if (text := read_folded(part)) is not None]
    if len(folded) > LIST_LENGTH_MAX:
        raise ValueTooLongError(reason=f"The list has more than {LIST_LENGTH_MAX} entries.")
    return list(dict.fromkeys(folded)) or None


def read_day(cell: object, pattern: str | None) -> date | None:
    """Return a calendar day."""
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    text = read_spelled(cell)
    return None if text is None else _parse_day(text, pattern)


@lru_cache(maxsize=CACHE_ENTRIES)
def _parse_day(text: str, pattern: str | None) -> date:
    try:
        if pattern is None:
            return datetime.fromisoformat(text).date()
        return datetime.strptime(text, pattern).date()  # noqa: DTZ007 - a day has no zone
    except ValueError:
        raise ValueTypeError(
            reason=f"The value is not a date of the form {pattern or 'YYYY-MM-DD'}."
        ) from None


def _iso_day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def read_instant(cell: object, pattern: str | None, zone: str | None) -> datetime | None:
    """Return an instant in UTC; `zone` is meant where the cell names no offset."""
    if isinstance(cell, datetime):
        return _in_utc(cell, zone)
    if isinstance(cell, date):
        return _in_utc(datetime(cell.year, cell.month, cell.day), zone)  # noqa: DTZ001 - the zone comes next
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return _of_unix(cell, pattern)
    text = read_spelled(cell)
    return None if text is None else _parse_instant(text, pattern, zone)


@lru_cache(maxsize=CACHE_ENTRIES)
def _parse_instant(text: str, pattern: str | None, zone: str | None) -> datetime:
    try:
        if pattern in {"unix", "unix_ms"}:
            return _of_unix(float(text), pattern)
        local = datetime.fromisoformat(text) if pattern is None else datetime.strptime(text, pattern)  # noqa: DTZ007 - the zone comes next
    except (ValueError, OverflowError):
        raise ValueTypeError(
            reason=f"The value is not an instant of the form {pattern or 'ISO 8601'}."
        ) from None
    return _in_utc(local, zone)


def _of_unix(number: float, pattern: str | None) -> datetime:
    if pattern not in {"unix", "unix_ms"}:
        raise ValueTypeError(reason='A number is an instant only where the mapping says format = "unix".')
    try:
        return EPOCH + (timedelta(seconds=number) if pattern == "unix" else timedelta(milliseconds=number))
    except (OverflowError, ValueError):
        raise ValueTypeError(reason="The number is no instant.") from None


def _in_utc(local: datetime, zone: str | None) -> datetime:
    if local.tzinfo is None and zone is None:
        raise ValueTypeError(reason="The instant names no offset, and the mapping no zone.")
    try:
        if local.tzinfo is not None:
            return local.astimezone(UTC)
        if zone is None or zone == "UTC":
            return local.replace(tzinfo=UTC)
        return utc_of_local(zone, local.date(), local.time())
    except OverflowError:
        raise ValueTypeError(reason="The instant lies outside the calendar once it is in UTC.") from None


def iso_instant(instant: datetime | None) -> str | None:
    """Return an instant as the text that is stored: UTC with a Z."""
    return None if instant is None else instant.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"
