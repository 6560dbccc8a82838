"""Raw text of a list -> E.164, where that is certain."""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberType

from rulecast.collect.imports.refusals import (
    PhoneCountryUnknownError,
    PhoneDigitsLostError,
    PhoneNotPersonalError,
    PhoneShortCodeError,
    PhoneUnreadableError,
    RowRefusedError,
)

# Parsing costs some 80 us and lists repeat numbers; 16 MB.
CACHE_ENTRIES = 65_536
# A spreadsheet keeps 15 digits of a number (IEEE 754 double, as Excel shows it); more were rounded.
SPREADSHEET_DIGITS_MAX = 15
# No country has personal numbers of so few digits (libphonenumber metadata: Ascension Island has 5).
PERSONAL_DIGITS_MIN = 5
RAW_CHARACTERS_MAX = 60

_SCIENTIFIC = re.compile(r"[+-]?\d+(?:[.,]\d+)?[eE][+-]?\d+")
_SPELT = re.compile(r"[a-z]{3,}(?<!ext)")
_WHOLE_WITH_FRACTION = re.compile(r"(\d+)[.,]0+")
_NOBODYS: frozenset[int] = frozenset(
    {
        PhoneNumberType.PREMIUM_RATE,
        PhoneNumberType.SHARED_COST,
        PhoneNumberType.TOLL_FREE,
        PhoneNumberType.UAN,
        PhoneNumberType.VOICEMAIL,
        PhoneNumberType.PAGER,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ReadPhone:
    """A number of a numbering plan: E.164, its country (`001` for none), and whether it can be a person's."""

    e164: str
    region: str
    is_personal: bool


def read_personal_phone(raw: object, default_region: str | None) -> ReadPhone:
    """Read a number that a person can have.

    Raises:
        RowRefusedError: the class names the reason; no text quotes the number.
    """
    if isinstance(raw, str) and _SPELT.search(raw.strip().lower().removeprefix("tel:")):
        # A keypad would turn the letters into digits; a person's number is never written so, a slip may be.
        raise PhoneUnreadableError
    phone = read_phone(raw, default_region)
    if not phone.is_personal:
        raise PhoneNotPersonalError
    return phone


def read_phone(raw: object, default_region: str | None) -> ReadPhone:
    """Read any number of a numbering plan, given in any digits and spelling.

    A number without country code is read by the plan of `default_region` (ISO 3166). What a spreadsheet rounded is
    refused, never completed.

    Raises:
        RowRefusedError: the class names the reason; no text quotes the number.
    """
    answer = _read(_text_of(raw), default_region)
    if isinstance(answer, ReadPhone):
        return answer
    raise answer()


def _text_of(raw: object) -> str:
    """Return a cell as text; whole numbers of a spreadsheet become their digits."""
    if isinstance(raw, str):
        text = unicodedata.normalize("NFKC", raw).strip() if not raw.isascii() else raw.strip()
    elif isinstance(raw, bool):
        raise PhoneUnreadableError
    elif isinstance(raw, int):
        text = str(raw)
        if len(text) > SPREADSHEET_DIGITS_MAX:
            raise PhoneDigitsLostError
    elif isinstance(raw, float):
        if not raw.is_integer() or raw >= 10**SPREADSHEET_DIGITS_MAX:
            raise PhoneDigitsLostError
        text = str(int(raw))
    else:
        raise PhoneUnreadableError
    if len(text) > RAW_CHARACTERS_MAX:
        raise PhoneUnreadableError
    if _SCIENTIFIC.fullmatch(text):
        raise PhoneDigitsLostError
    written_as_decimal = _WHOLE_WITH_FRACTION.fullmatch(text)
    return (
        written_as_decimal[1]
        if written_as_decimal and len(written_as_decimal[1]) >= PERSONAL_DIGITS_MIN
        else text
    )


@lru_cache(maxsize=CACHE_ENTRIES)
def _read(text: str, default_region: str | None) -> ReadPhone | type[RowRefusedError]:
    try:
        number = phonenumbers.parse(text, default_region)
    except NumberParseException as error:
        return _parse_refusal(error, text)
    kind = phonenumbers.number_type(number)
    if kind == PhoneNumberType.UNKNOWN:
        return PhoneShortCodeError if _is_short(text) else PhoneUnreadableError
    return ReadPhone(
        e164=phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164),
        region=phonenumbers.region_code_for_number(number) or "ZZ",
        # A number with an extension is a switchboard.
        is_personal=kind not in _NOBODYS and not number.extension,
    )


def _parse_refusal(error: NumberParseException, text: str) -> type[RowRefusedError]:
    if error.error_type == NumberParseException.INVALID_COUNTRY_CODE and not text.startswith("+"):
        return PhoneCountryUnknownError
    if error.error_type == NumberParseException.TOO_SHORT_NSN or _is_short(text):
        return PhoneShortCodeError
    return PhoneUnreadableError


def _is_short(text: str) -> bool:
    digits = sum(character.isdigit() for character in text)
    return 0 < digits <= PERSONAL_DIGITS_MIN + 1
