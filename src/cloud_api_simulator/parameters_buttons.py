"""Checks what a send fills into the buttons of a template (platform reference 2.3.3)."""

from collections.abc import Mapping, Sequence
from typing import Any

from cloud_api_simulator.errors import ApiError, JsonObject
from cloud_api_simulator.message_template import parameters_of
from cloud_api_simulator.templates import Button

COUPON_CHARACTERS_MAX = 15
"""Longest code a COPY_CODE button carries (platform reference 2.3.3)."""
PRODUCTS_MAX = 30
SECTIONS_MAX = 10
"""Bounds of a multi-product message (platform reference 8.1)."""

# What a send calls a button -> the kinds of the template it may fill.
_FILLS: Mapping[str, frozenset[str]] = {
    "quick_reply": frozenset({"QUICK_REPLY"}),
    "url": frozenset({"URL", "OTP"}),
    "copy_code": frozenset({"COPY_CODE", "OTP"}),
    "flow": frozenset({"FLOW"}),
    "catalog": frozenset({"CATALOG"}),
    "mpm": frozenset({"MPM"}),
    "voice_call": frozenset({"VOICE_CALL"}),
    "call_permission_request": frozenset({"CALL_PERMISSION_REQUEST"}),
    "request_contact_info": frozenset({"REQUEST_CONTACT_INFO"}),
    "app": frozenset({"APP"}),
    "spm": frozenset({"SPM"}),
}


def check_button(
    buttons: Sequence[Button],
    component: Mapping[str, Any],
    payloads: dict[int, str],
    suffixes: dict[int, str],
) -> None:
    """Put the payload or the suffix of one button in its place; raises ApiError 131008, 131009, 132000 or 132012."""
    place = str(component.get("index", ""))
    if not place.isascii() or not place.isdigit() or int(place[:4]) >= len(buttons):
        raise ApiError(132012, f"buttons: there is no button at index {place[:20]!r}")
    index = int(place)
    button = buttons[index]
    given = str(component.get("sub_type", "")).lower()
    if button.kind not in _FILLS.get(given, ()):
        raise ApiError(
            132012, f"buttons: Button at index {index} is of type {button.kind}, received {given[:20]!r}"
        )
    parameters = parameters_of(component, "button")
    parameter = parameters[0] if parameters else {}
    match given:
        case "quick_reply":
            payloads[index] = str(parameter.get("payload", ""))
        case "url":
            suffixes[index] = _suffix(button, parameter, index)
        case "copy_code":
            suffixes[index] = _coupon(parameter)
        case "mpm":
            _check_products(parameter, index)
        case _:
            pass


def check_filled(buttons: Sequence[Button], suffixes: Mapping[int, str]) -> None:
    """Raise ApiError 131008 for a URL, a one-time code or a coupon that a send left empty."""
    for index, button in enumerate(buttons):
        if button.needs_parameter and index not in suffixes:
            kind = "Url" if button.kind == "URL" else button.kind
            raise ApiError(131008, f"buttons: Button at index {index} of type {kind} requires a parameter")


def _suffix(button: Button, parameter: JsonObject, index: int) -> str:
    suffix = parameter.get("text")
    if not isinstance(suffix, str) or not suffix:
        raise ApiError(131008, f"buttons: Button at index {index} of type Url requires a parameter")
    if button.kind == "URL" and not button.takes_suffix:
        raise ApiError(132000, f"buttons: Button at index {index} of type Url does not take a parameter")
    return suffix


def _coupon(parameter: JsonObject) -> str:
    code = parameter.get("coupon_code")
    if not isinstance(code, str) or not 0 < len(code) <= COUPON_CHARACTERS_MAX:
        raise ApiError(131009, f"buttons: coupon_code must have 1 to {COUPON_CHARACTERS_MAX} characters")
    return code


def _check_products(parameter: JsonObject, index: int) -> None:
    action = parameter.get("action")
    sections = action.get("sections") if isinstance(action, dict) else None
    if not isinstance(sections, list) or not 1 <= len(sections) <= SECTIONS_MAX:
        raise ApiError(131009, f"buttons: Button at index {index} needs 1 to {SECTIONS_MAX} sections")
    count = sum(len(section.get("product_items") or ()) for section in sections if isinstance(section, dict))
    if not 1 <= count <= PRODUCTS_MAX:
        raise ApiError(131009, f"buttons: Button at index {index} needs 1 to {PRODUCTS_MAX} products")
