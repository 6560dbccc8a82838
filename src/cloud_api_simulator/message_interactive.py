"""Checks interactive messages of every kind: texts, counts and lengths (platform reference 2.4)."""

from collections.abc import Callable, Mapping
from typing import Any

from cloud_api_simulator.errors import ApiError, JsonObject
from cloud_api_simulator.message_bodies import MediaReference, check_media
from cloud_api_simulator.message_fields import (
    check_count,
    check_unique,
    need_choice,
    need_link,
    need_list,
    need_object,
    need_text,
    optional_text,
    refuse_unexpected,
    wrong_shape,
)

BODY_CHARACTERS_MAX = 1024
"""Longest body of an interactive message, lists excepted (platform reference 2.4)."""
LIST_BODY_CHARACTERS_MAX = 4096
"""Longest body of a list message (platform reference 2.4)."""
SHORT_CHARACTERS_MAX = 60
"""Longest header text and footer (platform reference 2.4)."""
BUTTONS_MAX = 3
"""Most reply buttons (platform reference 2.4)."""
BUTTON_CHARACTERS_MAX = 20
"""Longest label of a button of any kind (platform reference 2.4)."""
ROWS_MAX = 10
"""Most rows of a list over all its sections, and most sections (platform reference 2.4)."""
PRODUCTS_MAX = 30
"""Most products of a product list (platform reference 8.1, MPM)."""
CARDS_MIN, CARDS_MAX = 2, 10
"""Bounds of a carousel (platform reference 8.1)."""
CARD_BODY_CHARACTERS_MAX = 160
"""Longest body of a card (platform reference 8.1)."""

_ID_CHARACTERS_MAX = 256
_ROW_ID_CHARACTERS_MAX = 200
_TITLE_CHARACTERS_MAX = 24
_DESCRIPTION_CHARACTERS_MAX = 72
_FLOW_LABEL_CHARACTERS_MAX = 30
_FREE_CHARACTERS_MAX = 4096
_TTL_MINUTES_MAX = 43_200
_ADDRESS_COUNTRIES = frozenset({"IN", "SG"})
_KEYS = frozenset({"type", "header", "body", "footer", "action"})
_HEADER_MEDIA = frozenset({"image", "video", "document"})
_WITHOUT_BODY = frozenset({"product"})

Action = Mapping[str, Any]
Files = list[MediaReference]


def check_interactive(raw: Mapping[str, Any]) -> tuple[str, str, tuple[MediaReference, ...]]:
    """Return kind, body and files of an interactive message; raises ApiError 100, 131008 or 131009."""
    content = need_object(raw, "interactive", "interactive")
    refuse_unexpected(content, _KEYS, "interactive")
    kind = need_choice(content, "type", "interactive['type']", INTERACTIVE_KINDS)
    files: Files = []
    if content.get("header") is not None:
        _check_header(kind, need_object(content, "header", "interactive['header']"), files)
    elif kind == "product_list":
        raise ApiError(131008, "Required parameter interactive['header'] is missing")
    body = _check_body(kind, content)
    if content.get("footer") is not None:
        footer = need_object(content, "footer", "interactive['footer']")
        need_text(
            footer, "text", "interactive['footer']['text']", longest=SHORT_CHARACTERS_MAX, label="Footer text"
        )
    action = need_object(content, "action", "interactive['action']")
    _ACTIONS[kind](action, files)
    return kind, body, tuple(files)


def _check_header(kind: str, header: JsonObject, files: Files) -> None:
    allowed = {"text"} if kind in ("list", "product_list") else {"text", *_HEADER_MEDIA}
    if kind in ("product", "catalog_message", "location_request_message", "carousel"):
        raise ApiError(131009, f"Header is not supported for interactive type {kind}")
    form = need_choice(header, "type", "interactive['header']['type']", allowed)
    if form == "text":
        need_text(
            header, "text", "interactive['header']['text']", longest=SHORT_CHARACTERS_MAX, label="Header text"
        )
    else:
        file, _ = check_media(header, form, f"interactive['header']['{form}']")
        files.append(file)


def _check_body(kind: str, content: JsonObject) -> str:
    if content.get("body") is None and kind in _WITHOUT_BODY:
        return ""
    body = need_object(content, "body", "interactive['body']")
    longest = LIST_BODY_CHARACTERS_MAX if kind == "list" else BODY_CHARACTERS_MAX
    return need_text(body, "text", "interactive['body']['text']", longest=longest, label="Body text")


def _reply_buttons(action: Action, files: Files) -> None:
    del files
    buttons = need_list(action, "buttons", "interactive['action']['buttons']")
    check_count(buttons, "buttons", fewest=1, most=BUTTONS_MAX)
    replies = [_reply(button, "reply", place) for place, button in enumerate(buttons)]
    check_unique([identity for identity, _ in replies], "reply_button id")
    check_unique([title for _, title in replies], "reply_button title")


def _reply(button: JsonObject, kind: str, position: int) -> tuple[str, str]:
    place = f"interactive['action']['buttons'][{position}]"
    need_choice(button, "type", f"{place}['type']", {kind})
    reply = need_object(button, kind, f"{place}['{kind}']")
    identity = need_text(
        reply, "id", f"{place}['{kind}']['id']", longest=_ID_CHARACTERS_MAX, label="Button id"
    )
    title = need_text(
        reply, "title", f"{place}['{kind}']['title']", longest=BUTTON_CHARACTERS_MAX, label="Button title"
    )
    return identity, title


def _list(action: Action, files: Files) -> None:
    del files
    need_text(
        action,
        "button",
        "interactive['action']['button']",
        longest=BUTTON_CHARACTERS_MAX,
        label="List button",
    )
    sections = _sections(action)
    rows = [row for position, section in enumerate(sections) for row in _rows(section, position)]
    check_count(rows, "rows", fewest=1, most=ROWS_MAX)
    check_unique(rows, "row id")


def _sections(action: Action) -> list[JsonObject]:
    sections = need_list(action, "sections", "interactive['action']['sections']")
    check_count(sections, "sections", fewest=1, most=ROWS_MAX)
    for position, section in enumerate(sections):
        place = f"interactive['action']['sections'][{position}]['title']"
        title = optional_text(section, "title", place, longest=_TITLE_CHARACTERS_MAX)
        if not title and len(sections) > 1:
            raise ApiError(131008, f"Required parameter {place} is missing")
    return sections


def _rows(section: JsonObject, position: int) -> list[str]:
    place = f"interactive['action']['sections'][{position}]['rows']"
    identities = []
    for index, row in enumerate(need_list(section, "rows", place)):
        at = f"{place}[{index}]"
        identities.append(need_text(row, "id", f"{at}['id']", longest=_ROW_ID_CHARACTERS_MAX, label="Row id"))
        need_text(row, "title", f"{at}['title']", longest=_TITLE_CHARACTERS_MAX, label="Row title")
        optional_text(row, "description", f"{at}['description']", longest=_DESCRIPTION_CHARACTERS_MAX)
    return identities


def _named(action: Action, name: str) -> None:
    need_choice(action, "name", "interactive['action']['name']", {name})


def _parameters(action: Action, name: str) -> JsonObject:
    _named(action, name)
    return need_object(action, "parameters", "interactive['action']['parameters']")


def _label(parameters: JsonObject, *, longest: int = BUTTON_CHARACTERS_MAX) -> None:
    place = "interactive['action']['parameters']['display_text']"
    need_text(parameters, "display_text", place, longest=longest, label="Button display text")


def _cta_url(action: Action, files: Files) -> None:
    del files
    parameters = _parameters(action, "cta_url")
    _label(parameters)
    need_link(parameters, "url", "interactive['action']['parameters']['url']")


def _contact_info(action: Action, files: Files) -> None:
    del files
    _named(action, "request_contact_info")


def _location_request(action: Action, files: Files) -> None:
    del files
    _named(action, "send_location")


def _call_permission(action: Action, files: Files) -> None:
    del files
    _named(action, "call_permission_request")


def _voice_call(action: Action, files: Files) -> None:
    del files
    _named(action, "voice_call")
    parameters = action.get("parameters")
    if parameters is None:
        return
    if not isinstance(parameters, dict):
        raise wrong_shape("interactive['action']['parameters']", "a JSON object")
    optional_text(
        parameters,
        "display_text",
        "interactive['action']['parameters']['display_text']",
        longest=BUTTON_CHARACTERS_MAX,
    )
    minutes = parameters.get("ttl_minutes", 1)
    if not isinstance(minutes, int) or not 1 <= minutes <= _TTL_MINUTES_MAX:
        raise ApiError(131009, f"ttl_minutes must be between 1 and {_TTL_MINUTES_MAX}")


def _address(action: Action, files: Files) -> None:
    del files
    parameters = _parameters(action, "address_message")
    place = "interactive['action']['parameters']['country']"
    need_choice(parameters, "country", place, _ADDRESS_COUNTRIES)


def _flow(action: Action, files: Files) -> None:
    del files
    parameters = _parameters(action, "flow")
    place = "interactive['action']['parameters']"
    need_choice(
        {"v": str(parameters.get("flow_message_version", "3"))},
        "v",
        f"{place}['flow_message_version']",
        {"3"},
    )
    named = [key for key in ("flow_id", "flow_name") if parameters.get(key) is not None]
    if len(named) != 1:
        raise ApiError(131008, f"Exactly one of {place}['flow_id'] and {place}['flow_name'] is required")
    need_text(
        parameters, "flow_cta", f"{place}['flow_cta']", longest=_FLOW_LABEL_CHARACTERS_MAX, label="Flow CTA"
    )
    for key, choices in (("mode", {"draft", "published"}), ("flow_action", {"navigate", "data_exchange"})):
        if parameters.get(key) is not None:
            need_choice(parameters, key, f"{place}['{key}']", choices)
    optional_text(parameters, "flow_token", f"{place}['flow_token']", longest=_FREE_CHARACTERS_MAX)


def _product(action: Action, files: Files) -> None:
    del files
    for key in ("catalog_id", "product_retailer_id"):
        need_text(action, key, f"interactive['action']['{key}']", longest=_FREE_CHARACTERS_MAX)


def _product_list(action: Action, files: Files) -> None:
    del files
    need_text(action, "catalog_id", "interactive['action']['catalog_id']", longest=_FREE_CHARACTERS_MAX)
    items = []
    for position, section in enumerate(_sections(action)):
        place = f"interactive['action']['sections'][{position}]['product_items']"
        for index, item in enumerate(need_list(section, "product_items", place)):
            at = f"{place}[{index}]['product_retailer_id']"
            items.append(need_text(item, "product_retailer_id", at, longest=_FREE_CHARACTERS_MAX))
    check_count(items, "products", fewest=1, most=PRODUCTS_MAX)


def _catalog(action: Action, files: Files) -> None:
    del files
    _named(action, "catalog_message")
    parameters = action.get("parameters", {})
    if not isinstance(parameters, dict):
        raise wrong_shape("interactive['action']['parameters']", "a JSON object")


def _carousel(action: Action, files: Files) -> None:
    cards = need_list(action, "cards", "interactive['action']['cards']")
    check_count(cards, "cards", fewest=CARDS_MIN, most=CARDS_MAX)
    kinds = []
    for position, card in enumerate(cards):
        place = f"interactive['action']['cards'][{position}]"
        if card.get("card_index") != position:
            raise ApiError(131009, f"{place}['card_index'] must be {position}")
        kinds.append(_card(card, place, files))
    if len(set(kinds)) > 1:
        raise ApiError(131009, "All cards of a carousel must have the same structure")


def _card(card: JsonObject, place: str, files: Files) -> tuple[object, ...]:
    action = need_object(card, "action", f"{place}['action']")
    if card.get("type") == "product":
        _product(action, files)
        return ("product",)
    header = need_object(card, "header", f"{place}['header']")
    form = need_choice(header, "type", f"{place}['header']['type']", {"image", "video"})
    file, _ = check_media(header, form, f"{place}['header']['{form}']")
    files.append(file)
    if card.get("body") is not None:
        body = need_object(card, "body", f"{place}['body']")
        need_text(
            body, "text", f"{place}['body']['text']", longest=CARD_BODY_CHARACTERS_MAX, label="Card body"
        )
    if action.get("buttons") is None:
        _cta_url(action, files)
        return form, "cta_url"
    buttons = need_list(action, "buttons", f"{place}['action']['buttons']")
    check_count(buttons, "buttons", fewest=1, most=BUTTONS_MAX)
    for index, button in enumerate(buttons):
        _reply(button, "quick_reply", index)
    return form, len(buttons)


_ACTIONS: Mapping[str, Callable[[Action, Files], None]] = {
    "button": _reply_buttons,
    "list": _list,
    "cta_url": _cta_url,
    "request_contact_info": _contact_info,
    "flow": _flow,
    "product": _product,
    "product_list": _product_list,
    "catalog_message": _catalog,
    "location_request_message": _location_request,
    "address_message": _address,
    "voice_call": _voice_call,
    "call_permission_request": _call_permission,
    "carousel": _carousel,
}
INTERACTIVE_KINDS = frozenset(_ACTIONS)
"""Every interactive type of platform reference 2.4."""
