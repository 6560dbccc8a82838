"""Take webhook bodies apart and put them together, update by update; for replays and tests of the parser."""

import json
from collections.abc import Iterable, Iterator
from typing import Any, Final

from rulecast.collect.webhook_json import decode_body

# Meta puts at most 1,000 updates and 3 MB into one body (Webhooks, "overview"); some room stays for the envelope.
UPDATES_MAX = 1_000
BYTES_MAX = 2_500_000

# The lists of a value whose items are updates of their own, by field.
_GROUPS: Final = ("groups", "errors")
UPDATE_LISTS: Final[dict[str, tuple[str, ...]]] = {
    "messages": ("statuses", "messages", "errors", "user_preferences", "user_actions"),
    "user_preferences": ("user_preferences", "errors"),
    "user_id_update": ("user_id_update", "errors"),
    "smb_message_echoes": ("message_echoes", "errors"),
    "message_echoes": ("message_echoes", "errors"),
    "calls": ("calls", "statuses", "errors"),
    "history": ("history", "errors"),
    "automatic_events": ("automatic_events", "errors"),
    "group_lifecycle_update": _GROUPS,
    "group_participants_update": _GROUPS,
    "group_settings_update": _GROUPS,
    "group_status_update": _GROUPS,
}


def split_body(body: bytes) -> list[bytes]:
    """Return one body for each update, with the envelope of its own; a body of another shape stays as it is."""
    document = _document_or_none(body)
    if document is None:
        return [body]
    parts = [
        _written({**document, "entry": [{**entry, "changes": [part]}]})
        for entry in document["entry"]
        for change in entry["changes"]
        for part in _split_change(change)
    ]
    return parts or [body]


def merge_bodies(bodies: Iterable[bytes]) -> list[bytes]:
    """Return as few bodies as Meta's limits allow with all entries in their order; those of other shapes alone."""
    merged: list[bytes] = []
    entries: list[Any] = []
    size_bytes = 0
    for body in bodies:
        document = _document_or_none(body)
        if document is None or document.keys() != {"object", "entry"}:
            merged.append(body)
            continue
        if entries and (size_bytes + len(body) > BYTES_MAX or len(entries) >= UPDATES_MAX):
            merged.append(_merged(entries))
            entries, size_bytes = [], 0
        entries.extend(document["entry"])
        size_bytes += len(body)
    return [*merged, _merged(entries)] if entries else merged


def _document_or_none(body: bytes) -> dict[str, Any] | None:
    """Return a body whose every level has the usual shape."""
    try:
        document = decode_body(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(document, dict) or document.get("object") != "whatsapp_business_account":
        return None
    entries = document.get("entry")
    if not isinstance(entries, list) or not all(_is_entry(entry) for entry in entries):
        return None
    return document


def _is_entry(entry: object) -> bool:
    changes = entry.get("changes") if isinstance(entry, dict) else None
    return isinstance(changes, list) and all(
        isinstance(change, dict) and isinstance(change.get("value"), dict) for change in changes
    )


def _split_change(change: dict[str, Any]) -> Iterator[dict[str, Any]]:
    value = change["value"]
    field = change.get("field")
    names = UPDATE_LISTS.get(field, ()) if isinstance(field, str) else ()
    lists = [name for name in names if isinstance(value.get(name), list)]
    shared = {name: found for name, found in value.items() if name not in lists}
    updates = [(name, item) for name in lists for item in value[name]]
    if not updates:
        yield change
        return
    for place, (name, item) in enumerate(updates):
        # What is no update of its own goes with the first one only.
        kept = shared if place == 0 else {key: shared[key] for key in _SHARED if key in shared}
        yield {**change, "value": {**kept, name: [item]}}


_SHARED: Final = ("messaging_product", "metadata", "contacts")


def _merged(entries: list[Any]) -> bytes:
    return _written({"object": "whatsapp_business_account", "entry": entries})


def _written(document: dict[str, Any]) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode()
