"""What people write and tap, as facts whose printed form shows nothing personal."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Referral:
    """The advertisement, post or link a message came from; where it came from is no consent."""

    source_url: str | None = field(default=None, repr=False)
    source_id: str = ""
    source_type: str = ""
    headline: str | None = field(default=None, repr=False)
    body: str | None = field(default=None, repr=False)
    media_type: str = ""
    ctwa_clid: str | None = field(default=None, repr=False)
    ref: str | None = field(default=None, repr=False)
    welcome_text: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundMedia:
    """A file a person sent; its id lives 7 days, its address minutes (Meta, "Media")."""

    media_id: str = field(default="", repr=False)
    mime_type: str = ""
    sha256: str = field(default="", repr=False)
    url: str | None = field(default=None, repr=False)
    filename: str | None = field(default=None, repr=False)
    is_voice: bool = False
    is_animated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferredProduct:
    """The product of a catalogue a question is about."""

    catalog_id: str = ""
    product_retailer_id: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderItem:
    """One line of an order; the price is a decimal number as text, in major units of `currency`.

    A line whose price or quantity is no number has an empty price: no sum can be made with it.
    """

    product_retailer_id: str = field(default="", repr=False)
    quantity: int = 0
    item_price: str = field(default="", repr=False)
    currency: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a person put into the cart of a catalogue and sent."""

    catalog_id: str = ""
    text: str | None = field(default=None, repr=False)
    items: tuple[OrderItem, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """A place a person shared, in degrees."""

    latitude: float = field(repr=False)
    longitude: float = field(repr=False)
    name: str | None = field(default=None, repr=False)
    address: str | None = field(default=None, repr=False)
    url: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedContact:
    """A card a person shared: someone else, or, where a card was asked for, the person."""

    name: str | None = field(default=None, repr=False)
    phones: tuple[str, ...] = field(default=(), repr=False)
    user_ids: tuple[str, ...] = field(default=(), repr=False)
    vcard: str | None = field(default=None, repr=False)
    is_contact_request: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Reaction:
    """An emoji set upon a message; None where it was taken away."""

    wamid: str = field(repr=False)
    emoji: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowReply:
    """A flow sent back; `response_json` is the text as it came, unread."""

    name: str = ""
    response_json: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallPermission:
    """The answer to a question for leave to call; None as `until` is for good or until revoked."""

    response: str = ""
    until: datetime | None = None
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundMessage:
    """Something a person sent: its words where it has any, its payload where it is a tap on a button.

    `kind` is Meta's type. At most one of the parts below `payload` is set for a kind, beside `referral`,
    `referred_product`, `is_forwarded` and `group_id`, which any kind can carry.
    """

    wamid: str = field(repr=False)
    business_number_id: str
    waba_id: str = ""
    display_phone_number: str = ""
    sender_phone: str | None = field(default=None, repr=False)
    sender_bsuid: str | None = field(default=None, repr=False)
    parent_bsuid: str | None = field(default=None, repr=False)
    username: str | None = field(default=None, repr=False)
    profile_name: str | None = field(default=None, repr=False)
    identity_hash: str | None = field(default=None, repr=False)
    occurred_at: datetime
    kind: str
    text: str | None = field(default=None, repr=False)
    payload: str | None = field(default=None, repr=False)
    context_wamid: str | None = field(default=None, repr=False)
    referral: Referral | None = None
    media: InboundMedia | None = None
    order: Order | None = None
    location: Location | None = None
    contacts: tuple[SharedContact, ...] = ()
    reaction: Reaction | None = None
    flow_reply: FlowReply | None = None
    call_permission: CallPermission | None = None
    edited_wamid: str | None = field(default=None, repr=False)
    revoked_wamid: str | None = field(default=None, repr=False)
    is_forwarded: bool = False
    group_id: str | None = field(default=None, repr=False)
    unsupported_code: int = 0
    unsupported_kind: str = ""
    referred_product: ReferredProduct | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EchoFact:
    """A message our own people typed in the Business app; it opens no window and answers no message."""

    wamid: str = field(repr=False)
    business_number_id: str = ""
    waba_id: str = ""
    recipient_phone: str | None = field(default=None, repr=False)
    recipient_bsuid: str | None = field(default=None, repr=False)
    occurred_at: datetime
    kind: str
    text: str | None = field(default=None, repr=False)
    edited_wamid: str | None = field(default=None, repr=False)
    revoked_wamid: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClickFact:
    """A link of a marketing message was opened, as Meta counts it."""

    business_number_id: str = ""
    waba_id: str = ""
    sender_phone: str | None = field(default=None, repr=False)
    sender_bsuid: str | None = field(default=None, repr=False)
    occurred_at: datetime | None = None
    component: str = ""
    click_id: str = field(default="", repr=False)
    tracking_token: str = field(default="", repr=False)
    product_id: str = field(default="", repr=False)
