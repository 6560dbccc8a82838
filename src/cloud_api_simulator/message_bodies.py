"""Checks the bodies of plain messages: text, media, reaction, location, contacts (platform reference 2.4)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cloud_api_simulator.errors import ApiError, JsonObject
from cloud_api_simulator.message_fields import (
    need_link,
    need_list,
    need_object,
    need_text,
    optional_text,
    refuse_unexpected,
    wrong_shape,
)

TEXT_CHARACTERS_MAX = 4096
"""Longest text body (platform reference 2.4)."""
CAPTION_CHARACTERS_MAX = 1024
"""Longest caption of media (platform reference 2.4)."""
FILENAME_CHARACTERS_MAX = 240
"""Longest name of a document; Meta publishes none, file systems stop near here."""
CONTACTS_MAX = 257
"""Most contact cards of a message (Cloud API docs: contacts messages recommend far fewer)."""
WAMID_CHARACTERS_MAX = 512
"""Longest message id taken; real ones stay near 128 characters (platform reference 1.3)."""
MEDIA_KINDS = frozenset({"image", "video", "audio", "document", "sticker"})
"""Message types that carry one file (platform reference 2.4)."""

_PLACE_CHARACTERS_MAX = 1000
_EMOJI_CHARACTERS_MAX = 32
_INFORMATION = "\u2139"
"""An emoji and a letter at once."""
_MEDIA_KEYS = frozenset({"id", "link", "caption", "filename", "voice", "provider"})
_WITH_CAPTION = frozenset({"image", "video", "document"})
_LATITUDE_MAX = 90.0
_LONGITUDE_MAX = 180.0
_CONTACT_PARTS = frozenset(
    {"addresses", "birthday", "emails", "name", "org", "phones", "urls", "origin", "vcard"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaReference:
    """A file a message shows: by id of an upload, or by a link that is fetched. One of the two is empty."""

    kind: str
    media_id: str = ""
    link: str = ""
    place: str = ""


def check_text(raw: Mapping[str, Any]) -> str:
    """Return the body of a text message; raises ApiError 131008 or 100."""
    content = need_object(raw, "text", "text")
    refuse_unexpected(content, ("body", "preview_url"), "text")
    body = content.get("body")
    if body is None or body == "":
        raise ApiError(131008, "Required parameter text['body'] is missing")
    if not isinstance(body, str):
        raise wrong_shape("text['body']", "a string")
    if len(body) > TEXT_CHARACTERS_MAX:
        raise ApiError(
            100, message=f"(#100) Param text['body'] must be at most {TEXT_CHARACTERS_MAX} characters long."
        )
    if not isinstance(content.get("preview_url", False), bool):
        raise wrong_shape("text['preview_url']", "a boolean")
    return body


def check_media(parent: Mapping[str, Any], kind: str, place: str) -> tuple[MediaReference, str]:
    """Return the file of `parent[kind]` and its caption; raises ApiError 100, 131008 or 131009."""
    content = need_object(parent, kind, place)
    refuse_unexpected(content, _MEDIA_KEYS, place)
    media_id, link = content.get("id"), content.get("link")
    if media_id is not None and link is not None:
        raise ApiError(100, f"Only one of {place}['id'] and {place}['link'] can be given")
    if media_id is None and link is None:
        raise ApiError(131008, f"Required parameter {place}['id'] or {place}['link'] is missing")
    if isinstance(media_id, int) and not isinstance(media_id, bool):
        media_id = str(media_id)
    if media_id is not None and (not isinstance(media_id, str) or not media_id):
        raise wrong_shape(f"{place}['id']", "a string")
    if link is not None:
        need_link(content, "link", f"{place}['link']")
    caption = optional_text(content, "caption", f"{place}['caption']", longest=CAPTION_CHARACTERS_MAX)
    if caption and kind not in _WITH_CAPTION:
        raise ApiError(100, message=f'(#100) Unexpected key "caption" on param "{place}".')
    optional_text(content, "filename", f"{place}['filename']", longest=FILENAME_CHARACTERS_MAX)
    return MediaReference(kind=kind, media_id=media_id or "", link=link or "", place=place), caption


def check_reaction(raw: Mapping[str, Any]) -> str:
    """Return the emoji of a reaction, empty when it takes one back; raises ApiError 131008, 100 or 131009."""
    content = need_object(raw, "reaction", "reaction")
    need_text(content, "message_id", "reaction['message_id']", longest=WAMID_CHARACTERS_MAX)
    if "emoji" not in content:
        raise ApiError(131008, "Required parameter reaction['emoji'] is missing")
    emoji = optional_text(content, "emoji", "reaction['emoji']", longest=_EMOJI_CHARACTERS_MAX)
    if emoji and (emoji.isascii() or any(char.isalpha() and char != _INFORMATION for char in emoji)):
        raise ApiError(131009, "reaction['emoji'] must be an emoji")
    return emoji


def check_location(content: Mapping[str, Any], place: str) -> str:
    """Return the name a location shows; raises ApiError 131008, 100 or 131009."""
    _check_degrees(content, "latitude", place, _LATITUDE_MAX)
    _check_degrees(content, "longitude", place, _LONGITUDE_MAX)
    name = optional_text(content, "name", f"{place}['name']", longest=_PLACE_CHARACTERS_MAX)
    address = optional_text(content, "address", f"{place}['address']", longest=_PLACE_CHARACTERS_MAX)
    return name or address


def _check_degrees(content: Mapping[str, Any], key: str, place: str, most: float) -> None:
    value = content.get(key)
    if value is None or value == "":
        raise ApiError(131008, f"Required parameter {place}['{key}'] is missing")
    try:
        degrees = float(value) if not isinstance(value, bool | list | dict) else None
    except ValueError:
        degrees = None
    if degrees is None or not -most <= degrees <= most:
        raise ApiError(131009, f"{place}['{key}'] must be a number between {-most:g} and {most:g}")


def check_contacts(raw: Mapping[str, Any]) -> str:
    """Return the name on the first contact card; raises ApiError 131008, 100 or 131009."""
    cards = need_list(raw, "contacts", "contacts")
    if not 1 <= len(cards) <= CONTACTS_MAX:
        raise ApiError(131009, f"contacts must hold 1 to {CONTACTS_MAX} contacts")
    for position, card in enumerate(cards):
        _check_card(card, f"contacts[{position}]")
    return str(cards[0]["name"]["formatted_name"])


def _check_card(card: JsonObject, place: str) -> None:
    refuse_unexpected(card, _CONTACT_PARTS, place)
    name = need_object(card, "name", f"{place}['name']")
    need_text(name, "formatted_name", f"{place}['name']['formatted_name']", longest=_PLACE_CHARACTERS_MAX)
    if not any(name.get(part) for part in ("first_name", "last_name", "middle_name", "suffix", "prefix")):
        # Cloud API docs, contacts messages: the formatted name needs one of its parts beside it.
        raise ApiError(131008, f"Required parameter {place}['name']['first_name'] is missing")
    for part in ("addresses", "emails", "phones", "urls"):
        if card.get(part) is not None:
            need_list(card, part, f"{place}['{part}']")
