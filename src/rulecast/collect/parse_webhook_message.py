"""Read one message a person sent, or one our own people typed in the Business app."""

from collections.abc import Callable
from typing import Any, Final, TypedDict

from rulecast.collect.parse_webhook_content import content_of, media_of
from rulecast.collect.parse_webhook_parts import (
    call_permission_of,
    contacts_of,
    flow_reply_of,
    location_of,
    order_of,
    reaction_of,
    referral_of,
    referred_product_of,
)
from rulecast.collect.parse_webhook_person import person_of, read_system_message
from rulecast.collect.webhook_facts import UNTOLD, EchoFact, InboundMessage
from rulecast.collect.webhook_fields import (
    NAME_LENGTH_MAX,
    Json,
    UnreadableError,
    bsuid_or_none,
    clean_or_none,
    code_or_zero,
    first_of,
    instant_of,
    instant_or_none,
    object_of,
    phone_or_none,
    wamid_of,
    wamid_or_none,
    word_or_empty,
)
from rulecast.collect.webhook_reading import Change, Reading

# Kinds the Cloud API names (April 2026); another one is kept as a message and noted by its name.
MESSAGE_KINDS: Final = frozenset(
    {
        "text", "button", "interactive", "image", "video", "audio", "document", "sticker", "reaction", "location",
        "contacts", "order", "edit", "revoke", "unsupported", "request_welcome", "system",
    }
)  # fmt: skip
_MEDIA_KINDS: Final = frozenset({"image", "video", "audio", "document", "sticker"})


class _Parts(TypedDict, total=False):
    """The parts only some kinds of message have, by the names of `InboundMessage`."""

    media: Any
    order: Any
    location: Any
    contacts: Any
    reaction: Any
    flow_reply: Any
    call_permission: Any
    edited_wamid: str | None
    revoked_wamid: str | None
    unsupported_code: int
    unsupported_kind: str


def read_message(message: Json, change: Change, reading: Reading) -> None:
    """Read what a person wrote, tapped or sent; of a part in an unknown shape only the part is missing."""
    kind = word_or_empty(message.get("type"))
    if kind == "system":
        read_system_message(message, change, reading)
        return
    person = person_of(message, change)
    if person.is_nobody:
        raise UnreadableError("names nobody")
    context = object_of(message, "context")
    text, payload = content_of(message, kind)
    wamid, occurred_at = wamid_or_none(message.get("id")), instant_or_none(message.get("timestamp"))
    fact = InboundMessage(
        wamid=wamid or "",
        business_number_id=change.business_number_id,
        waba_id=change.waba_id,
        display_phone_number=change.display_phone_number,
        sender_phone=person.phone,
        sender_bsuid=person.bsuid,
        parent_bsuid=person.parent_bsuid,
        username=person.username,
        profile_name=person.profile_name,
        identity_hash=person.identity_hash,
        occurred_at=occurred_at or UNTOLD,
        kind=kind or "unknown",
        text=text,
        payload=payload,
        context_wamid=wamid_or_none(context.get("id")),
        referral=referral_of(message) if "referral" in message else None,
        is_forwarded=context.get("forwarded") is True or context.get("frequently_forwarded") is True,
        group_id=clean_or_none(message.get("group_id"), NAME_LENGTH_MAX),
        referred_product=referred_product_of(context) if context else None,
        **_parts_of(message, kind),
    )
    if wamid is None or occurred_at is None:
        reading.set_aside(fact, has_id=wamid is not None)
    reading.messages.append(fact)
    _note_missing(message, kind, reading)


def _parts_of(message: Json, kind: str) -> _Parts:
    """Return the parts of a kind; the words of a text and the payload of a tap are none."""
    read = _PARTS.get(kind)
    return read(object_of(message, kind), message) if read is not None else {}


def _parts_of_interactive(body: Json, _: Json) -> _Parts:
    return {"flow_reply": flow_reply_of(body), "call_permission": call_permission_of(body)}


def _parts_of_unsupported(body: Json, message: Json) -> _Parts:
    return {
        "unsupported_code": code_or_zero(first_of(message, "errors")),
        "unsupported_kind": word_or_empty(body.get("type")),
    }


def _parts_of_edit(body: Json, _: Json) -> _Parts:
    edited = object_of(body, "message")
    kind = word_or_empty(edited.get("type"))
    parts: _Parts = {"edited_wamid": wamid_or_none(body.get("original_message_id"))}
    if kind in _MEDIA_KINDS:
        parts["media"] = media_of(object_of(edited, kind))
    return parts


_PARTS: Final[dict[str, Callable[[Json, Json], _Parts]]] = {
    **dict.fromkeys(_MEDIA_KINDS, lambda body, _: {"media": media_of(body)}),
    "interactive": _parts_of_interactive,
    "reaction": lambda body, _: {"reaction": reaction_of(body)},
    "location": lambda body, _: {"location": location_of(body)},
    "contacts": lambda _, message: {"contacts": contacts_of(message)},
    "order": lambda body, _: {"order": order_of(body)},
    "edit": _parts_of_edit,
    "revoke": lambda body, _: {"revoked_wamid": wamid_or_none(body.get("original_message_id"))},
    "unsupported": _parts_of_unsupported,
}


def _note_missing(message: Json, kind: str, reading: Reading) -> None:
    if kind not in MESSAGE_KINDS:
        reading.note(f"messages/{kind or 'type'}", "a kind nothing acts upon")
    elif kind not in message and kind != "unsupported":
        # Seen of interactive messages: Meta or the app forgot the object the type names.
        reading.note(f"messages/{kind}", "without what its type names")


def read_echo(echo: Json, change: Change, reading: Reading) -> None:
    """Read a message of our own Business app (coexistence): it opens no window and asks for nothing."""
    kind = word_or_empty(echo.get("type"))
    text, _ = content_of(echo, kind)
    body = object_of(echo, kind) if kind else {}
    original = wamid_or_none(body.get("original_message_id"))
    reading.others.append(
        EchoFact(
            wamid=wamid_of(echo, "id"),
            business_number_id=change.business_number_id,
            waba_id=change.waba_id,
            recipient_phone=phone_or_none(echo.get("to")),
            recipient_bsuid=bsuid_or_none(echo.get("to_user_id")),
            occurred_at=instant_of(echo),
            kind=kind or "unknown",
            text=text,
            edited_wamid=original if kind == "edit" else None,
            revoked_wamid=original if kind == "revoke" else None,
        )
    )
