"""Builds the parts of webhooks (Cloud API docs: webhooks, messages, statuses, user preferences)."""

import base64
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cloud_api_simulator.errors import JsonObject, status_error
from cloud_api_simulator.message_bodies import MediaReference
from cloud_api_simulator.parameters import NO_PARAMETERS, Parameters
from cloud_api_simulator.people import ENTRY_POINT_SECONDS, Person
from cloud_api_simulator.pricing import Price
from cloud_api_simulator.settings import NumberSettings
from cloud_api_simulator.templates import Button, Template

_SENT_BY_BUSINESS = 0x11
_SENT_BY_USER = 0x12
_WAMID_RANDOM_BYTES = 9


@dataclass(slots=True, kw_only=True)
class Message:
    """One accepted message on its way; free-form messages have `text` and `content` instead of a template.

    `content` is the type's own object as it was asked for, `price` is set when the course begins, `is_told`
    says whether a status with its final price went out.
    """

    wamid: str
    number: NumberSettings
    person: Person
    accepted_at: float
    to: str
    opaque: str | None = None
    template: Template | None = None
    parameters: Parameters = NO_PARAMETERS
    kind: str = "template"
    text: str = ""
    content: Mapping[str, Any] = field(default_factory=dict)
    files: tuple[MediaReference, ...] = ()
    quoted_id: str | None = None
    addressed_by_user_id: bool = False
    lite: bool = False
    status: str = "accepted"
    watched_update_id: int = 0
    price: Price | None = None
    is_told: bool = False
    failure_code: int | None = None

    @property
    def template_name(self) -> str:
        """The template's name, empty for a free-form message."""
        return self.template.name if self.template is not None else ""

    @property
    def key(self) -> tuple[str, str]:
        """What chance depends on: the phone and the template."""
        return self.person.wa_id, self.template_name

    @property
    def category(self) -> str:
        """The pricing category that webhooks name."""
        if self.template is None:
            return "service"
        return "marketing_lite" if self.lite else self.template.category.lower()


def new_wamid(digits: str, *, by_user: bool = False, unique: bytes | None = None) -> str:
    """Return a message id that, as Meta's, holds the other party's digits in base64.

    `unique` are 18 hexadecimal digits; without them the id is fresh.
    """
    direction = _SENT_BY_USER if by_user else _SENT_BY_BUSINESS
    party = digits.encode()
    if unique is None:
        unique = secrets.token_hex(_WAMID_RANDOM_BYTES).upper().encode()
    record = (
        b"\x1c\x18"
        + bytes([len(party)])
        + party
        + b"\x15\x02\x00"
        + bytes([direction, 0x18, len(unique)])
        + unique
        + b"\x00"
    )
    return "wamid." + base64.b64encode(record).decode()


def contact_of(person: Person, *, shows_phone: bool = True, shows_username: bool = True) -> JsonObject:
    """Return the `contacts[]` entry of a person (Cloud API docs: business-scoped user ids).

    A phone that is not shown is absent; `sent` statuses carry no username.
    """
    profile = {"name": person.name}
    if person.username is not None and shows_username:
        profile["username"] = person.username
    contact: JsonObject = {"profile": profile, "user_id": person.user_id}
    if shows_phone:
        contact["wa_id"] = person.wa_id
    if person.parent_user_id is not None:
        contact["parent_user_id"] = person.parent_user_id
    return contact


def status_item(
    message: Message, status: str, at: float, *, failure_code: int | None = None, shows_phone: bool = True
) -> JsonObject:
    """Return the `statuses[]` entry; `failed` has errors, no pricing, and no user id when sent to a phone.

    `sent` carries the price, and of `delivered` and `read` the first that is told (platform reference 3.5).
    """
    person = message.person
    item: JsonObject = {"id": message.wamid, "status": status, "timestamp": str(int(at))}
    if shows_phone:
        item["recipient_id"] = person.wa_id
    if failure_code is None or message.addressed_by_user_id:
        item["recipient_user_id"] = person.user_id
        if person.parent_user_id is not None:
            item["recipient_parent_user_id"] = person.parent_user_id
    if message.opaque is not None:
        item["biz_opaque_callback_data"] = message.opaque
    if failure_code is not None:
        item["errors"] = [status_error(failure_code)]
    elif status == "sent" or not message.is_told:
        _add_price(item, message, status)
    return item


def _add_price(item: JsonObject, message: Message, status: str) -> None:
    price = message.price or Price(kind="regular", category=message.category, is_billable=True)
    item["pricing"] = price.as_json()
    message.is_told = status != "sent"
    if price.kind == "free_entry_point":
        # Since v24.0 the conversation is named inside an entry point only (platform reference 3.5).
        answered = message.person.answered_at.get(message.number.phone_number_id, message.accepted_at)
        conversation: JsonObject = {
            "id": f"{int(answered):x}{message.person.user_id[3:]}",
            "origin": {"type": "referral_conversion"},
        }
        if status == "sent":
            conversation["expiration_timestamp"] = str(int(answered + ENTRY_POINT_SECONDS))
        item["conversation"] = conversation


def text_item(person: Person, wamid: str, text: str, at: float) -> JsonObject:
    """Return the `messages[]` entry of a typed text."""
    return {**inbound_item(person, wamid, at), "type": "text", "text": {"body": text}}


def button_item(message: Message, button: Button, payload: str, *, wamid: str, at: float) -> JsonObject:
    """Return the `messages[]` entry of a tapped quick reply; without a payload Meta repeats the text."""
    return {
        **inbound_item(message.person, wamid, at),
        "type": "button",
        "button": {"payload": payload or button.text, "text": button.text},
        "context": {"from": message.number.display_phone_number, "id": message.wamid},
    }


def preference_item(person: Person, value: str, at: float, **more: str) -> JsonObject:
    """Return the `user_preferences[]` entry of a stop, resume or signup; its timestamp is an integer."""
    return {
        "wa_id": person.wa_id,
        "user_id": person.user_id,
        "detail": f"User requested to {value} marketing messages",
        "category": "marketing_messages",
        "value": value,
        "timestamp": int(at),
        **more,
    }


def inbound_item(person: Person, wamid: str, at: float) -> JsonObject:
    """Return what every `messages[]` entry begins with (Cloud API docs: webhooks, messages)."""
    item: JsonObject = {
        "from": person.wa_id,
        "from_user_id": person.user_id,
        "id": wamid,
        "timestamp": str(int(at)),
    }
    if person.parent_user_id is not None:
        item["from_parent_user_id"] = person.parent_user_id
    return item
