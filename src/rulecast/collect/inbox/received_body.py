"""A raw body as it is kept."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from rulecast.values.ids import ContactId


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedBody:
    """One sealed body and what became of it; `problem` names fields and reasons, never values."""

    received_at: datetime
    body_hash: bytes = field(repr=False)
    sealed_body: bytes = field(repr=False)
    key_day: date
    state: Literal["applied", "quarantined"]
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedText:
    """The words of one inbound message, sealed under the person's key, beside the event of the same key."""

    event_key: bytes
    contact_id: ContactId
    occurred_at: datetime
    sealed_text: bytes = field(repr=False)
