"""Whether what a person typed is the code, decided without a database."""

import hmac
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from rulecast.profile.one_time_codes.ask_code import LiveCode
from rulecast.profile.one_time_codes.derive_code import Sign, code_digits

TRIES_MAX = 5


class CodeOutcome(StrEnum):
    """What became of one try."""

    RIGHT = "right"
    WRONG = "wrong"
    FAILED = "failed"
    EXPIRED = "expired"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeVerdict:
    """The outcome of a try and how many are left; `state` is what the code becomes, `live` where it goes on."""

    outcome: CodeOutcome
    state: str
    tries_left: int


def check_code(live: LiveCode | None, typed: str, *, sign: Sign, now: datetime) -> CodeVerdict:
    """Return what a try is worth; spaces and dashes between the digits do not matter.

    Without a live code nothing can be right. The last wrong try ends the code.
    """
    if live is None:
        return CodeVerdict(outcome=CodeOutcome.NONE, state="", tries_left=0)
    if now >= live.expires_at:
        return CodeVerdict(outcome=CodeOutcome.EXPIRED, state="expired", tries_left=0)
    given = "".join(char for char in typed if char not in " -\u00a0")
    expected = code_digits(sign, live.contact_id, live.nonce)
    if hmac.compare_digest(given.encode(), expected.encode()):
        return CodeVerdict(outcome=CodeOutcome.RIGHT, state="used", tries_left=0)
    left = TRIES_MAX - live.tries - 1
    if left <= 0:
        return CodeVerdict(outcome=CodeOutcome.FAILED, state="failed", tries_left=0)
    return CodeVerdict(outcome=CodeOutcome.WRONG, state="live", tries_left=left)
