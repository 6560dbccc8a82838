"""What people sent, as facts: events for rules, words and details sealed, windows opened; pure until it is stored."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from rulecast.collect import NewEvent
from rulecast.collect.webhook_facts import ClickFact, EchoFact, InboundMessage, Order
from rulecast.conversation import Detail, Heard
from rulecast.conversation.keep_details import DetailKind
from rulecast.values.catalogue import fold_text
from rulecast.values.ids import ContactId
from rulecast.vault import Vault

# Words of Meta and of businesses in properties of events; the mart keeps them by the million.
WORD_LENGTH_MAX = 100
EMOJI_LENGTH_MAX = 32
# An edit changes and a revoke takes back; neither is a message of its own, and neither opens a window. Nor does a chat
# that somebody opened without a word (sent by Meta until March 2026).
NO_MESSAGES = frozenset({"edit", "revoke", "request_welcome"})

EventKeys = Callable[[str], bytes]


@dataclass(slots=True, kw_only=True)
class Talk:
    """Everything messages come to."""

    events: list[NewEvent] = field(default_factory=list)
    details: list[Detail] = field(default_factory=list)
    heard: list[Heard] = field(default_factory=list)
    revoked: dict[bytes, datetime] = field(default_factory=dict)
    quotable: dict[bytes, Heard] = field(default_factory=dict)
    """The message behind each event that an answer could quote, and those that were taken back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TalkReader:
    """Turns messages of known people into facts.

    `reactions_open_windows` says whether a reaction counts as a message of the person: Meta does not say.
    """

    vault: Vault
    reactions_open_windows: bool = False

    def event_key(self, name: str, wamid: str) -> bytes:
        """Return the keyed hash that makes an event of a message the same event when it is told again."""
        return self.vault.lookup_index("event", f"{name}\x1f{wamid}")

    def text_key(self, message: InboundMessage) -> bytes:
        """Return the key of the event beside which the words of a message are kept."""
        return self.event_key(
            "message_edited" if message.kind == "edit" else "message_received", message.wamid
        )

    def read(self, messages: Iterable[tuple[InboundMessage, ContactId]], now: datetime) -> Talk:
        """Return what the messages come to."""
        talk = Talk()
        for message, contact_id in messages:
            self._read(talk, message, contact_id, now)
        return talk

    def _read(self, talk: Talk, message: InboundMessage, contact_id: ContactId, now: datetime) -> None:
        for name, properties in _events_of(message):
            talk.events.append(
                NewEvent(
                    contact_id=contact_id,
                    name=name,
                    occurred_at=message.occurred_at,
                    event_key=self.event_key(name, message.wamid),
                    source="webhook",
                    properties=properties,
                )
            )
        talk.details.extend(
            Detail(
                event_key=self.text_key(message),
                contact_id=contact_id,
                kind=kind,
                occurred_at=message.occurred_at,
                content=content,
            )
            for kind, content in _details_of(message)
        )
        if message.revoked_wamid:
            key = self.event_key("message_received", message.revoked_wamid)
            talk.revoked[key] = message.occurred_at
            talk.quotable[key] = Heard(
                business_number_id=message.business_number_id,
                contact_id=contact_id,
                occurred_at=message.occurred_at,
                wamid=message.revoked_wamid,
            )
        opens = message.kind not in NO_MESSAGES and (
            message.kind != "reaction" or self.reactions_open_windows
        )
        if opens and message.business_number_id:
            heard = Heard(
                business_number_id=message.business_number_id,
                contact_id=contact_id,
                occurred_at=min(message.occurred_at, now),
                wamid=message.wamid,
                is_referral=message.referral is not None,
                # WhatsApp shows no quotation of a reaction.
                is_quotable=message.kind != "reaction",
            )
            talk.heard.append(heard)
            if heard.is_quotable:
                talk.quotable[self.event_key("message_received", message.wamid)] = heard

    def echo(self, echo: EchoFact, contact_id: ContactId) -> tuple[NewEvent, list[Detail]]:
        """Return the event and the words of a message our own people typed in the Business app."""
        key = self.event_key("app_message_sent", echo.wamid)
        event = NewEvent(
            contact_id=contact_id,
            name="app_message_sent",
            occurred_at=echo.occurred_at,
            event_key=key,
            source="webhook",
            properties={"kind": fold_text(echo.kind)},
        )
        if not echo.text:
            return event, []
        words = Detail(
            event_key=key,
            contact_id=contact_id,
            kind="echo",
            occurred_at=echo.occurred_at,
            content={"text": echo.text},
        )
        return event, [words]

    def click(self, click: ClickFact, contact_id: ContactId, now: datetime) -> NewEvent:
        """Return the event of a link that Meta saw opened; one without a time happened when it first came."""
        at = click.occurred_at or now
        # Without an id of its own the instant tells two clicks apart; without either they are one click.
        named = click.click_id or (at.isoformat() if click.occurred_at else _message_of(click))
        told = f"{contact_id}\x1f{named}\x1f{click.component}"
        return NewEvent(
            contact_id=contact_id,
            name="offer_opened",
            occurred_at=at,
            event_key=self.event_key("offer_opened", told),
            source="webhook",
            properties={"component": _word(click.component)} if click.component else {},
        )


def _events_of(message: InboundMessage) -> Iterator[tuple[str, Mapping[str, object]]]:
    if message.kind == "edit":
        yield "message_edited", {}
        return
    if message.kind == "revoke":
        yield "message_revoked", {}
        return
    yield "message_received", {"kind": fold_text(message.kind)}
    if message.referral is not None:
        ad = {"ad": message.referral.source_id, "ad_kind": message.referral.source_type}
        yield "ad_clicked", {name: _word(value) for name, value in ad.items() if value}
    if message.reaction is not None:
        emoji = (message.reaction.emoji or "")[:EMOJI_LENGTH_MAX]
        yield "reacted", {"emoji": fold_text(emoji)} if emoji else {}
    if message.order is not None:
        yield "order_placed", _order_properties(message.order)
    if message.flow_reply is not None:
        yield "flow_completed", {"flow": _word(message.flow_reply.name)} if message.flow_reply.name else {}
    if any(one.is_contact_request for one in message.contacts):
        yield "contact_shared", {}
    if message.call_permission is not None and message.call_permission.response:
        yield "call_answered", {"answer": _word(message.call_permission.response)}


def _order_properties(order: Order) -> Mapping[str, object]:
    found: dict[str, object] = {"order_items": sum(item.quantity for item in order.items)}
    currencies = {item.currency for item in order.items}
    amount = _amount(order)
    if len(currencies) == 1 and amount is not None:
        found |= {"order_amount": amount, "order_currency": _word(currencies.pop())}
    return found


def _amount(order: Order) -> Decimal | None:
    """Return what the lines cost together, exactly; None where a price cannot be read."""
    try:
        return sum((Decimal(item.item_price) * item.quantity for item in order.items), Decimal())
    except InvalidOperation:
        return None


def _details_of(message: InboundMessage) -> Iterator[tuple[DetailKind, dict[str, Any]]]:
    if message.media is not None:
        yield "media", asdict(message.media)
    if message.order is not None:
        yield "order", asdict(message.order)
    if message.location is not None:
        yield "location", asdict(message.location)
    if message.contacts:
        yield "contacts", {"contacts": [asdict(one) for one in message.contacts]}
    if message.flow_reply is not None:
        yield "flow_reply", asdict(message.flow_reply)
    if message.referral is not None:
        yield "referral", asdict(message.referral)
    if message.referred_product is not None:
        yield "product", asdict(message.referred_product)
    quoted = message.edited_wamid or (message.reaction.wamid if message.reaction is not None else None)
    if quoted:
        yield "quoted", {"wamid": quoted}


def _message_of(click: ClickFact) -> str:
    """Return what tells the message that was clicked from others, as far as Meta names it."""
    return f"undated\x1f{click.tracking_token}\x1f{click.product_id}"


def _word(text: str) -> str:
    return fold_text(text[:WORD_LENGTH_MAX])
