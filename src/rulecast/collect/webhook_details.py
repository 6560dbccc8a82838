"""Flatten the plain values of an update about an account or a template; nothing about a person passes."""

import math
from collections.abc import Iterator
from typing import Final

from rulecast.collect.webhook_facts import Detail
from rulecast.collect.webhook_fields import PROBLEM_LENGTH_MAX, Json, clean_or_none

# The fullest update Meta describes has some 20 values; a body of 3 MB must not become as many details.
DETAILS_MAX = 64
DEPTH_MAX = 5
KEY_LENGTH_MAX = 120
# Whole numbers beyond 64 bits are no ids and no instants.
WHOLE_MAX = 2**63

# Keys under which webhooks name people; updates of accounts have none of them, and must not bring them in.
_PERSONAL: Final = frozenset(
    {
        "wa_id", "user_id", "parent_user_id", "from", "to", "from_user_id", "to_user_id", "recipient_id", "phone",
        "phone_number", "email", "profile", "contacts", "participants", "requester", "first_name", "last_name",
        "full_name", "username_owner", "messages", "statuses", "body", "text", "caption",
    }
)  # fmt: skip


def details_of(value: Json) -> dict[str, Detail]:
    """Return the plain values by their dotted names, at most 64 of them, texts cut to 500 characters."""
    found: dict[str, Detail] = {}
    for name, detail in _walk(value, "", DEPTH_MAX):
        if len(found) >= DETAILS_MAX:
            break
        found[name[:KEY_LENGTH_MAX]] = detail
    return found


def _walk(found: object, name: str, depth: int) -> Iterator[tuple[str, Detail]]:
    if isinstance(found, dict):
        if depth:
            for key, inner in found.items():
                if key not in _PERSONAL:
                    yield from _walk(inner, f"{name}.{key}" if name else key, depth - 1)
    elif isinstance(found, list):
        if depth:
            for place, inner in enumerate(found[:DETAILS_MAX]):
                yield from _walk(inner, f"{name}.{place}", depth - 1)
    elif (detail := _detail_or_none(found)) is not None:
        yield clean_or_none(name, KEY_LENGTH_MAX) or "", detail


def _detail_or_none(found: object) -> Detail | None:
    if isinstance(found, str):
        return clean_or_none(found, PROBLEM_LENGTH_MAX)
    if isinstance(found, bool):
        return found
    if isinstance(found, int):
        return found if abs(found) < WHOLE_MAX else None
    return found if isinstance(found, float) and math.isfinite(found) else None
