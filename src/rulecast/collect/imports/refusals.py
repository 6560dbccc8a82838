"""Why a row is not imported: one class and one stable code a reason; the text never quotes the row."""

from dataclasses import dataclass, field
from typing import Self

from rulecast.values.errors import RulecastError


@dataclass(frozen=True, slots=True, kw_only=True)
class Reject:
    """A row that was not imported: its line, the column at fault, code and reason; `raw` only when asked for."""

    line: int
    column: str
    code: str
    reason: str
    raw: str = field(default="", repr=False)


class RowRefusedError(RulecastError):
    """A row cannot be imported; the others are."""

    code = "RC-IMPORT-100"
    summary = "The row cannot be imported."
    remedy = "Correct the row and import the file again: rows that are stored already change nothing."

    def __init__(self, column: str = "", reason: str | None = None) -> None:
        """Keep the column at fault and, where it says more than the code, the reason."""
        self.column = column
        super().__init__(reason)

    def in_column(self, column: str) -> Self:
        """Name the column, where it is not named yet."""
        self.column = self.column or column
        return self

    def at(self, line: int) -> Reject:
        """Return the record for the reject file."""
        return Reject(line=line, column=self.column, code=self.code, reason=self.what)


class CellCountError(RowRefusedError):
    """The row has more or fewer cells than the header."""

    code = "RC-IMPORT-101"
    summary = "The row has more or fewer cells than the header has columns."
    remedy = "Look for a missing quotation mark or a delimiter inside a value."


class IdentityMissingError(RowRefusedError):
    """Nothing says who the row is about."""

    code = "RC-IMPORT-102"
    summary = "The row names nobody: phone number, BSUID and customer id are empty."
    remedy = "Add the identity, or leave the row out."


class PhoneUnreadableError(RowRefusedError):
    """The phone number is none."""

    code = "RC-IMPORT-103"
    summary = "The value is not a phone number of any country's numbering plan."
    remedy = "Correct the number, best with its plus sign and country code."


class PhoneDigitsLostError(RowRefusedError):
    """A spreadsheet has rounded the phone number."""

    code = "RC-IMPORT-104"
    summary = "The phone number lost digits: a spreadsheet stored it as a rounded number."
    remedy = "Export the column as text from where it came; the lost digits cannot be restored."


class PhoneShortCodeError(RowRefusedError):
    """The number is a short code."""

    code = "RC-IMPORT-105"
    summary = "The number is too short to belong to a person: a short code or a fragment."
    remedy = "Correct the number."


class PhoneNotPersonalError(RowRefusedError):
    """The number belongs to a service."""

    code = "RC-IMPORT-106"
    summary = "The number is a premium, toll-free, shared-cost or company service number, nobody's own."
    remedy = "Leave the row out, or give the person's own number."


class PhoneCountryUnknownError(RowRefusedError):
    """The number has no country."""

    code = "RC-IMPORT-107"
    summary = "The number has no country code and no default country is set."
    remedy = "Give --default-region, or map a country column."


class ValueTypeError(RowRefusedError):
    """A value has another type than the attribute."""

    code = "RC-IMPORT-108"
    summary = "The value cannot be read as the type of the attribute or property."
    remedy = "Correct the value, or set type, format or decimal in the mapping."


class ValueTooLongError(RowRefusedError):
    """A value exceeds the limit of its kind."""

    code = "RC-IMPORT-109"
    summary = "The value is longer than its kind may be."
    remedy = "Shorten it; free text does not belong in an attribute."


class ValueUnprintableError(RowRefusedError):
    """A value holds a NUL or a lone surrogate."""

    code = "RC-IMPORT-110"
    summary = "The row holds a NUL or another character that cannot be stored."
    remedy = "Export the file again; this is usually a broken transfer."


class ZoneUnknownError(RowRefusedError):
    """A zone is none."""

    code = "RC-IMPORT-111"
    summary = "The value is not the IANA name of a time zone."
    remedy = "Use a name such as Africa/Casablanca."


class CountryUnknownError(RowRefusedError):
    """A country is none."""

    code = "RC-IMPORT-112"
    summary = "The value is not an ISO 3166 country code of two letters."
    remedy = "Use the code, or translate the values in the mapping with `map`."


class IdentitiesOfTwoError(RowRefusedError):
    """The row's identities belong to two people."""

    code = "RC-IMPORT-113"
    summary = "The identities of the row belong to two different contacts."
    remedy = "Find out which is right; contacts are never merged in silence."


class IdentityDiffersError(RowRefusedError):
    """The person is known under another identity of this kind."""

    code = "RC-IMPORT-114"
    summary = "The contact is known with another identity of the same kind."
    remedy = "A changed number is a decision about consent: it is not taken from a list."


class ConsentUnreadableError(RowRefusedError):
    """A consent cannot be read."""

    code = "RC-IMPORT-115"
    summary = "The status or purpose of the consent is none of the words the mapping knows."
    remedy = "List the word in the mapping under granted, denied or withdrawn."


class ConsentDateError(RowRefusedError):
    """A consent's date cannot be right."""

    code = "RC-IMPORT-116"
    summary = "The date of the consent cannot be read or lies in the future."
    remedy = "Correct the date, or its format in the mapping; a consent is never dated by guess."


class EventNameError(RowRefusedError):
    """The event has no usable name."""

    code = "RC-IMPORT-117"
    summary = "The row names no event, or one that cannot be a name."
    remedy = "Use small letters, digits and underscores, or translate the values in the mapping."


class EventTimeError(RowRefusedError):
    """The event has no usable instant."""

    code = "RC-IMPORT-118"
    summary = "The instant of the event is missing, cannot be read, or lies in the future."
    remedy = "Correct it, or its format and zone in the mapping."


class PersonUnknownError(RowRefusedError):
    """The event is about nobody known."""

    code = "RC-IMPORT-119"
    summary = "No contact has this identity."
    remedy = "Import the contacts first, or set create_contacts = true in the mapping."


class TagUnusableError(RowRefusedError):
    """A tag is too long or there are too many."""

    code = "RC-IMPORT-120"
    summary = "A tag is longer than 64 characters, or the row has more than 50."
    remedy = "Correct the tags, or the character at which they are split."
