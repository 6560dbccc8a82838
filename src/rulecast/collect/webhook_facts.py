"""What a webhook body tells: frozen facts whose printed form shows nothing personal."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from rulecast.values.ids import OpaqueId

StatusWord = Literal["sent", "delivered", "read", "played", "failed"]
PreferenceWord = Literal["stop", "resume", "signup"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusFact:
    """One step of one message as Meta reports it; `error_code` is 0 where nothing failed."""

    wamid: str = field(repr=False)
    status: StatusWord
    occurred_at: datetime
    opaque_id: OpaqueId | None = None
    error_code: int = 0
    error_title: str = field(default="", repr=False)
    recipient_phone: str | None = field(default=None, repr=False)
    recipient_bsuid: str | None = field(default=None, repr=False)
    pricing_type: str = ""
    pricing_category: str = ""
    business_number_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundMessage:
    """Something a person sent: its words where it has any, its payload where it is a tap on a button."""

    wamid: str = field(repr=False)
    business_number_id: str
    sender_phone: str | None = field(default=None, repr=False)
    sender_bsuid: str | None = field(default=None, repr=False)
    profile_name: str | None = field(default=None, repr=False)
    occurred_at: datetime
    kind: str
    text: str | None = field(default=None, repr=False)
    payload: str | None = field(default=None, repr=False)
    context_wamid: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class PreferenceFact:
    """What a person chose about marketing in WhatsApp's own settings."""

    phone: str | None = field(default=None, repr=False)
    bsuid: str | None = field(default=None, repr=False)
    value: PreferenceWord
    occurred_at: datetime
    business_number_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreadFact:
    """A part of a body nothing was done with; broken ones put it into quarantine, unknown ones do not."""

    field: str
    reason: str
    is_broken: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedWebhook:
    """Everything one body told, in the order it was written."""

    statuses: tuple[StatusFact, ...] = ()
    messages: tuple[InboundMessage, ...] = ()
    preferences: tuple[PreferenceFact, ...] = ()
    unread: tuple[UnreadFact, ...] = ()

    @property
    def is_broken(self) -> bool:
        """Return whether a part of the body could not be read at all."""
        return any(fact.is_broken for fact in self.unread)

    @property
    def may_stop_someone(self) -> bool:
        """Return whether the body can hold an opt-out; those go first when the door is crowded."""
        return bool(self.messages or self.preferences)
