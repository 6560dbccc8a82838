"""Read single values of a webhook body: each is what it should be, or nothing, or named as unreadable."""

import binascii
import re
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from rulecast.values.ids import OpaqueId

Json = dict[str, Any]

# A wamid has up to 128 characters in practice; four times that is surely none.
WAMID_LENGTH_MAX = 512
# WhatsApp's own limit for a text is 4,096 characters; captions and flow answers stay below this too.
TEXT_LENGTH_MAX = 65_536

# What Meta says of an error fits easily; the database keeps no more.
PROBLEM_LENGTH_MAX = 500
NAME_LENGTH_MAX = 200
# Words of Meta's vocabulary (statuses, categories, kinds) are short.
WORD_LENGTH_MAX = 64
# Meta's numeric ids have 15 to 20 digits.
ID_LENGTH_MAX = 40

_PHONE_LENGTH_MIN = 6
_PHONE_LENGTH_MAX = 15
_DECORATION = re.compile(r"[+\-() .]", re.ASCII)
_DISPLAY_LENGTH_MAX = 40
_CODE = re.compile(r"[0-9]{1,10}", re.ASCII)
# Eleven digits of seconds reach the year 5138; what is longer counts milliseconds.
_SECONDS_LENGTH = 11
_MILLISECONDS_LENGTH = 14
_DATE_LENGTH_MAX = 40
_DATE_PATTERNS = ("%B %d, %Y", "%b %d, %Y", "%Y-%m-%d", "%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%d %H:%M:%S")
_WORD = re.compile(r"[A-Za-z0-9_.\-]+", re.ASCII)
# A business-scoped user id, its parent form included (Meta, "Business-scoped user ids").
_BSUID = re.compile(r"[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}", re.ASCII)
_OPAQUE_LENGTH = 22
_OPAQUE_BYTES = 16


class UnreadableError(Exception):
    """One part of a body has a shape that cannot be read; the text names the field, never a value."""


def object_of(parent: Json, name: str) -> Json:
    """Return the object a field holds, an empty one where it holds none."""
    found = parent.get(name)
    return found if isinstance(found, dict) else {}


def first_of(parent: Json, name: str) -> Json:
    """Return the first object of a list, an empty one where there is none."""
    found = parent.get(name)
    return found[0] if isinstance(found, list) and found and isinstance(found[0], dict) else {}


def objects_of(parent: Json, name: str) -> list[Json]:
    """Return the objects of a list, whatever else it holds left out."""
    found = parent.get(name)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def wamid_of(parent: Json, name: str) -> str:
    """Return the message id of a field.

    Raises:
        UnreadableError: there is none.
    """
    found = wamid_or_none(parent.get(name))
    if found is None:
        raise UnreadableError("without a message id")
    return found


def wamid_or_none(found: object) -> str | None:
    """Return a message id that can be kept, or None."""
    if not isinstance(found, str) or not 0 < len(found) <= WAMID_LENGTH_MAX:
        return None
    return found if found.isprintable() and _is_encodable(found) else None


def instant_of(parent: Json) -> datetime:
    """Return the instant of `timestamp`, seconds as text or number.

    Raises:
        UnreadableError: there is none.
    """
    found = instant_or_none(parent.get("timestamp"))
    if found is None:
        raise UnreadableError("without a time in seconds")
    return found


def instant_or_none(found: object) -> datetime | None:
    """Return the instant of seconds, or of milliseconds by their length, as text or number; None for anything else."""
    digits = found if isinstance(found, str) else _whole(found)
    if not digits.isdigit() or not digits.isascii() or len(digits) > _MILLISECONDS_LENGTH:
        return None
    return datetime.fromtimestamp(int(digits) if len(digits) <= _SECONDS_LENGTH else int(digits) // 1000, UTC)


def _whole(found: object) -> str:
    if type(found) is float and found.is_integer():
        return str(int(found))
    return str(found) if type(found) is int else ""


def day_or_none(found: object) -> datetime | None:
    """Return an instant Meta writes in seconds or as a date in words ("April 17, 2025", "2025-04-17")."""
    instant = instant_or_none(found)
    if instant is not None or not isinstance(found, str) or len(found) > _DATE_LENGTH_MAX:
        return instant
    for pattern in _DATE_PATTERNS:
        with suppress(ValueError, OverflowError):
            day = datetime.strptime(found, pattern)  # noqa: DTZ007 - the next line gives it its zone
            return day.replace(tzinfo=UTC) if day.tzinfo is None else day.astimezone(UTC)
    return None


def code_of(problem: Json) -> int:
    """Return the code of an error as number or digits, 0 where it has none.

    Raises:
        UnreadableError: the code is no whole number of 31 bits.
    """
    code = problem.get("code", 0)
    if isinstance(code, str) and _CODE.fullmatch(code):
        code = int(code)
    if type(code) is not int or not 0 <= code < 2**31:
        raise UnreadableError("with an error code that is no code")
    return code


def code_or_zero(problem: Json) -> int:
    """Return the code of an error, 0 where there is none that could be one."""
    try:
        return code_of(problem)
    except UnreadableError:
        return 0


def problem_details_of(problem: Json) -> str:
    """Return what an error says of itself; `error_data` has been seen as an object and as a text."""
    data = problem.get("error_data")
    told = data.get("details") if isinstance(data, dict) else data
    return clean_or_none(told, PROBLEM_LENGTH_MAX) or ""


def phone_or_none(found: object) -> str | None:
    """Return a WhatsApp id as a number with its plus sign, or None for anything that is not digits."""
    digits = found if isinstance(found, str) else str(found) if type(found) is int else ""
    is_number = (
        _PHONE_LENGTH_MIN <= len(digits) <= _PHONE_LENGTH_MAX and digits.isdigit() and digits.isascii()
    )
    return f"+{digits}" if is_number else None


def phone_digits_or_empty(found: object) -> str:
    """Return the digits of a business number as Meta shows it ("15550783881", "+1 555-078-3881"), or nothing."""
    digits = found if isinstance(found, str) else str(found) if type(found) is int else ""
    if not digits.isdigit() and len(digits) <= _DISPLAY_LENGTH_MAX:
        digits = _DECORATION.sub("", digits)
    is_number = (
        _PHONE_LENGTH_MIN <= len(digits) <= _PHONE_LENGTH_MAX and digits.isdigit() and digits.isascii()
    )
    return digits if is_number else ""


def bsuid_or_none(found: object) -> str | None:
    """Return a business-scoped user id, or None for anything of another shape."""
    return found if isinstance(found, str) and _BSUID.fullmatch(found) else None


def word_or_empty(found: object) -> str:
    """Return a word of Meta's vocabulary, or nothing for anything that is no short plain word."""
    if not isinstance(found, str) or len(found) > WORD_LENGTH_MAX:
        return ""
    # Most words are names; asking for that first spares the pattern.
    return found if (found.isascii() and found.isidentifier()) or _WORD.fullmatch(found) else ""


def id_or_empty(found: object) -> str:
    """Return one of Meta's numeric ids as text; webhooks write some as numbers, the REST API as texts."""
    digits = found if isinstance(found, str) else str(found) if type(found) is int else ""
    return digits if digits.isdigit() and digits.isascii() and len(digits) <= ID_LENGTH_MAX else ""


def opaque_id_or_none(found: object) -> OpaqueId | None:
    """Return the opaque id of an attempt of ours, or None for data of another sender."""
    if not isinstance(found, str) or len(found) != _OPAQUE_LENGTH or not found.isascii():
        return None
    try:
        raw = binascii.a2b_base64(found.replace("-", "+").replace("_", "/") + "==", strict_mode=True)
    except binascii.Error:
        return None
    return OpaqueId(raw) if len(raw) == _OPAQUE_BYTES else None


def text_or_none(found: object) -> str | None:
    """Return the words a field holds, cut to a length, or None."""
    return clean_or_none(found, TEXT_LENGTH_MAX)


def clean_or_none(found: object, length_max: int) -> str | None:
    """Return the text cut to a length, with NUL and lone surrogates, which no store takes, replaced."""
    if not isinstance(found, str):
        return None
    cut = found[:length_max]
    if "\0" not in cut and _is_encodable(cut):
        return cut
    return cut.replace("\0", "\ufffd").encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _is_encodable(text: str) -> bool:
    if text.isascii():
        return True
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
