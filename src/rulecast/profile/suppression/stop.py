"""One word of one person about being messaged, and the closed lists it is made of."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal

from rulecast.values.ids import ContactId

Scope = Literal["marketing", "all"]
Level = Literal["exact", "likely"]


class SuppressionAction(StrEnum):
    """What the person wants from now on."""

    STOP = "stop"
    RESUME = "resume"


class SuppressionCause(StrEnum):
    """How we learned it."""

    STOP_WORD = "stop_word"
    STOP_BUTTON = "stop_button"
    USER_PREFERENCES = "user_preferences"
    ERROR_131050 = "error_131050"
    IMPORT = "import"
    AGENT = "agent"
    API = "api"
    ERASURE = "erasure"
    IDENTITY_CONFLICT = "identity_conflict"


WHATSAPP_CAUSES = (SuppressionCause.USER_PREFERENCES, SuppressionCause.ERROR_131050)
"""Stops made inside WhatsApp: the only ones a resume made inside WhatsApp can lift."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """A stop, or its lifting, of whoever has one of these identities or is this contact.

    `suppression_indexes` are keyed hashes (`vault.suppression_index`) of the identities the signal named, in
    every national variant; they are kept even where no contact has them yet. One that is not dated has the instant
    of its arrival, which a repeat changes.
    """

    contact_id: ContactId | None = None
    suppression_indexes: tuple[bytes, ...] = field(default=(), repr=False)
    occurred_at: datetime
    cause: SuppressionCause
    action: SuppressionAction = SuppressionAction.STOP
    scope: Scope = "marketing"
    level: Level = "exact"
    is_dated: bool = True
