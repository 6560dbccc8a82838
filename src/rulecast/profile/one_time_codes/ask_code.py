"""What is kept of a code that was asked for."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from rulecast.values.ids import ContactId, RunId

NONCE_BYTES = 16
CODES_PER_DAY_MAX = 5
"""A person who needs more is called; whoever guesses gets no further tries by asking again."""
RESEND_AFTER = timedelta(seconds=60)
"""Time for the first one to arrive."""
LIFETIME_DEFAULT = timedelta(minutes=10)
"""How long Meta tries to deliver a code, where the template names no expiry (Cloud API, time to live)."""


class CodePurpose(StrEnum):
    """What the person asks for after the number is proven."""

    ACCESS = "access"
    EXPORT = "export"
    NUMBER_CHANGE = "number_change"


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeRequest:
    """A code to be kept: for whom and what, the run that sends it, and how long it holds."""

    contact_id: ContactId
    purpose: CodePurpose
    run_id: RunId
    nonce: bytes = field(repr=False)
    asked_by: str
    asked_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveCode:
    """A code that can still be given back."""

    one_time_code_id: int
    contact_id: ContactId
    nonce: bytes = field(repr=False)
    tries: int
    expires_at: datetime
