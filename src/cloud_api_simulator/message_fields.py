"""Reads fields of a message request and refuses wrong ones in Meta's words (platform reference 2.2, 6.3).

A missing field is 131008, a field of the wrong shape 100, a value outside its bounds 131009, as Meta's own
refusals have it.
"""

import re
from collections.abc import Collection, Mapping
from typing import Any

from cloud_api_simulator.errors import ApiError, JsonObject

URL_CHARACTERS_MAX = 2000
"""Longest URL of a button or of media (platform reference 8.1, validation table)."""

_WEB_LINK = re.compile(r"https?://[^\s/]+\S*")


def need_object(parent: Mapping[str, Any], key: str, place: str) -> JsonObject:
    """Return the object at `key`; raises ApiError 131008 when missing, 100 when it is none."""
    value = parent.get(key)
    if value is None:
        raise ApiError(131008, f"Required parameter {place} is missing")
    if not isinstance(value, dict):
        raise wrong_shape(place, "a JSON object")
    return value


def need_list(parent: Mapping[str, Any], key: str, place: str) -> list[JsonObject]:
    """Return the list of objects at `key`; raises ApiError 131008 when missing, 100 for another shape."""
    value = parent.get(key)
    if value is None:
        raise ApiError(131008, f"Required parameter {place} is missing")
    return objects_of(value, place)


def objects_of(value: object, place: str) -> list[JsonObject]:
    """Return `value` as a list of objects; raises ApiError 100."""
    if not isinstance(value, list):
        raise wrong_shape(place, "an array")
    # A loop, as a generator costs more than the whole look at a list of two; this runs for every message.
    for item in value:
        if not isinstance(item, dict):
            raise wrong_shape(place, "an array of objects")
    return value


def need_text(
    parent: Mapping[str, Any], key: str, place: str, *, longest: int, label: str | None = None
) -> str:
    """Return the text at `key`; raises ApiError 131008 when missing, 100 for another type, 131009 for its length."""
    value = parent.get(key)
    if value is None or value == "":
        raise ApiError(131008, f"Required parameter {place} is missing")
    if not isinstance(value, str):
        raise wrong_shape(place, "a string")
    if len(value) > longest:
        raise ApiError(131009, f"{label or place} length invalid. Min length: 1, Max length: {longest}")
    return value


def optional_text(parent: Mapping[str, Any], key: str, place: str, *, longest: int) -> str:
    """Return the text at `key` or an empty one; raises ApiError 100 or 131009."""
    value = parent.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise wrong_shape(place, "a string")
    if len(value) > longest:
        raise ApiError(131009, f"{place} length invalid. Max length: {longest}")
    return value


def need_choice(parent: Mapping[str, Any], key: str, place: str, choices: Collection[str]) -> str:
    """Return the word at `key`; raises ApiError 131008 when missing, 100 when it is not one of `choices`."""
    value = parent.get(key)
    if value is None:
        raise ApiError(131008, f"Required parameter {place} is missing")
    if not isinstance(value, str) or value not in choices:
        wanted = ", ".join(sorted(choices))
        raise ApiError(
            100, message=f'(#100) Param {place} must be one of {{{wanted}}} - got "{str(value)[:40]}".'
        )
    return value


def need_link(parent: Mapping[str, Any], key: str, place: str) -> str:
    """Return the http or https address at `key`; raises ApiError 131008, 100 or 131009."""
    link = need_text(parent, key, place, longest=URL_CHARACTERS_MAX)
    if _WEB_LINK.fullmatch(link) is None:
        raise ApiError(100, message=f"(#100) Param {place} is not a valid URI.")
    return link


def refuse_unexpected(parent: Mapping[str, Any], known: Collection[str], place: str) -> None:
    """Raise ApiError 100 for a key that the object does not know, as Meta does for misspelled ones."""
    unexpected = [key for key in parent if key not in known]
    if unexpected:
        raise ApiError(100, message=f'(#100) Unexpected key "{min(unexpected)[:40]}" on param "{place}".')


def wrong_shape(place: str, wanted: str) -> ApiError:
    """Return the refusal of a value of the wrong type."""
    return ApiError(100, message=f"(#100) Param {place} must be {wanted}.")


def check_count(items: Collection[object], place: str, *, fewest: int, most: int) -> None:
    """Raise ApiError 131009 unless there are between `fewest` and `most` items."""
    if not fewest <= len(items) <= most:
        raise ApiError(
            131009, f"Invalid {place} count. Min allowed {place}: {fewest}, Max allowed {place}: {most}"
        )


def check_unique(values: Collection[str], label: str) -> None:
    """Raise ApiError 131009 when a value stands twice."""
    if len(set(values)) != len(values):
        raise ApiError(131009, f"Duplicated {label} found")
