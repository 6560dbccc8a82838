"""Read one webhook body of the Cloud API into facts; pure and total.

Shapes after Meta's "Webhooks" reference (April 2026). Whatever is unknown is named in `unread` and does not
disturb the rest; whatever is broken is named there too and marks the body for quarantine.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final, cast, get_args

from rulecast.collect.webhook_facts import (
    InboundMessage,
    ParsedWebhook,
    PreferenceFact,
    PreferenceWord,
    StatusFact,
    StatusWord,
    UnreadFact,
)
from rulecast.collect.webhook_fields import (
    Json,
    UnreadableError,
    bsuid_or_none,
    clean_or_none,
    code_of,
    first_of,
    instant_of,
    number_id_of,
    object_of,
    only_contact_of,
    opaque_id_or_none,
    phone_or_none,
    text_or_none,
    wamid_of,
    wamid_or_none,
    word_or_empty,
)

# Words of Meta's vocabulary (statuses, categories, kinds) are short.
WORD_LENGTH_MAX = 64
# The database keeps 500 characters of what went wrong with a body.
UNREAD_SHOWN_MAX = 20

_WORD = re.compile(r"[A-Za-z0-9_.\-]{1,64}", re.ASCII)

_STATUS_WORDS: Final = frozenset(get_args(StatusWord))
_PREFERENCE_WORDS: Final = frozenset(get_args(PreferenceWord))


@dataclass(slots=True)
class _Reading:
    """The facts found so far."""

    statuses: list[StatusFact] = field(default_factory=list)
    messages: list[InboundMessage] = field(default_factory=list)
    preferences: list[PreferenceFact] = field(default_factory=list)
    unread: list[UnreadFact] = field(default_factory=list)

    def note(self, place: str, reason: str, *, is_broken: bool = False) -> None:
        """Keep what was not read."""
        self.unread.append(UnreadFact(field=place[:WORD_LENGTH_MAX], reason=reason, is_broken=is_broken))

    def read_each(self, value: Json, place: str, read: "Reader") -> None:
        """Read every item of a list; one that cannot be read is noted and disturbs no other."""
        for item in _each(value, place, self):
            try:
                read(item, value, self)
            except UnreadableError as error:
                self.note(place, str(error), is_broken=True)


Reader = Callable[[Json, Json, _Reading], None]


def parse_webhook(body: bytes) -> ParsedWebhook:
    """Return the facts of one signed body; never raises, whatever the bytes are."""
    reading = _Reading()
    try:
        document = _DECODER.decode(body.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        reading.note("body", _why_malformed(error), is_broken=True)
    else:
        _read_document(document, reading)
    return ParsedWebhook(
        statuses=tuple(reading.statuses),
        messages=tuple(reading.messages),
        preferences=tuple(reading.preferences),
        unread=tuple(reading.unread),
    )


def describe_unread(parsed: ParsedWebhook) -> str:
    """Return one line on what was not read, at most 500 characters, without any value of the body."""
    shown = [f"{fact.field}: {fact.reason}" for fact in parsed.unread[:UNREAD_SHOWN_MAX]]
    if len(parsed.unread) > UNREAD_SHOWN_MAX:
        shown.append(f"and {len(parsed.unread) - UNREAD_SHOWN_MAX} more")
    return "; ".join(shown)[:500]


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    record = dict(pairs)
    if len(record) != len(pairs):
        raise ValueError("duplicate key")
    return record


def _refuse_constant(_: str) -> float:
    raise ValueError("not a number")


_DECODER: Final = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_refuse_constant)


def _why_malformed(error: Exception) -> str:
    match error:
        case RecursionError():
            return "nested too deeply"
        case UnicodeDecodeError():
            return "not UTF-8"
        case json.JSONDecodeError():
            return f"not JSON at character {error.pos}"
        case _:
            return "not strict JSON: a repeated key, NaN or a number too large"


def _read_document(document: object, reading: _Reading) -> None:
    if not isinstance(document, dict) or document.get("object") != "whatsapp_business_account":
        reading.note("object", "not a WhatsApp business account", is_broken=True)
        return
    for entry in _each(document, "entry", reading):
        for change in _each(entry, "changes", reading):
            _read_change(change, reading)


def _read_change(change: Json, reading: _Reading) -> None:
    name, value = change.get("field"), change.get("value")
    if not isinstance(name, str) or not isinstance(value, dict):
        reading.note("changes", "without field or value", is_broken=True)
    elif name == "messages":
        _read_messages(value, reading)
    elif name == "user_preferences":
        reading.read_each(value, "user_preferences", _read_preference)
    else:
        reading.note(name if _WORD.fullmatch(name) else "changes", "a field nothing acts upon")


def _read_messages(value: Json, reading: _Reading) -> None:
    reading.read_each(value, "statuses", _read_status)
    reading.read_each(value, "messages", _read_message)
    for problem in _each(value, "errors", reading):
        code = problem.get("code")
        reading.note("errors", f"code {code}" if isinstance(code, int) else "without a code")


def _read_status(status: Json, value: Json, reading: _Reading) -> None:
    word = status.get("status")
    if not isinstance(word, str) or word not in _STATUS_WORDS:
        reading.note("statuses", "a status nothing acts upon")
        return
    problem = first_of(status, "errors")
    pricing = object_of(status, "pricing")
    reading.statuses.append(
        StatusFact(
            wamid=wamid_of(status, "id"),
            status=cast("StatusWord", word),
            occurred_at=instant_of(status),
            opaque_id=opaque_id_or_none(status.get("biz_opaque_callback_data")),
            error_code=code_of(problem),
            error_title=clean_or_none(problem.get("title"), 200) or "",
            recipient_phone=phone_or_none(status.get("recipient_id")),
            recipient_bsuid=bsuid_or_none(status.get("recipient_user_id")),
            pricing_type=word_or_empty(pricing.get("type") or pricing.get("pricing_type")),
            pricing_category=word_or_empty(pricing.get("category")),
            business_number_id=number_id_of(value),
        )
    )


def _read_message(message: Json, value: Json, reading: _Reading) -> None:
    kind = word_or_empty(message.get("type"))
    if kind == "system":
        reading.note("messages/system", "an identity changed; nothing acts upon it")
        return
    sender = only_contact_of(value)
    # Taps on buttons have been seen without `from`; a body with one contact leaves no doubt.
    phone = phone_or_none(message.get("from")) or phone_or_none(sender.get("wa_id"))
    bsuid = bsuid_or_none(message.get("from_user_id")) or bsuid_or_none(sender.get("user_id"))
    if phone is None and bsuid is None:
        raise UnreadableError("names nobody")
    text, payload = _content(message, kind)
    reading.messages.append(
        InboundMessage(
            wamid=wamid_of(message, "id"),
            business_number_id=number_id_of(value),
            sender_phone=phone,
            sender_bsuid=bsuid,
            profile_name=clean_or_none(object_of(sender, "profile").get("name"), 200),
            occurred_at=instant_of(message),
            kind=kind or "unknown",
            text=text,
            payload=payload,
            context_wamid=wamid_or_none(object_of(message, "context").get("id")),
        )
    )


def _read_preference(preference: Json, value: Json, reading: _Reading) -> None:
    word = preference.get("value")
    if not isinstance(word, str) or word not in _PREFERENCE_WORDS:
        reading.note("user_preferences", "a preference nothing acts upon")
        return
    if preference.get("category", "marketing_messages") != "marketing_messages":
        reading.note("user_preferences", "a category nothing acts upon")
        return
    phone, bsuid = phone_or_none(preference.get("wa_id")), bsuid_or_none(preference.get("user_id"))
    if phone is None and bsuid is None:
        raise UnreadableError("names nobody")
    reading.preferences.append(
        PreferenceFact(
            phone=phone,
            bsuid=bsuid,
            value=cast("PreferenceWord", word),
            occurred_at=instant_of(preference),
            business_number_id=number_id_of(value),
        )
    )


def _content(message: Json, kind: str) -> tuple[str | None, str | None]:
    """Return the words and the payload of a message, each None where it has none."""
    body = object_of(message, kind) if kind else {}
    match kind:
        case "text":
            return text_or_none(body.get("body")), None
        case "button":
            return text_or_none(body.get("text")), text_or_none(body.get("payload"))
        case "interactive":
            return _interactive(body)
        case "edit":
            edited = object_of(body, "message")
            return _content(edited, "text" if edited.get("type") == "text" else "")
        case "":
            return None, None
        case _:
            return text_or_none(body.get("caption")), None


def _interactive(body: Json) -> tuple[str | None, str | None]:
    kind = body.get("type")
    answer = object_of(body, kind) if isinstance(kind, str) else {}
    return text_or_none(answer.get("title") or answer.get("body")), text_or_none(answer.get("id"))


def _each(parent: Json, name: str, reading: _Reading) -> Iterator[Json]:
    found = parent.get(name)
    if found is None:
        return
    if not isinstance(found, list):
        reading.note(name, "not a list", is_broken=True)
        return
    for item in found:
        if isinstance(item, dict):
            yield item
        else:
            reading.note(name, "not an object", is_broken=True)
