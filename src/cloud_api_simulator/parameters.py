"""Checks the parameters of a template message against the template (platform reference 2.3)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from cloud_api_simulator.errors import ApiError, JsonObject
from cloud_api_simulator.message_fields import objects_of
from cloud_api_simulator.message_template import parameters_of
from cloud_api_simulator.parameters_buttons import check_button, check_filled
from cloud_api_simulator.templates import BODY_CHARACTERS_MAX, Card, Template, fill

CODE_CHARACTERS_MAX = 15
"""Longest parameter of an authentication template (platform reference 5.3)."""
CARD_BODY_CHARACTERS_MAX = 160
"""Longest body of a card once filled in (platform reference 8.1)."""

_FORBIDDEN_TEXT = re.compile(r"[\n\r\t]| {5,}")
_MEDIA = frozenset({"IMAGE", "VIDEO", "DOCUMENT", "GIF"})
_NEEDED: Mapping[str, tuple[str, ...]] = {
    "LOCATION": ("latitude",),
    "PRODUCT": ("product_retailer_id",),
}
_FIRST_MILLISECONDS = 10**12
"""An earlier instant in milliseconds was written in seconds, the slip platform reference 2.3.4 warns of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """What a send fills into a template; `expires_at` ends a limited-time offer (seconds since the epoch)."""

    header: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, str] = field(default_factory=dict)
    payloads: Mapping[int, str] = field(default_factory=dict)
    suffixes: Mapping[int, str] = field(default_factory=dict)
    cards: tuple["Parameters", ...] = ()
    expires_at: float | None = None


NO_PARAMETERS = Parameters()


def check_parameters(template: Template, components: object, *, lite: bool = False) -> Parameters:
    """Return the values by place; raises ApiError 100, 131008, 131009, 132000, 132005, 132012 or 132018.

    `lite` is for the Marketing Messages API, the only one that takes GIF headers.
    """
    rows = _rows(components)
    filled = _fill(template, rows, named=template.parameter_format == "NAMED")
    if template.header_format == "GIF" and not lite:
        raise ApiError(132012, "header: GIF headers are supported by the Marketing Messages API only")
    text = fill(template.body_text, filled.body)
    if len(text) > BODY_CHARACTERS_MAX:
        raise ApiError(132005, f"body: the hydrated text is longer than {BODY_CHARACTERS_MAX} characters")
    if template.category == "AUTHENTICATION":
        _check_code(filled)
    cards, expires_at = _cards(template, rows), _offer_end(template, rows)
    return replace(filled, cards=cards, expires_at=expires_at) if cards or expires_at else filled


def _rows(components: object) -> list[JsonObject]:
    if components is None:
        return []
    return objects_of(components, "template['components']")


def _kind(component: Mapping[str, Any]) -> str:
    return str(component.get("type", "")).lower()


def _fill(part: Template | Card, rows: list[JsonObject], *, named: bool) -> Parameters:
    """Return what header, body and buttons of a template or of one card are filled with."""
    header: Mapping[str, str] = {}
    body: Mapping[str, str] = {}
    payloads: dict[int, str] = {}
    suffixes: dict[int, str] = {}
    seen: set[str] = set()
    for component in rows:
        kind = _kind(component)
        seen.add(kind)
        parameters = parameters_of(component, kind)
        if kind == "header":
            header = _header(part, parameters, named=named)
        elif kind == "body":
            body = _texts("body", part.body_variables, parameters, named=named)
        elif kind == "button":
            check_button(part.buttons, component, payloads, suffixes)
    _nothing_missing(part, seen)
    check_filled(part.buttons, suffixes)
    return Parameters(header=header, body=body, payloads=payloads, suffixes=suffixes)


def _nothing_missing(part: Template | Card, seen: set[str]) -> None:
    if part.body_variables and "body" not in seen:
        _wrong_count("body", 0, len(part.body_variables))
    if "header" in seen:
        return
    if isinstance(part, Template) and part.header_variables:
        _wrong_count("header", 0, len(part.header_variables))
    if part.header_format in _MEDIA or part.header_format == "LOCATION":
        raise ApiError(132012, f"header: Format mismatch, expected {part.header_format}, received UNKNOWN")


def _wrong_count(place: str, given: int, expected: int) -> None:
    raise ApiError(
        132000,
        f"{place}: number of localizable_params ({given})"
        f" does not match the expected number of params ({expected})",
    )


def _header(part: Template | Card, parameters: list[JsonObject], *, named: bool) -> Mapping[str, str]:
    wanted = part.header_format
    if wanted is None or wanted == "TEXT":
        if parameters and not all(parameter.get("type") == "text" for parameter in parameters):
            raise ApiError(132012, f"header: Format mismatch, expected {wanted or 'NONE'}")
        variables = part.header_variables if isinstance(part, Template) else ()
        return _texts("header", variables, parameters, named=named)
    kind = str(parameters[0].get("type", "")).upper() if parameters else "UNKNOWN"
    if kind != wanted:
        raise ApiError(132012, f"header: Format mismatch, expected {wanted}, received {kind[:20]}")
    content = parameters[0].get(kind.lower())
    needed = ("id", "link") if wanted in _MEDIA else _NEEDED.get(wanted, ())
    if not isinstance(content, dict) or not any(content.get(key) for key in needed):
        raise ApiError(131008, f"header: {kind.lower()} needs {' or '.join(needed)}")
    return {}


def _texts(
    place: str, variables: tuple[str, ...], parameters: list[JsonObject], *, named: bool
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


def _check_code(filled: Parameters) -> None:
    """Platform reference 2.3.3, 5.3: the code is short and stands in body and button alike."""
    for value in (*filled.body.values(), *filled.suffixes.values()):
        if len(value) > CODE_CHARACTERS_MAX:
            raise ApiError(132018, f"body: a one-time code has at most {CODE_CHARACTERS_MAX} characters")
    if set(filled.suffixes.values()) - set(filled.body.values()):
        raise ApiError(132018, "buttons: the code must be the same as in the body")


def _cards(template: Template, rows: list[JsonObject]) -> tuple[Parameters, ...]:
    if not template.cards:
        _refuse_extra(rows, "carousel")
        return ()
    given = [
        card for component in rows if _kind(component) == "carousel" for card in component.get("cards") or ()
    ]
    if len(given) != len(template.cards):
        raise ApiError(
            132012,
            f"carousel: number of cards ({len(given)}) does not match the template ({len(template.cards)})",
        )
    named = template.parameter_format == "NAMED"
    by_index = {card.get("card_index"): card for card in given}
    filled = []
    for position, card in enumerate(template.cards):
        if position not in by_index:
            raise ApiError(132012, f"carousel: there is no card with card_index {position}")
        values = _fill(card, _rows(by_index[position].get("components")), named=named)
        if len(fill(card.body_text, values.body)) > CARD_BODY_CHARACTERS_MAX:
            raise ApiError(132005, f"carousel: the hydrated text of card {position} is too long")
        filled.append(values)
    return tuple(filled)


def _offer_end(template: Template, rows: list[JsonObject]) -> float | None:
    """Return when the offer ends, in seconds (platform reference 2.3.4)."""
    if template.offer_expires is None:
        _refuse_extra(rows, "limited_time_offer")
        return None
    ends = [
        parameter.get("limited_time_offer")
        for component in rows
        if _kind(component) == "limited_time_offer"
        for parameter in parameters_of(component, "limited_time_offer")
    ]
    if not template.offer_expires:
        return None
    end = ends[0].get("expiration_time_ms") if ends and isinstance(ends[0], dict) else None
    if isinstance(end, bool) or not isinstance(end, int):
        raise ApiError(131008, "limited_time_offer: Required parameter expiration_time_ms is missing")
    if end < _FIRST_MILLISECONDS:
        raise ApiError(131009, "limited_time_offer: expiration_time_ms is in the past")
    return end / 1000


def _refuse_extra(rows: list[JsonObject], kind: str) -> None:
    if any(_kind(component) == kind for component in rows):
        raise ApiError(132012, f"{kind}: the template has no such component")
