"""Builds what people send beside texts and template buttons (Cloud API docs: webhooks, messages)."""

from collections.abc import Mapping
from typing import Any

from cloud_api_simulator.errors import JsonObject
from cloud_api_simulator.payloads import Message, inbound_item
from cloud_api_simulator.people import Person
from cloud_api_simulator.settings import NumberSettings

SENT_KINDS = frozenset(
    {
        *("text", "image", "video", "audio", "document", "sticker", "reaction", "location", "contacts"),
        *("order", "interactive", "button", "edit", "revoke", "unsupported", "system"),
    }
)
"""Types a person's phone may send (platform reference 3.5)."""
AD: JsonObject = {
    "source_url": "https://fb.me/simulated",
    "source_id": "120226305854810726",
    "source_type": "ad",
    "headline": "Chat with us",
    "body": "An advertisement somebody tapped",
    "media_type": "image",
    "image_url": "https://scontent.example/ad.jpg",
    "ctwa_clid": "Aff-n8ZTODiE79d22KtAwQKj9e",
    "welcome_message": {"text": "Hi there! Let us know how we can help!"},
}
"""The `referral` of a click-to-WhatsApp advertisement (platform reference 3.5)."""


def any_item(person: Person, wamid: str, at: float, *, kind: str, more: Mapping[str, Any]) -> JsonObject:
    """Return a `messages[]` entry of any type; `more` holds the type's object and perhaps context or referral."""
    return {**inbound_item(person, wamid, at), "type": kind, **more}


def choices_of(message: Message) -> list[tuple[str, JsonObject]]:
    """Return the reply buttons and list rows of an interactive message: the kind of reply and its object."""
    if message.kind != "interactive":
        return []
    action = message.content.get("action")
    action = action if isinstance(action, dict) else {}
    found: list[tuple[str, JsonObject]] = [
        ("button_reply", {"id": button["reply"]["id"], "title": button["reply"]["title"]})
        for button in action.get("buttons", [])
        if isinstance(button, dict) and isinstance(button.get("reply"), dict)
    ]
    for section in action.get("sections", []):
        found.extend(
            ("list_reply", {name: row[name] for name in ("id", "title", "description") if name in row})
            for row in section.get("rows", [])
        )
    return found


def choice_item(message: Message, index: int, wamid: str, at: float) -> JsonObject:
    """Return the reply to an interactive message: its `index`-th button or row; raises IndexError."""
    kind, reply = choices_of(message)[index]
    return {
        **inbound_item(message.person, wamid, at),
        "type": "interactive",
        "interactive": {"type": kind, kind: reply},
        "context": {"from": message.number.display_phone_number, "id": message.wamid},
    }


def context_of(number: NumberSettings, wamid: str) -> JsonObject:
    """Return the `context` of an answer to a message of the number."""
    return {"from": number.display_phone_number, "id": wamid}
