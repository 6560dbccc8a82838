"""Judges a template before it is taken: the validation table of platform reference 8.1, subcodes of 6.5.

What a component holds is judged here and in `template_buttons`; refusals are code 100 with Meta's subcode and
the title and text that its user is shown.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from cloud_api_simulator.errors import ApiError, JsonObject
from cloud_api_simulator.template_buttons import check_buttons
from cloud_api_simulator.template_texts import (
    check_examples,
    check_length,
    check_variables,
    missing_field,
    refuse,
)
from cloud_api_simulator.templates import BODY_CHARACTERS_MAX, CATEGORIES, NAME

HEADER_CHARACTERS_MAX = 60
FOOTER_CHARACTERS_MAX = 60
OFFER_CHARACTERS_MAX = 16
OFFER_BODY_CHARACTERS_MAX = 600
CARD_BODY_CHARACTERS_MAX = 160
CARDS_MIN, CARDS_MAX = 2, 10
CARD_BUTTONS_MAX = 2
EXPIRATION_MINUTES_MAX = 90
TTL_SECONDS: Mapping[str, tuple[int, int]] = {
    "AUTHENTICATION": (30, 900),
    "UTILITY": (30, 43_200),
    "MARKETING": (43_200, 2_592_000),
}
"""Bounds of `message_send_ttl_seconds` by category (platform reference 2.5)."""
HEADER_FORMATS = frozenset({"TEXT", "IMAGE", "VIDEO", "GIF", "DOCUMENT", "LOCATION", "PRODUCT"})
"""Header formats (platform reference 8.1, component catalogue)."""

_LANGUAGE = re.compile(r"[a-z]{2,3}(_[A-Z]{2,4})?")
_COMPONENTS = frozenset({"HEADER", "BODY", "FOOTER", "BUTTONS", "CAROUSEL", "LIMITED_TIME_OFFER"})
_FORMATTING = re.compile(r"[*_~`\n\r\t]")
_EMOJI = re.compile("[\U0001f000-\U0001faff\u2600-\u27bf\ufe0f]")
_WITH_EXAMPLE = frozenset({"IMAGE", "VIDEO", "DOCUMENT", "GIF"})

FormatOf = Callable[[str], str | None]
"""Tells which header format an example's handle stands for; None for a foreign handle."""


def check_submission(row: Mapping[str, Any], format_of: FormatOf) -> None:
    """Judge a creation request; raises ApiError 100."""
    name, language = row.get("name"), row.get("language")
    if not isinstance(name, str) or NAME.fullmatch(name) is None:
        raise ApiError(100, message="(#100) Param name must have 1 to 512 characters of a-z, 0-9 and _.")
    if not isinstance(language, str) or _LANGUAGE.fullmatch(language) is None:
        raise ApiError(100, message="(#100) Param language must be a supported language code.")
    category = row.get("category")
    if not isinstance(category, str) or category not in CATEGORIES:
        wanted = ", ".join(sorted(CATEGORIES))
        raise ApiError(
            100, message=f'(#100) Param category must be one of {{{wanted}}} - got "{str(category)[:40]}".'
        )
    check_content(row, category, format_of)


def check_content(row: Mapping[str, Any], category: str, format_of: FormatOf) -> None:
    """Judge components and life time, in a creation or an edit; raises ApiError 100."""
    form = str(row.get("parameter_format") or "POSITIONAL").upper()
    if form not in ("POSITIONAL", "NAMED"):
        raise ApiError(100, message="(#100) Param parameter_format must be one of {NAMED, POSITIONAL}.")
    parts = _by_kind(row.get("components"))
    if "BODY" not in parts:
        raise missing_field("A template needs a component of type BODY.")
    named = form == "NAMED"
    if "HEADER" in parts:
        _check_header(parts["HEADER"], format_of, named=named)
    if category == "AUTHENTICATION":
        _check_code(parts)
    else:
        check_body(parts["BODY"], longest=BODY_CHARACTERS_MAX, named=named)
        _check_footer(parts.get("FOOTER"))
    if "BUTTONS" in parts:
        check_buttons(parts["BUTTONS"].get("buttons"), category)
    if "LIMITED_TIME_OFFER" in parts:
        _check_offer(parts, category)
    if "CAROUSEL" in parts:
        _check_carousel(parts["CAROUSEL"], category, format_of, named=named)
    _check_life(row.get("message_send_ttl_seconds"), category)


def _by_kind(components: object) -> dict[str, JsonObject]:
    if not isinstance(components, list) or not all(isinstance(item, dict) for item in components):
        raise ApiError(100, message="(#100) Param components must be an array of objects.")
    parts: dict[str, JsonObject] = {}
    for component in components:
        kind = str(component.get("type", "")).upper()
        if kind not in _COMPONENTS:
            wanted = ", ".join(sorted(_COMPONENTS))
            raise ApiError(100, message=f"(#100) Param components[]['type'] must be one of {{{wanted}}}.")
        if kind in parts:
            raise refuse(None, "Component is repeated", f"A template has one component of type {kind}.")
        parts[kind] = component
    return parts


def _check_header(component: JsonObject, format_of: FormatOf, *, named: bool) -> None:
    form = str(component.get("format", "")).upper()
    if form not in HEADER_FORMATS:
        wanted = ", ".join(sorted(HEADER_FORMATS))
        raise ApiError(100, message=f"(#100) Param format must be one of {{{wanted}}}.")
    if form == "TEXT":
        text = str(component.get("text") or "")
        check_length(text, "Header", HEADER_CHARACTERS_MAX)
        if _FORMATTING.search(text.replace("_", "") if "{{" in text else text) or _EMOJI.search(text):
            raise refuse(
                2388047,
                "Message header format is incorrect",
                "The message header can't have new lines, formatting characters, emojis or asterisks.",
            )
        variables = check_variables(text, "header", named=named, may_touch_edges=True)
        if len(variables) > 1:
            raise refuse(2388047, "Message header format is incorrect", "A header has at most one variable.")
        check_examples(component, "header", variables, named=named)
    elif form in _WITH_EXAMPLE:
        _check_handle(component, form, format_of)


def _check_handle(component: JsonObject, form: str, format_of: FormatOf) -> None:
    example = component.get("example")
    handles = example.get("header_handle") if isinstance(example, dict) else None
    if not isinstance(handles, list) or not handles or not isinstance(handles[0], str):
        raise missing_field("component of type HEADER is missing expected field(s) (example).")
    known = format_of(handles[0])
    if known is None or (known != form and {known, form} != {"VIDEO", "GIF"}):
        raise refuse(
            2494102,
            "Uploaded media handle is invalid",
            f"The handle is no finished upload of this app that fits a header of format {form}.",
        )


def check_body(component: JsonObject, *, longest: int, named: bool) -> None:
    """Judge a body's text; raises ApiError 100 with subcode 2388040, 2388072, 2388293 or 2388299."""
    text = str(component.get("text") or "")
    check_length(text, "Body", longest)
    if "\n\n\n" in text or "     " in text:
        raise refuse(
            2388072,
            "Message body format is incorrect",
            "The message body can't have more than two consecutive newlines or four consecutive spaces.",
        )
    variables = check_variables(text, "body", named=named)
    check_examples(component, "body", variables, named=named)


def _check_footer(component: JsonObject | None) -> None:
    if component is None:
        return
    text = str(component.get("text") or "")
    check_length(text, "Footer", FOOTER_CHARACTERS_MAX)
    if "{{" in text or "\n" in text:
        raise refuse(
            2388073, "Message footer format is incorrect", "The footer can't have variables or new lines."
        )


def _check_code(parts: Mapping[str, JsonObject]) -> None:
    """Authentication: preset text, an OTP button, no media or URL (platform reference 5.3, 8.1)."""
    if "HEADER" in parts or "CAROUSEL" in parts or "LIMITED_TIME_OFFER" in parts:
        raise refuse(
            None, "Authentication template is invalid", "It has a body, a footer and an OTP button alone."
        )
    if parts["BODY"].get("text"):
        raise refuse(None, "Authentication template is invalid", "Its body has preset text; leave text out.")
    minutes = parts.get("FOOTER", {}).get("code_expiration_minutes", 1)
    if not isinstance(minutes, int) or not 1 <= minutes <= EXPIRATION_MINUTES_MAX:
        raise refuse(
            None,
            "Authentication template is invalid",
            f"code_expiration_minutes must be between 1 and {EXPIRATION_MINUTES_MAX}.",
        )
    if "BUTTONS" not in parts:
        raise missing_field("An authentication template needs an OTP button.")


def _check_offer(parts: Mapping[str, JsonObject], category: str) -> None:
    offer = parts["LIMITED_TIME_OFFER"].get("limited_time_offer")
    text = offer.get("text") if isinstance(offer, dict) else None
    check_length(str(text or ""), "Limited-time offer", OFFER_CHARACTERS_MAX)
    if category != "MARKETING":
        raise refuse(None, "Limited-time offer is not allowed", "Only marketing templates carry an offer.")
    if "FOOTER" in parts:
        raise refuse(None, "Limited-time offer is not allowed", "A template with an offer has no footer.")
    check_length(str(parts["BODY"].get("text") or ""), "Body", OFFER_BODY_CHARACTERS_MAX)
    buttons = parts.get("BUTTONS", {}).get("buttons") or []
    kinds = [str(button.get("type", "")).upper() for button in buttons]
    if "URL" not in kinds or ("COPY_CODE" in kinds and kinds[0] != "COPY_CODE"):
        raise refuse(
            None,
            "Limited-time offer is not allowed",
            "An offer needs a URL button; a copy code button comes first.",
        )


def _check_carousel(component: JsonObject, category: str, format_of: FormatOf, *, named: bool) -> None:
    cards = component.get("cards")
    if not isinstance(cards, list) or not CARDS_MIN <= len(cards) <= CARDS_MAX:
        raise refuse(None, "Carousel is invalid", f"A carousel has {CARDS_MIN} to {CARDS_MAX} cards.")
    shapes = {_check_card(card, category, format_of, named=named) for card in cards}
    if len(shapes) > 1:
        raise refuse(None, "Carousel is invalid", "All cards must have the same components.")


def _check_card(card: object, category: str, format_of: FormatOf, *, named: bool) -> tuple[object, ...]:
    if not isinstance(card, dict):
        raise ApiError(100, message="(#100) Param cards must be an array of objects.")
    parts = _by_kind(card.get("components"))
    header = parts.get("HEADER", {})
    form = str(header.get("format", "")).upper()
    if form not in ("IMAGE", "VIDEO", "PRODUCT"):
        raise refuse(None, "Carousel is invalid", "The header of a card is an image, a video or a product.")
    _check_header(header, format_of, named=named)
    if "BODY" in parts:
        check_body(parts["BODY"], longest=CARD_BODY_CHARACTERS_MAX, named=named)
    buttons = parts.get("BUTTONS", {}).get("buttons")
    if not isinstance(buttons, list) or not 1 <= len(buttons) <= CARD_BUTTONS_MAX:
        raise refuse(None, "Carousel is invalid", f"A card has 1 to {CARD_BUTTONS_MAX} buttons.")
    check_buttons(buttons, category)
    return form, "BODY" in parts, tuple(str(button.get("type", "")).upper() for button in buttons)


def _check_life(seconds: object, category: str) -> None:
    if seconds is None:
        return
    least, most = TTL_SECONDS[category]
    for_ever = seconds == -1 and category != "MARKETING"
    if not for_ever and (not isinstance(seconds, int) or not least <= seconds <= most):
        raise ApiError(
            100, message=f"(#100) Param message_send_ttl_seconds must be between {least} and {most}."
        )
