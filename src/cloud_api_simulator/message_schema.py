"""Checks the form of a request to `/messages`: the pipeline's place "schema" (platform reference 2.2-2.4, 10).

`check_message` is pure: it takes the parsed body and returns a checked message or raises Meta's refusal.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from cloud_api_simulator.errors import ApiError
from cloud_api_simulator.message_bodies import (
    MEDIA_KINDS,
    WAMID_CHARACTERS_MAX,
    MediaReference,
    check_contacts,
    check_location,
    check_media,
    check_reaction,
    check_text,
)
from cloud_api_simulator.message_fields import need_choice, need_object, need_text, optional_text, wrong_shape
from cloud_api_simulator.message_interactive import check_interactive
from cloud_api_simulator.message_template import check_template
from cloud_api_simulator.people import PHONE_DIGITS_MAX, PHONE_DIGITS_MIN, USER_ID

OPAQUE_CHARACTERS_MAX = 512
"""Longest `biz_opaque_callback_data` (platform reference 2.2)."""
IDENTITY_HASH_CHARACTERS_MAX = 128
"""Longest `recipient_identity_key_hash`; Meta's are far shorter (platform reference 1.5)."""

_PHONE_DECORATION = str.maketrans("", "", "+-() ")


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedMessage:
    """A request of the right form.

    `kind` is Meta's type, or `read` for a read receipt. `digits` is the recipient's number without
    decoration, or None when it is addressed by `user_id` alone. `text` is what a phone shows first: body,
    caption or name. `files` are the media of the message, wherever they stand in it.
    """

    kind: str
    digits: str | None = None
    user_id: str | None = None
    interactive_kind: str = ""
    text: str = ""
    template_name: str = ""
    language: str = ""
    files: tuple[MediaReference, ...] = ()
    opaque: str | None = None
    quoted_id: str | None = None
    identity_hash: str | None = None
    read_id: str | None = None
    shows_typing: bool = False


def check_message(raw: Mapping[str, Any]) -> CheckedMessage:
    """Return the checked message of a parsed body; raises ApiError 100, 131008, 131009 or 131051."""
    if raw.get("messaging_product") != "whatsapp":
        raise ApiError(100, message="(#100) The parameter messaging_product is required.")
    if raw.get("status") is not None:
        return _check_receipt(raw)
    digits, user_id = _check_recipient(raw)
    kind = raw.get("type", "text")
    if not isinstance(kind, str):
        raise wrong_shape("type", "a string")
    content = _check_content(raw, kind)
    return CheckedMessage(
        kind=kind,
        digits=digits,
        user_id=user_id,
        opaque=_check_opaque(raw),
        quoted_id=_check_context(raw),
        identity_hash=optional_text(
            raw,
            "recipient_identity_key_hash",
            "recipient_identity_key_hash",
            longest=IDENTITY_HASH_CHARACTERS_MAX,
        )
        or None,
        **content,
    )


def _check_receipt(raw: Mapping[str, Any]) -> CheckedMessage:
    """Platform reference 2.4: `status` is `read`, a typing indicator may come with it."""
    need_choice(raw, "status", "status", {"read"})
    message_id = need_text(raw, "message_id", "message_id", longest=WAMID_CHARACTERS_MAX)
    typing = raw.get("typing_indicator")
    if typing is not None:
        indicator = need_object(raw, "typing_indicator", "typing_indicator")
        need_choice(indicator, "type", "typing_indicator['type']", {"text"})
    return CheckedMessage(kind="read", read_id=message_id, shows_typing=typing is not None)


def _check_recipient(raw: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """Platform reference 1.4: `to` wins over `recipient`; without either the parameter `to` is missing."""
    to, user_id = raw.get("to"), raw.get("recipient")
    if to is None and user_id is None:
        raise ApiError(100, message="(#100) The parameter to is required.")
    if raw.get("recipient_type", "individual") != "individual":
        raise ApiError(131009, "recipient_type must be individual")
    if to is not None:
        return _phone_digits(to), None
    if not isinstance(user_id, str) or USER_ID.fullmatch(user_id) is None:
        raise ApiError(131009, "Parameter recipient is not a valid business-scoped user id")
    return None, user_id


def _phone_digits(to: object) -> str:
    if not isinstance(to, str):
        raise wrong_shape("to", "a string")
    digits = to.translate(_PHONE_DECORATION)
    if (
        not digits.isascii()
        or not digits.isdigit()
        or not PHONE_DIGITS_MIN <= len(digits) <= PHONE_DIGITS_MAX
    ):
        raise ApiError(131009, "Parameter to is not a valid phone number")
    return digits


def _check_opaque(raw: Mapping[str, Any]) -> str | None:
    opaque = raw.get("biz_opaque_callback_data")
    if opaque is None:
        return None
    if not isinstance(opaque, str) or len(opaque) > OPAQUE_CHARACTERS_MAX:
        raise ApiError(
            131009, f"biz_opaque_callback_data must be a string of at most {OPAQUE_CHARACTERS_MAX} characters"
        )
    return opaque


def _check_context(raw: Mapping[str, Any]) -> str | None:
    if raw.get("context") is None:
        return None
    context = need_object(raw, "context", "context")
    return need_text(context, "message_id", "context['message_id']", longest=WAMID_CHARACTERS_MAX)


_WORDS: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "text": check_text,
    "reaction": check_reaction,
    "contacts": check_contacts,
    "location": lambda raw: check_location(need_object(raw, "location", "location"), "location"),
}
"""Types that hold words alone, no file."""


def _check_content(raw: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """Return what the type's own object says; raises ApiError as `check_message`."""
    if kind == "template":
        name, language, files = check_template(raw)
        return {"template_name": name, "language": language, "files": files}
    if kind in _WORDS:
        return {"text": _WORDS[kind](raw)}
    if kind == "interactive":
        interactive_kind, body, files = check_interactive(raw)
        return {"interactive_kind": interactive_kind, "text": body, "files": files}
    if kind in MEDIA_KINDS:
        file, caption = check_media(raw, kind, kind)
        return {"text": caption, "files": (file,)}
    raise ApiError(131051, f"Message type {kind[:40]!r} is not supported")
