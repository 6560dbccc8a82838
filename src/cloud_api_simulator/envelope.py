"""Reads the body of a message request and checks its form (Cloud API docs: messages, request)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from cloud_api_simulator.errors import ApiError
from cloud_api_simulator.message_schema import CheckedMessage, check_message

_DECODE = msgspec.json.Decoder().decode


@dataclass(slots=True, kw_only=True)
class Asked:
    """What a request asks for; also filled as far as it could be read when it is refused."""

    to: str | None = None
    user_id: str | None = None
    kind: str = ""
    opaque: str | None = None
    template_name: str | None = None
    language: str | None = None
    components: object = None
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
    return asked


def check_envelope(asked: Asked) -> CheckedMessage:
    """Return the checked message; raises ApiError 100, 131008, 131009 or 131051."""
    return check_message(asked.raw)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
