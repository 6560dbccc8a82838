"""Length, count and shape of what a message holds, checked before anything is frozen.

Lengths are characters as Python counts them, which is what the Cloud API counts too, emoji apart.
"""

import re
from collections.abc import Sequence

from rulecast.template.messages.errors import MessageInvalidError

BODY_LENGTH_MAX = 1024
"""Body of an interactive message and caption of a medium (Cloud API, free-form messages)."""
FOOTER_LENGTH_MAX = 60
HEADER_LENGTH_MAX = 60
URL_LENGTH_MAX = 2000
WAMID_LENGTH_MAX = 256
"""Twice what was ever seen; a longer one is no wamid."""

_LINK = re.compile(r"https?://[^\s/?#]+\S*")


def text_within(place: str, text: str, *, length_max: int) -> str:
    """Return the text if it is there and not too long.

    Raises:
        MessageInvalidError: it is blank, holds NUL, or is longer than `length_max`.
    """
    if not text.strip():
        raise MessageInvalidError(place, "a text is expected")
    if len(text) > length_max:
        raise MessageInvalidError(place, f"{len(text)} characters, at most {length_max} are allowed")
    if "\0" in text:
        raise MessageInvalidError(place, "the NUL character is not allowed")
    return text


def token_within(place: str, text: str, *, length_max: int) -> str:
    """Return an id or a title that stands on one line, without spaces around it.

    Raises:
        MessageInvalidError: as `text_within`, or it has spaces around it or a line break in it.
    """
    text_within(place, text, length_max=length_max)
    if text != text.strip() or any(char in text for char in "\r\n\t"):
        raise MessageInvalidError(place, "spaces around it and line breaks in it are not allowed")
    return text


def count_within(place: str, count: int, *, low: int, high: int) -> None:
    """Check a number of things.

    Raises:
        MessageInvalidError: there are too few or too many.
    """
    if not low <= count <= high:
        raise MessageInvalidError(place, f"{count} given, {low} to {high} are allowed")


def all_distinct(place: str, values: Sequence[str]) -> None:
    """Check that no two are the same, because the answer of a person could not be told apart.

    Raises:
        MessageInvalidError: two are the same.
    """
    if len(set(values)) < len(values):
        raise MessageInvalidError(place, "two of them are the same")


def web_address(place: str, url: str) -> str:
    """Return a web address as Meta fetches or opens it.

    Raises:
        MessageInvalidError: it is too long or no http address.
    """
    text_within(place, url, length_max=URL_LENGTH_MAX)
    if _LINK.fullmatch(url) is None:
        raise MessageInvalidError(place, "an http or https address is expected")
    return url


def wamid_of(place: str, wamid: str) -> str:
    """Return the id of an earlier message.

    Raises:
        MessageInvalidError: it is none.
    """
    return token_within(place, wamid, length_max=WAMID_LENGTH_MAX)
