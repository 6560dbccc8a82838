"""Checks the form of a template message before the template is looked up (platform reference 2.3)."""

from collections.abc import Mapping
from typing import Any

from cloud_api_simulator.errors import ApiError, JsonObject
from cloud_api_simulator.message_bodies import MediaReference, check_location, check_media
from cloud_api_simulator.message_fields import (
    need_object,
    need_text,
    objects_of,
    refuse_unexpected,
    wrong_shape,
)

NAME_CHARACTERS_MAX = 512
"""Longest template name (platform reference 8.1, validation table)."""
PAYLOAD_CHARACTERS_MAX = 256
"""Longest quick-reply payload; Meta's pages say 128 or 256 (platform reference 2.3.3, uncertain)."""
CARDS_MAX = 10
"""Most cards of a carousel (platform reference 8.1)."""

_LANGUAGE_CHARACTERS_MAX = 20
_KEYS = frozenset({"name", "language", "components", "namespace"})
_KINDS = frozenset(
    {"header", "body", "button", "carousel", "limited_time_offer", "tap_target_configuration", "order_status"}
)
_MEDIA = frozenset({"image", "video", "document", "gif"})


def check_template(raw: Mapping[str, Any]) -> tuple[str, str, tuple[MediaReference, ...]]:
    """Return name, language code and files of a template message; raises ApiError 100, 131008 or 131009.

    Whether the parameters fit the template is decided later, by `check_parameters`.
    """
    template = need_object(raw, "template", "template")
    refuse_unexpected(template, _KEYS, "template")
    name = need_text(template, "name", "template['name']", longest=NAME_CHARACTERS_MAX)
    language = need_object(template, "language", "template['language']")
    code = need_text(language, "code", "template['language']['code']", longest=_LANGUAGE_CHARACTERS_MAX)
    files: list[MediaReference] = []
    components = template.get("components")
    if components is not None:
        for position, component in enumerate(objects_of(components, "template['components']")):
            _component(component, f"template['components'][{position}]", files)
    return name, code, tuple(files)


def _component(component: JsonObject, place: str, files: list[MediaReference]) -> None:
    kind = component.get("type")
    if not isinstance(kind, str):
        raise ApiError(131008, f"Required parameter {place}['type'] is missing")
    kind = kind.lower()
    if kind not in _KINDS:
        raise ApiError(100, f"Unexpected component type {kind[:40]!r}")
    if kind == "carousel":
        _cards(component, place, files)
        return
    if kind == "button":
        _button(component, place)
    for position, parameter in enumerate(parameters_of(component, place)):
        _parameter(parameter, f"{place}['parameters'][{position}]", files)


def parameters_of(component: Mapping[str, Any], place: str) -> list[JsonObject]:
    """Return the parameters of a component, none when it has none; raises ApiError 100."""
    parameters = component.get("parameters")
    return [] if parameters is None else objects_of(parameters, f"{place}['parameters']")


def _button(component: JsonObject, place: str) -> None:
    need_text(component, "sub_type", f"{place}['sub_type']", longest=_LANGUAGE_CHARACTERS_MAX)
    index = component.get("index")
    if index is None:
        raise ApiError(131008, f"Required parameter {place}['index'] is missing")
    if isinstance(index, bool) or not isinstance(index, str | int):
        raise wrong_shape(f"{place}['index']", "a string")


def _parameter(parameter: JsonObject, place: str, files: list[MediaReference]) -> None:
    kind = parameter.get("type")
    if not isinstance(kind, str):
        raise ApiError(131008, f"Required parameter {place}['type'] is missing")
    if kind in _MEDIA:
        file, _ = check_media(parameter, kind, f"{place}['{kind}']")
        files.append(file)
    elif kind == "location":
        check_location(need_object(parameter, "location", f"{place}['location']"), f"{place}['location']")
    elif kind == "payload":
        payload = parameter.get("payload", "")
        if not isinstance(payload, str):
            raise wrong_shape(f"{place}['payload']", "a string")
        if len(payload) > PAYLOAD_CHARACTERS_MAX:
            raise ApiError(131009, f"{place}['payload'] length invalid. Max length: {PAYLOAD_CHARACTERS_MAX}")


def _cards(component: JsonObject, place: str, files: list[MediaReference]) -> None:
    cards = component.get("cards")
    if cards is None:
        raise ApiError(131008, f"Required parameter {place}['cards'] is missing")
    for position, card in enumerate(objects_of(cards, f"{place}['cards']")[: CARDS_MAX + 1]):
        at = f"{place}['cards'][{position}]"
        index = card.get("card_index")
        if isinstance(index, bool) or not isinstance(index, int):
            raise ApiError(131008, f"Required parameter {at}['card_index'] is missing")
        for number, inner in enumerate(objects_of(card.get("components", []), f"{at}['components']")):
            if inner.get("type") == "carousel":
                raise ApiError(100, "A card cannot hold a carousel")
            _component(inner, f"{at}['components'][{number}]", files)
