"""Read one webhook body of the Cloud API into facts; pure and total.

Shapes after Meta's "Webhooks" reference (April 2026). Whatever is unknown is named in `unread` and does not
disturb the rest; whatever is broken is named there too and marks the body for quarantine.
"""

from collections.abc import Callable
from typing import Final

from rulecast.collect.parse_webhook_account import ACCOUNT_FIELDS, read_account
from rulecast.collect.parse_webhook_message import read_echo, read_message
from rulecast.collect.parse_webhook_notice import NOTICE_FIELDS, read_notice
from rulecast.collect.parse_webhook_person import read_preference, read_user_id_update
from rulecast.collect.parse_webhook_status import read_problem, read_status, read_user_action
from rulecast.collect.parse_webhook_template import TEMPLATE_FIELDS, read_template
from rulecast.collect.webhook_facts import ParsedWebhook
from rulecast.collect.webhook_fields import (
    Json,
    UnreadableError,
    id_or_empty,
    instant_or_none,
    word_or_empty,
)
from rulecast.collect.webhook_json import decode_body, why_malformed
from rulecast.collect.webhook_reading import Change, Reader, Reading

# The database keeps 500 characters of what went wrong with a body.
UNREAD_SHOWN_MAX = 20

# The lists of updates a value of a message-like field can hold, and who reads each.
_LISTS: Final[dict[str, dict[str, Reader]]] = {
    "messages": {
        "statuses": read_status,
        "messages": read_message,
        "errors": read_problem,
        "user_preferences": read_preference,
        "user_actions": read_user_action,
    },
    "user_preferences": {"user_preferences": read_preference, "errors": read_problem},
    "user_id_update": {"user_id_update": read_user_id_update, "errors": read_problem},
    "smb_message_echoes": {"message_echoes": read_echo, "errors": read_problem},
    "message_echoes": {"message_echoes": read_echo, "errors": read_problem},
}
# What stands beside the lists in such a value.
_SURROUNDINGS: Final = frozenset({"messaging_product", "metadata", "contacts"})
_DOCUMENT_KEYS: Final = frozenset({"object", "entry"})
_ENTRY_KEYS: Final = frozenset({"id", "time", "changes"})
_KNOWN_KEYS: Final = {name: _SURROUNDINGS | lists.keys() for name, lists in _LISTS.items()}


def parse_webhook(body: bytes) -> ParsedWebhook:
    """Return the facts of one signed body; never raises, whatever the bytes are."""
    reading = Reading()
    try:
        document = decode_body(body)
    except (ValueError, RecursionError) as error:
        reading.note("body", why_malformed(error), is_broken=True)
        return reading.finish()
    _read_document(document, reading)
    return reading.finish()


def describe_unread(parsed: ParsedWebhook) -> str:
    """Return one line on what was not read, at most 500 characters, without any value of the body."""
    shown = [f"{fact.field}: {fact.reason}" for fact in parsed.unread[:UNREAD_SHOWN_MAX]]
    if len(parsed.unread) > UNREAD_SHOWN_MAX:
        shown.append(f"and {len(parsed.unread) - UNREAD_SHOWN_MAX} more")
    return "; ".join(shown)[:500]


def _read_document(document: object, reading: Reading) -> None:
    if not isinstance(document, dict) or document.get("object") != "whatsapp_business_account":
        reading.note("object", "not a WhatsApp business account", is_broken=True)
        return
    _note_others(document, _DOCUMENT_KEYS, "envelope", reading)
    for entry in reading.each(document, "entry"):
        _note_others(entry, _ENTRY_KEYS, "entry", reading)
        for change in reading.each(entry, "changes"):
            _read_change(change, entry, reading)


def _note_others(found: Json, known: frozenset[str], place: str, reading: Reading) -> None:
    if not found.keys() <= known:
        for name in sorted(found.keys() - known):
            reading.note(f"{place}/{word_or_empty(name) or 'value'}", "a part nothing acts upon")


def _read_change(raw: Json, entry: Json, reading: Reading) -> None:
    name, value = raw.get("field"), raw.get("value")
    if not isinstance(name, str) or not isinstance(value, dict):
        reading.note("changes", "without field or value", is_broken=True)
        return
    change = _change_of(name, value, entry)
    if name in _LISTS:
        _read_lists(change, reading)
    elif (read := _WHOLE.get(name)) is not None:
        try:
            read(change, reading)
        except UnreadableError as error:
            reading.note(name, str(error), is_broken=True)
        reading.read_each(change, "errors", read_problem)
    else:
        reading.note(word_or_empty(name) or "changes", "a field nothing acts upon")


def _change_of(name: str, value: Json, entry: Json) -> Change:
    found = value.get("metadata")
    metadata: Json = found if isinstance(found, dict) else {}
    return Change(
        name,
        value,
        id_or_empty(entry.get("id")),
        metadata,
        id_or_empty(metadata.get("phone_number_id")),
        instant_or_none(entry["time"]) if "time" in entry else None,
    )


def _read_lists(change: Change, reading: Reading) -> None:
    value, lists = change.value, _LISTS[change.field]
    for name in value:
        if (read := lists.get(name)) is not None:
            reading.read_each(change, name, read)
    _note_others(value, _KNOWN_KEYS[change.field], change.field, reading)


_Read = Callable[[Change, Reading], None]
_WHOLE: Final[dict[str, _Read]] = {
    **dict.fromkeys(ACCOUNT_FIELDS, read_account),
    **dict.fromkeys(TEMPLATE_FIELDS, read_template),
    **dict.fromkeys(NOTICE_FIELDS, read_notice),
}
