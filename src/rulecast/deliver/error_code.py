"""What each error code of the Cloud API means for us, read from `error_codes.csv`.

Source of the rows: whatsapp-platform 6 (Meta's error code reference, 2026 edition, and the lists of its partners);
the column `section` names the part.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Literal, TypeAlias


class CodeOutcome(StrEnum):
    """What a code says about the message it answers.

    again: surely not accepted; the same message is sent again with a new attempt.
    kept: surely not accepted; the message waits behind a pause until a person resumes.
    refused: surely not accepted and final; the permit is released.
    spent: final; the permit stays counted, because Meta looked at the person.
    held: nobody knows what it means; a person decides.
    unknown: Meta may have accepted; only a status can tell.
    """

    AGAIN = "again"
    KEPT = "kept"
    REFUSED = "refused"
    SPENT = "spent"
    HELD = "held"
    UNKNOWN = "unknown"


class CodeAction(StrEnum):
    """What happens beside the message."""

    NONE = "none"
    RETRY_AFTER = "retry_after"
    SLOW_NUMBER = "slow_number"
    PAUSE_PAIR = "pause_pair"
    PAUSE_TEMPLATE = "pause_template"
    RENEW_FILES = "renew_files"
    PAUSE_NUMBER = "pause_number"
    SUPPRESS_CONTACT = "suppress_contact"
    REST_MARKETING = "rest_marketing"
    COUNT_UNDELIVERED = "count_undelivered"
    HOLD_COUNTRY = "hold_country"
    HOLD_MARKETING = "hold_marketing"
    HOLD_UTILITY = "hold_utility"
    STOP_ALL = "stop_all"
    HOLD = "hold"


CodeScope: TypeAlias = Literal[
    "message", "pair", "contact_marketing", "contact_all", "template", "number", "waba", "country", "token"
]
"""What a code tells about: a message, a pair of number and person, the marketing to a person or everything to them, a
template, a number, an account, a country of the account, or the access token."""

LANGUAGES = ("en", "fr")


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeWording:
    """A code told to a person: what happened, and what to do."""

    what: str
    what_to_do: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorCode:
    """One row; both codes are the same unless the row tells of a whole range.

    `kind` is code or subcode. `seen` tells where it comes: as an answer to a send, as a failed status, as both, with
    something a person sent (inbound), or from the management interface. `outcome` and `action` follow an answer,
    `status_action` a failed status. `waits_seconds` are the rests after the first, second, ... time in a row; the last
    one stays.
    """

    first_code: int
    last_code: int
    kind: str
    seen: str
    scope: CodeScope
    outcome: CodeOutcome
    action: CodeAction
    status_action: CodeAction
    waits_seconds: tuple[int, ...]
    section: str
    wordings: Mapping[str, CodeWording]

    @property
    def meaning(self) -> str:
        """Return what happened, in English."""
        return self.wordings["en"].what

    @property
    def remedy(self) -> str:
        """Return what to do, in English."""
        return self.wordings["en"].what_to_do

    @property
    def wait_seconds(self) -> int:
        """Return how long the first rest is; 0 without one."""
        return self.wait_after(1)

    @property
    def is_surely_not_sent(self) -> bool:
        """Return whether the same message may be sent again, because Meta surely never looked at it."""
        return self.outcome is CodeOutcome.AGAIN

    def wait_after(self, times: int) -> int:
        """Return how many seconds to rest after so many times in a row, from 1."""
        if not self.waits_seconds:
            return 0
        return self.waits_seconds[min(max(times, 1), len(self.waits_seconds)) - 1]


OF_SENDING = frozenset({"answer", "status", "both"})
"""Where the codes come that decide about messages; any other one, met by a message, holds."""
SEEN_IN_STATUSES = frozenset({"both", "status"})
"""A failed status with any other code tells of its message alone: the code is no word about number or account."""

UNLISTED = ErrorCode(
    first_code=-1,
    last_code=-1,
    kind="code",
    seen="both",
    scope="number",
    outcome=CodeOutcome.HELD,
    action=CodeAction.HOLD,
    status_action=CodeAction.HOLD,
    waits_seconds=(),
    section="",
    wordings={
        "en": CodeWording(
            what="This code is not in the table of rulecast.",
            what_to_do="The number is held. Look the code up at Meta, then resume.",
        ),
        "fr": CodeWording(
            what="Ce code n'est pas dans la table de rulecast.",
            what_to_do="Le numéro est retenu. Cherchez le code chez Meta, puis reprenez.",
        ),
    },
)
"""A code nobody has described holds the number until a person has looked (F27)."""


@cache
def error_codes() -> tuple[ErrorCode, ...]:
    """Return every row of the table, ordered by code."""
    text = files(__package__).joinpath("error_codes.csv").read_text(encoding="utf-8")
    return tuple(_read(row) for row in csv.DictReader(text.splitlines()))


def _read(row: Mapping[str, str]) -> ErrorCode:
    scope: CodeScope = row["scope"]  # type: ignore[assignment] # a test compares the column with the type
    return ErrorCode(
        first_code=int(row["first_code"]),
        last_code=int(row["last_code"]),
        kind=row["kind"],
        seen=row["seen"],
        scope=scope,
        outcome=CodeOutcome(row["outcome"]),
        action=CodeAction(row["action"]),
        status_action=CodeAction(row["status_action"]),
        waits_seconds=tuple(int(one) for one in row["waits_seconds"].split(";") if one),
        section=row["section"],
        wordings={
            "en": CodeWording(what=row["meaning"], what_to_do=row["remedy"]),
            "fr": CodeWording(what=row["meaning_fr"], what_to_do=row["remedy_fr"]),
        },
    )


@cache
def _by_code() -> dict[int, ErrorCode]:
    return {code: row for row in error_codes() for code in range(row.first_code, row.last_code + 1)}


def find_error_code(code: int) -> ErrorCode | None:
    """Return the row of a code or subcode, wherever it comes; None for one nobody has described."""
    return _by_code().get(code)


def describe_error_code(code: int) -> ErrorCode:
    """Return what a code means for a message; an unlisted one, and one that no message should meet, holds."""
    found = find_error_code(code)
    return found if found is not None and found.seen in OF_SENDING else UNLISTED
