"""Checks the parameters of a template message against the template (Cloud API docs: template message)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cloud_api_simulator.errors import ApiError
from cloud_api_simulator.templates import BODY_CHARACTERS_MAX, Template, fill

COUPON_CHARACTERS_MAX = 15
"""Longest code a COPY_CODE button carries (Cloud API docs: template components)."""

_FORBIDDEN_TEXT = re.compile(r"[\n\r\t]| {5,}")
_MEDIA = frozenset({"IMAGE", "VIDEO", "DOCUMENT", "GIF"})
_UNCHECKED = frozenset({"carousel", "limited_time_offer", "tap_target_configuration", "order_status"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """What a send fills into a template."""

    header: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, str] = field(default_factory=dict)
    payloads: Mapping[int, str] = field(default_factory=dict)
    suffixes: Mapping[int, str] = field(default_factory=dict)


NO_PARAMETERS = Parameters()


def check_parameters(template: Template, components: object) -> Parameters:
    """Return the values by place; raises ApiError 100, 131008, 131009, 132000, 132005, 132012 or 132018."""
    if components is None:
        components = []
    if not isinstance(components, list) or not all(isinstance(item, dict) for item in components):
        raise ApiError(100, "Param template['components'] must be an array of objects")
    header: Mapping[str, str] = {}
    body: Mapping[str, str] = {}
    payloads: dict[int, str] = {}
    suffixes: dict[int, str] = {}
    seen: set[str] = set()
    for component in components:
        kind = str(component.get("type", "")).lower()
        seen.add(kind)
        if kind == "header":
            header = _header(template, _parameters(component))
        elif kind == "body":
            body = _texts(
                "body",
                template.body_variables,
                _parameters(component),
                named=template.parameter_format == "NAMED",
            )
        elif kind == "button":
            _button(template, component, payloads, suffixes)
        elif kind not in _UNCHECKED:
            raise ApiError(100, f"Unexpected component type {kind[:40]!r}")
    _nothing_missing(template, seen, suffixes)
    if len(fill(template.body_text, body)) > BODY_CHARACTERS_MAX:
        raise ApiError(132005, f"body: the hydrated text is longer than {BODY_CHARACTERS_MAX} characters")
    return Parameters(header=header, body=body, payloads=payloads, suffixes=suffixes)


def _nothing_missing(template: Template, seen: set[str], suffixes: Mapping[int, str]) -> None:
    if template.body_variables and "body" not in seen:
        _wrong_count("body", 0, len(template.body_variables))
    if "header" not in seen:
        if template.header_variables:
            _wrong_count("header", 0, len(template.header_variables))
        if template.header_format in _MEDIA:
            raise ApiError(
                132012, f"header: Format mismatch, expected {template.header_format}, received UNKNOWN"
            )
    for index, button in enumerate(template.buttons):
        if button.takes_suffix and index not in suffixes:
            raise ApiError(131008, f"buttons: Button at index {index} of type Url requires a parameter")


def _parameters(component: Mapping[str, Any]) -> list[dict[str, Any]]:
    parameters = component.get("parameters", [])
    if not isinstance(parameters, list) or not all(isinstance(item, dict) for item in parameters):
        raise ApiError(100, "Param 'parameters' must be an array of objects")
    return parameters


def _wrong_count(place: str, given: int, expected: int) -> None:
    raise ApiError(
        132000,
        f"{place}: number of localizable_params ({given})"
        f" does not match the expected number of params ({expected})",
    )


def _header(template: Template, parameters: list[dict[str, Any]]) -> Mapping[str, str]:
    wanted = template.header_format
    if wanted is None or wanted == "TEXT":
        if parameters and not all(parameter.get("type") == "text" for parameter in parameters):
            raise ApiError(132012, f"header: Format mismatch, expected {wanted or 'NONE'}")
        return _texts(
            "header", template.header_variables, parameters, named=template.parameter_format == "NAMED"
        )
    kind = str(parameters[0].get("type", "")).upper() if parameters else "UNKNOWN"
    if kind != wanted:
        raise ApiError(132012, f"header: Format mismatch, expected {wanted}, received {kind[:20]}")
    media = parameters[0].get(kind.lower())
    if wanted in _MEDIA and (not isinstance(media, dict) or not (media.get("id") or media.get("link"))):
        raise ApiError(131008, f"header: {kind.lower()} needs an id or a link")
    return {}


def _texts(
    place: str, variables: tuple[str, ...], parameters: list[dict[str, Any]], *, named: bool
) -> Mapping[str, str]:
    if len(parameters) != len(variables):
        _wrong_count(place, len(parameters), len(variables))
    values: dict[str, str] = {}
    for position, parameter in enumerate(parameters):
        name = parameter.get("parameter_name") if named else variables[position]
        if not isinstance(name, str) or name not in variables:
            raise ApiError(132012, f"{place}: parameter name {str(name)[:40]!r} is not in the template")
        values[name] = _text(place, parameter)
    if len(values) != len(variables):
        _wrong_count(place, len(values), len(variables))
    return values


def _text(place: str, parameter: Mapping[str, Any]) -> str:
    kind = parameter.get("type")
    if kind in ("currency", "date_time"):
        legacy = parameter.get(kind)
        text = legacy.get("fallback_value") if isinstance(legacy, dict) else None
    elif kind == "text":
        text = parameter.get("text")
    else:
        raise ApiError(132012, f"{place}: parameter of type {str(kind)[:20]!r} is not expected")
    if not isinstance(text, str) or not text:
        raise ApiError(131008, f"{place}: Parameter of type text is missing text value")
    if _FORBIDDEN_TEXT.search(text) is not None:
        raise ApiError(
            132018,
            f"{place}: Param text cannot have new-line/tab characters or more than 4 consecutive spaces",
        )
    return text


def _button(
    template: Template, component: Mapping[str, Any], payloads: dict[int, str], suffixes: dict[int, str]
) -> None:
    place = str(component.get("index", ""))
    if not place.isascii() or not place.isdigit() or int(place[:4]) >= len(template.buttons):
        raise ApiError(132012, f"buttons: there is no button at index {place[:20]!r}")
    index = int(place)
    button = template.buttons[index]
    parameters = _parameters(component)
    parameter = parameters[0] if parameters else {}
    match str(component.get("sub_type", "")).lower(), button.kind:
        case "quick_reply", "QUICK_REPLY":
            payloads[index] = str(parameter.get("payload", ""))
        case "url", "URL" | "OTP":
            suffix = parameter.get("text")
            if not isinstance(suffix, str) or not suffix:
                raise ApiError(131008, f"buttons: Button at index {index} of type Url requires a parameter")
            if button.kind == "URL" and not button.takes_suffix:
                raise ApiError(
                    132000, f"buttons: Button at index {index} of type Url does not take a parameter"
                )
            suffixes[index] = suffix
        case "copy_code", "COPY_CODE":
            code = parameter.get("coupon_code")
            if not isinstance(code, str) or not 0 < len(code) <= COUPON_CHARACTERS_MAX:
                raise ApiError(
                    131009, f"buttons: coupon_code must have 1 to {COUPON_CHARACTERS_MAX} characters"
                )
        case (("flow" | "catalog" | "mpm"), ("FLOW" | "CATALOG" | "MPM")):
            pass
        case given, wanted:
            raise ApiError(
                132012, f"buttons: Button at index {index} is of type {wanted}, received {given[:20]!r}"
            )
