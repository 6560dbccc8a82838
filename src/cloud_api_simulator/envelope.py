"""Reads the body of a message request and checks its form (Cloud API docs: messages, request)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from cloud_api_simulator.errors import ApiError
from cloud_api_simulator.people import PHONE_DIGITS_MAX, PHONE_DIGITS_MIN

OPAQUE_CHARACTERS_MAX = 512
"""Longest `biz_opaque_callback_data` (Cloud API docs: messages, request)."""
TEXT_CHARACTERS_MAX = 4096
"""Longest text body (Cloud API docs: text messages)."""

_DECODE = msgspec.json.Decoder().decode
_PHONE_DECORATION = str.maketrans("", "", "+-() ")
_USER_ID = re.compile(r"[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}")
_TEMPLATE_KEYS = frozenset({"name", "language", "components", "namespace"})


@dataclass(slots=True, kw_only=True)
class Asked:
    """What a request asks for; also filled as far as it could be read when it is refused."""

    to: str | None = None
    digits: str | None = None
    user_id: str | None = None
    kind: str = ""
    opaque: str | None = None
    template_name: str | None = None
    language: str | None = None
    components: object = None
    text: str = ""
    read_message_id: str | None = None
    raw: Mapping[str, Any] = field(default_factory=dict)


def read_body(body: bytes) -> Asked:
    """Return what the request names, unchecked; raises ApiError 100 when the body is no JSON object."""
    try:
        raw = _DECODE(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise ApiError(100, "The request body is not valid JSON") from None
    if not isinstance(raw, dict):
        raise ApiError(100, "The request body must be a JSON object")
    asked = Asked(raw=raw)
    asked.to = _text(raw.get("to"))
    asked.user_id = _text(raw.get("recipient"))
    asked.opaque = _text(raw.get("biz_opaque_callback_data"))
    asked.kind = str(raw.get("type", "text"))
    template = raw.get("template")
    if isinstance(template, dict):
        asked.template_name = _text(template.get("name"))
        asked.components = template.get("components")
        language = template.get("language")
        asked.language = _text(language.get("code")) if isinstance(language, dict) else None
    if raw.get("status") == "read":
        asked.read_message_id = _text(raw.get("message_id"))
    return asked


def check_envelope(asked: Asked) -> None:
    """Check form and recipient, filling in `digits`; raises ApiError 100, 131008, 131009 or 131051."""
    raw = asked.raw
    if raw.get("messaging_product") != "whatsapp":
        raise ApiError(100, message="(#100) The parameter messaging_product is required.")
    if asked.read_message_id is not None:
        return
    if asked.to is None and asked.user_id is None:
        if "to" in raw:
            raise ApiError(100, "Param to must be a string")
        raise ApiError(100, message="(#100) The parameter to is required.")
    if raw.get("recipient_type", "individual") != "individual":
        raise ApiError(131009, "recipient_type must be individual")
    if "biz_opaque_callback_data" in raw and (
        asked.opaque is None or len(asked.opaque) > OPAQUE_CHARACTERS_MAX
    ):
        raise ApiError(
            131009, f"biz_opaque_callback_data must be a string of at most {OPAQUE_CHARACTERS_MAX} characters"
        )
    _check_recipient(asked)
    if asked.kind == "template":
        _check_template(asked)
    elif asked.kind == "text":
        _check_text(asked)
    else:
        raise ApiError(131051, f"Message type {asked.kind[:40]!r} is not supported by this simulator")


def _check_recipient(asked: Asked) -> None:
    # `to` wins over `recipient` (Cloud API docs: business-scoped user ids).
    if asked.to is not None:
        digits = asked.to.translate(_PHONE_DECORATION)
        if (
            not digits.isascii()
            or not digits.isdigit()
            or not PHONE_DIGITS_MIN <= len(digits) <= PHONE_DIGITS_MAX
        ):
            raise ApiError(131009, "Parameter to is not a valid phone number")
        asked.digits = digits
    elif asked.user_id is None or _USER_ID.fullmatch(asked.user_id) is None:
        raise ApiError(131009, "Parameter recipient is not a valid business-scoped user id")


def _check_template(asked: Asked) -> None:
    template = asked.raw.get("template")
    if not isinstance(template, dict):
        raise ApiError(131008, "Required parameter template is missing")
    unexpected = set(template) - _TEMPLATE_KEYS
    if unexpected:
        raise ApiError(100, f"Unexpected key {min(unexpected)[:40]!r} on param 'template'")
    if not asked.template_name:
        raise ApiError(131008, "Required parameter template['name'] is missing")
    if not asked.language:
        raise ApiError(131008, "Required parameter template['language']['code'] is missing")


def _check_text(asked: Asked) -> None:
    text = asked.raw.get("text")
    body = text.get("body") if isinstance(text, dict) else None
    if not isinstance(body, str) or not body:
        raise ApiError(131008, "Required parameter text['body'] is missing")
    if len(body) > TEXT_CHARACTERS_MAX:
        raise ApiError(131009, f"text['body'] must have at most {TEXT_CHARACTERS_MAX} characters")
    asked.text = body


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
