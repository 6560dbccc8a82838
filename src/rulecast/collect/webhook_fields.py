"""Read single values of a webhook body: each is what it should be, or nothing, or named as unreadable."""

import base64
import binascii
import re
from datetime import UTC, datetime
from typing import Any, cast

from rulecast.values.ids import OpaqueId

Json = dict[str, Any]

# A wamid has up to 128 characters in practice; four times that is surely none.
WAMID_LENGTH_MAX = 512
# WhatsApp's own limit for a text is 4,096 characters; captions and flow answers stay below this too.
TEXT_LENGTH_MAX = 65_536

_DIGITS = re.compile(r"[0-9]{6,15}", re.ASCII)
_NUMBER_ID = re.compile(r"[0-9]{1,40}", re.ASCII)
_SECONDS = re.compile(r"[0-9]{1,11}", re.ASCII)
_WORD = re.compile(r"[A-Za-z0-9_.\-]{1,64}", re.ASCII)
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


def only_contact_of(value: Json) -> Json:
    """Return the one contact a value names; with several or none, nobody."""
    found = value.get("contacts")
    return first_of(value, "contacts") if isinstance(found, list) and len(found) == 1 else {}


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
    is_usable = isinstance(found, str) and 0 < len(found) <= WAMID_LENGTH_MAX and found.isprintable()
    return cast("str", found) if is_usable and _is_encodable(cast("str", found)) else None


def instant_of(parent: Json) -> datetime:
    """Return the instant of `timestamp`, seconds as text or number.

    Raises:
        UnreadableError: there is none.
    """
    found = parent.get("timestamp")
    seconds = found if isinstance(found, str) else str(found) if type(found) is int else ""
    if _SECONDS.fullmatch(seconds) is None:
        raise UnreadableError("without a time in seconds")
    return datetime.fromtimestamp(int(seconds), UTC)


def code_of(problem: Json) -> int:
    """Return the code of an error, 0 where it has none.

    Raises:
        UnreadableError: the code is no whole number of 31 bits.
    """
    code = problem.get("code", 0)
    if type(code) is not int or not 0 <= code < 2**31:
        raise UnreadableError("with an error code that is no code")
    return code


def phone_or_none(found: object) -> str | None:
    """Return a WhatsApp id as a number with its plus sign, or None for anything that is not digits."""
    return f"+{found}" if isinstance(found, str) and _DIGITS.fullmatch(found) else None


def bsuid_or_none(found: object) -> str | None:
    """Return a business-scoped user id, or None for anything of another shape."""
    return found if isinstance(found, str) and _BSUID.fullmatch(found) else None


def word_or_empty(found: object) -> str:
    """Return a word of Meta's vocabulary, or nothing for anything that is no short plain word."""
    return found if isinstance(found, str) and _WORD.fullmatch(found) else ""


def number_id_of(value: Json) -> str:
    """Return the id of the business number a value belongs to, or nothing."""
    found = object_of(value, "metadata").get("phone_number_id")
    return found if isinstance(found, str) and _NUMBER_ID.fullmatch(found) else ""


def opaque_id_or_none(found: object) -> OpaqueId | None:
    """Return the opaque id of an attempt of ours, or None for data of another sender."""
    if not isinstance(found, str) or len(found) != _OPAQUE_LENGTH or not found.isascii():
        return None
    try:
        raw = base64.b64decode(found + "==", altchars=b"-_", validate=True)
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
