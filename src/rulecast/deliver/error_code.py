"""What each error code of the Cloud API means for us, read from `error_codes.csv`.

Source of the rows: Meta's error code reference (2026 edition) and the lists of its partners.
"""

import csv
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files


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
    PAUSE_NUMBER = "pause_number"
    SUPPRESS_CONTACT = "suppress_contact"
    STOP_ALL = "stop_all"
    HOLD = "hold"


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorCode:
    """One row: `seen` tells whether the code comes as an answer, as a failed status, or both."""

    first_code: int
    last_code: int
    seen: str
    outcome: CodeOutcome
    action: CodeAction
    wait_seconds: int
    meaning: str


SEEN_IN_STATUSES = frozenset({"both", "status"})
"""A failed status with any other code tells of its message alone: the code is no word about number or account."""

UNLISTED = ErrorCode(
    first_code=-1,
    last_code=-1,
    seen="both",
    outcome=CodeOutcome.HELD,
    action=CodeAction.HOLD,
    wait_seconds=0,
    meaning="This code is not in the table of rulecast.",
)
"""A code nobody has described holds the number until a person has looked (F27)."""


@cache
def error_codes() -> tuple[ErrorCode, ...]:
    """Return every row of the table, ordered by code."""
    text = files(__package__).joinpath("error_codes.csv").read_text(encoding="utf-8")
    return tuple(
        ErrorCode(
            first_code=int(row["first_code"]),
            last_code=int(row["last_code"]),
            seen=row["seen"],
            outcome=CodeOutcome(row["outcome"]),
            action=CodeAction(row["action"]),
            wait_seconds=int(row["wait_seconds"]),
            meaning=row["meaning"],
        )
        for row in csv.DictReader(text.splitlines())
    )


@cache
def _by_code() -> dict[int, ErrorCode]:
    return {code: row for row in error_codes() for code in range(row.first_code, row.last_code + 1)}


def describe_error_code(code: int) -> ErrorCode:
    """Return what a code means; an unlisted one holds."""
    return _by_code().get(code, UNLISTED)
