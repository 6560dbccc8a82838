"""Right creation requests of templates, one of each shape of platform reference 8.1."""

import copy
from typing import Any

HANDLE = "4::aW1hZ2UvcG5n:ARa0"
"""A handle that stands for a finished upload of a picture."""


def format_of(handle: str) -> str | None:
    """Return what the handle of these tests stands for."""
    return "IMAGE" if handle == HANDLE else None


def submissions() -> dict[str, dict[str, Any]]:
    """Return the requests by name, fresh copies."""
    return copy.deepcopy(_RIGHT)


def _body(text: str, *examples: str) -> dict[str, Any]:
    component: dict[str, Any] = {"type": "BODY", "text": text}
    return component | ({"example": {"body_text": [list(examples)]}} if examples else {})


def _buttons(*buttons: dict[str, Any]) -> dict[str, Any]:
    return {"type": "BUTTONS", "buttons": list(buttons)}


def _template(*components: dict[str, Any], category: str = "MARKETING", **more: Any) -> dict[str, Any]:
    return {
        "name": "promo",
        "language": "en_US",
        "category": category,
        "components": list(components),
        **more,
    }


_STOP = {"type": "QUICK_REPLY", "text": "Stop promotions"}
_SHOP = {"type": "URL", "text": "Shop", "url": "https://a.example/{{1}}", "example": ["https://a.example/b"]}
_PICTURE = {"type": "HEADER", "format": "IMAGE", "example": {"header_handle": [HANDLE]}}
_CARD = {"components": [_PICTURE, _body("Ten off, {{1}} only", "Sunday"), _buttons(_STOP, _SHOP)]}
_RIGHT: dict[str, dict[str, Any]] = {
    "positional": _template(
        {"type": "HEADER", "format": "TEXT", "text": "Our {{1}} is on", "example": {"header_text": ["sale"]}},
        _body("Hi {{1}}, shop until {{2}} and save.", "Pablo", "Sunday"),
        {"type": "FOOTER", "text": "Tap Stop promotions to opt out"},
        _buttons(_STOP, _SHOP),
    ),
    "named": _template(
        _body("Hi {{first_name}}, come and see us.")
        | {"example": {"body_text_named_params": [{"param_name": "first_name", "example": "Pablo"}]}},
        parameter_format="NAMED",
    ),
    "picture": _template(_PICTURE, _body("Come and see us.")),
    "location": _template({"type": "HEADER", "format": "LOCATION"}, _body("Come and see us.")),
    "offer": _template(
        {"type": "LIMITED_TIME_OFFER", "limited_time_offer": {"text": "Ends soon", "has_expiration": True}},
        _body("Come and see us."),
        _buttons({"type": "COPY_CODE", "example": "25OFF"}, _SHOP),
    ),
    "carousel": _template(_body("Look at these."), {"type": "CAROUSEL", "cards": [_CARD, _CARD]}),
    "utility": _template(
        _body("Your order {{1}} is on its way.", "12"),
        _buttons({"type": "PHONE_NUMBER", "text": "Call", "phone_number": "+15550051310"}),
        category="UTILITY",
        message_send_ttl_seconds=600,
    ),
    "code": _template(
        {"type": "BODY", "add_security_recommendation": True},
        {"type": "FOOTER", "code_expiration_minutes": 10},
        _buttons({"type": "OTP", "otp_type": "COPY_CODE", "text": "Copy"}),
        category="AUTHENTICATION",
        message_send_ttl_seconds=60,
    ),
}
