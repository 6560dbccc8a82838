"""Builds the parts of webhooks (Cloud API docs: webhooks, messages, statuses, user preferences)."""

import base64
import secrets
from dataclasses import dataclass

from cloud_api_simulator.errors import JsonObject, status_error
from cloud_api_simulator.parameters import NO_PARAMETERS, Parameters
from cloud_api_simulator.people import Person
from cloud_api_simulator.settings import NumberSettings
from cloud_api_simulator.templates import Button, Template

_SENT_BY_BUSINESS = 0x11
_SENT_BY_USER = 0x12
_WAMID_RANDOM_BYTES = 9


@dataclass(slots=True, kw_only=True)
class Message:
    """One accepted message on its way; `text` is set for free-form messages instead of a template."""

    wamid: str
    number: NumberSettings
    person: Person
    accepted_at: float
    to: str
    opaque: str | None = None
    template: Template | None = None
    parameters: Parameters = NO_PARAMETERS
    text: str = ""
    addressed_by_user_id: bool = False
    lite: bool = False
    status: str = "accepted"
    watched_update_id: int = 0

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


def new_wamid(digits: str, *, by_user: bool = False) -> str:
    """Return a fresh message id that, as Meta's, holds the other party's digits in base64."""
    direction = _SENT_BY_USER if by_user else _SENT_BY_BUSINESS
    party = digits.encode()
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


def contact_of(person: Person) -> JsonObject:
    """Return the `contacts[]` entry of a person (Cloud API docs: business-scoped user ids)."""
    return {"profile": {"name": person.name}, "wa_id": person.wa_id, "user_id": person.user_id}


def status_item(message: Message, status: str, at: float, *, failure_code: int | None = None) -> JsonObject:
    """Return the `statuses[]` entry; `failed` has errors, no pricing, and no user id when sent to a phone."""
    person = message.person
    item: JsonObject = {
        "id": message.wamid,
        "status": status,
        "timestamp": str(int(at)),
        "recipient_id": person.wa_id,
    }
    if failure_code is None or message.addressed_by_user_id:
        item["recipient_user_id"] = person.user_id
    if message.opaque is not None:
        item["biz_opaque_callback_data"] = message.opaque
    if failure_code is not None:
        item["errors"] = [status_error(failure_code)]
    elif status in ("sent", "delivered"):
        item["pricing"] = {
            "billable": True,
            "pricing_model": "PMP",
            "type": "regular",
            "category": message.category,
        }
    return item


def text_item(person: Person, wamid: str, text: str, at: float) -> JsonObject:
    """Return the `messages[]` entry of a typed text."""
    return {**_inbound(person, wamid, at), "type": "text", "text": {"body": text}}


def button_item(message: Message, button: Button, payload: str, *, wamid: str, at: float) -> JsonObject:
    """Return the `messages[]` entry of a tapped quick reply; without a payload Meta repeats the text."""
    return {
        **_inbound(message.person, wamid, at),
        "type": "button",
        "button": {"payload": payload or button.text, "text": button.text},
        "context": {"from": message.number.display_phone_number, "id": message.wamid},
    }


def preference_item(person: Person, value: str, at: float) -> JsonObject:
    """Return the `user_preferences[]` entry of a stop or resume; its timestamp is an integer."""
    return {
        "wa_id": person.wa_id,
        "user_id": person.user_id,
        "detail": f"User requested to {value} marketing messages",
        "category": "marketing_messages",
        "value": value,
        "timestamp": int(at),
    }


def _inbound(person: Person, wamid: str, at: float) -> JsonObject:
    return {"from": person.wa_id, "from_user_id": person.user_id, "id": wamid, "timestamp": str(int(at))}
