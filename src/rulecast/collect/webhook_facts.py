"""What a webhook body tells: frozen facts whose printed form shows nothing personal.

What people write stands in `webhook_messages`; both are read through this file.
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, Literal

from rulecast.collect.webhook_messages import (
    CallPermission,
    ClickFact,
    EchoFact,
    FlowReply,
    InboundMedia,
    InboundMessage,
    Location,
    Order,
    OrderItem,
    Reaction,
    Referral,
    ReferredProduct,
    SharedContact,
)
from rulecast.values.ids import OpaqueId

__all__ = [
    "UNTOLD",
    "AccountFact",
    "CallPermission",
    "ClickFact",
    "Detail",
    "EchoFact",
    "FlowReply",
    "IdentityChange",
    "IdentityChangeKind",
    "InboundMedia",
    "InboundMessage",
    "IncompleteFact",
    "Location",
    "Order",
    "OrderItem",
    "ParsedWebhook",
    "PreferenceFact",
    "PreferenceWord",
    "ProblemFact",
    "Reaction",
    "Referral",
    "ReferredProduct",
    "SharedContact",
    "StatusFact",
    "StatusWord",
    "TemplateFact",
    "TemplateFactKind",
    "UnreadFact",
]

StatusWord = Literal["sent", "delivered", "read", "played", "failed"]
PreferenceWord = Literal["stop", "resume", "signup"]
IdentityChangeKind = Literal["number", "user_id", "identity_hash"]
TemplateFactKind = Literal["status", "quality", "category", "components"]
Detail = str | int | float | bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusFact:
    """One step of one message as Meta reports it; `error_code` is 0 where nothing failed.

    `is_billable` is None and the words are empty where the status names no price: most name none.
    """

    wamid: str = field(repr=False)
    status: StatusWord
    occurred_at: datetime
    opaque_id: OpaqueId | None = None
    error_code: int = 0
    error_title: str = field(default="", repr=False)
    error_details: str = field(default="", repr=False)
    recipient_phone: str | None = field(default=None, repr=False)
    recipient_bsuid: str | None = field(default=None, repr=False)
    recipient_parent_bsuid: str | None = field(default=None, repr=False)
    pricing_type: str = ""
    pricing_category: str = ""
    pricing_model: str = ""
    is_billable: bool | None = None
    conversation_origin: str = ""
    conversation_expires_at: datetime | None = None
    template_id: str = ""
    business_number_id: str = ""
    waba_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PreferenceFact:
    """What a person chose about marketing in WhatsApp's own settings, or by signing up there."""

    phone: str | None = field(default=None, repr=False)
    bsuid: str | None = field(default=None, repr=False)
    parent_bsuid: str | None = field(default=None, repr=False)
    value: PreferenceWord
    signup_id: str = ""
    occurred_at: datetime
    business_number_id: str = ""
    waba_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityChange:
    """A person's number, user id or identity hash became another; what is not told is None.

    Where the number did not change, or Meta does not say that it did, `old_phone` is the one named beside it.
    """

    kind: IdentityChangeKind
    old_phone: str | None = field(default=None, repr=False)
    new_phone: str | None = field(default=None, repr=False)
    old_bsuid: str | None = field(default=None, repr=False)
    new_bsuid: str | None = field(default=None, repr=False)
    old_parent_bsuid: str | None = field(default=None, repr=False)
    new_parent_bsuid: str | None = field(default=None, repr=False)
    identity_hash: str | None = field(default=None, repr=False)
    wamid: str | None = field(default=None, repr=False)
    occurred_at: datetime
    business_number_id: str = ""
    waba_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountFact:
    """What happened to an account, a number or a service of it.

    `kind` is ours (see `parse_webhook_account` and `parse_webhook_notice`), `field` and `event` are Meta's words;
    `until` is the end Meta names. `details` has the plain values of the update by their dotted names and nothing
    about a person.
    `occurred_at` is None where Meta names no time: the arrival counts then.
    """

    kind: str
    field: str
    event: str = ""
    waba_id: str = ""
    business_number_id: str = ""
    display_phone_number: str = ""
    occurred_at: datetime | None = None
    until: datetime | None = None
    details: Mapping[str, Detail] = dataclasses.field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateFact:
    """What happened to one template in one language; `template_id` is Meta's, as decimal text.

    `category` is the one in force; with `is_impending` it is still the old one and `correct_category` the one
    that comes. `occurred_at` is None where Meta names no time: the arrival counts then.
    """

    kind: TemplateFactKind
    template_id: str
    name: str = ""
    language: str = ""
    event: str = ""
    reason: str = ""
    quality: str = ""
    previous_quality: str = ""
    category: str = ""
    previous_category: str = ""
    correct_category: str = ""
    pause_title: str = ""
    is_impending: bool = False
    occurred_at: datetime | None = None
    takes_effect_at: datetime | None = None
    waba_id: str = ""
    details: Mapping[str, Detail] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemFact:
    """A problem of an account Meta reports outside any message; it names no time."""

    code: int
    title: str = field(default="", repr=False)
    details: str = field(default="", repr=False)
    business_number_id: str = ""
    waba_id: str = ""
    occurred_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreadFact:
    """A part of a body nothing was done with; broken ones put it into quarantine, unknown ones do not."""

    field: str
    reason: str
    is_broken: bool = False


# A fact whose id or time could not be read: at most somebody's wish for silence.
IncompleteFact = StatusFact | InboundMessage | PreferenceFact
UNTOLD: Final = datetime.max.replace(tzinfo=UTC)
"""The instant of a fact that came without a readable one; whoever acts upon the fact puts its arrival here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedWebhook:
    """Everything one body told, each kind in the order it was written.

    `incomplete` holds what came without a readable id or time, at `UNTOLD`: it counts only where it asks for silence.
    """

    statuses: tuple[StatusFact, ...] = ()
    messages: tuple[InboundMessage, ...] = ()
    preferences: tuple[PreferenceFact, ...] = ()
    identity_changes: tuple[IdentityChange, ...] = ()
    account_facts: tuple[AccountFact, ...] = ()
    template_facts: tuple[TemplateFact, ...] = ()
    problems: tuple[ProblemFact, ...] = ()
    echoes: tuple[EchoFact, ...] = ()
    clicks: tuple[ClickFact, ...] = ()
    unread: tuple[UnreadFact, ...] = ()
    incomplete: tuple[IncompleteFact, ...] = ()

    @property
    def is_broken(self) -> bool:
        """Return whether a part of the body could not be read at all."""
        return any(fact.is_broken for fact in self.unread)

    @property
    def may_stop_someone(self) -> bool:
        """Return whether the body can hold an opt-out; those go first when the door is crowded."""
        return bool(self.messages or self.preferences or self.incomplete)
