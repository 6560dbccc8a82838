"""Read one webhook body of the Cloud API into facts; pure and total.

Shapes after Meta's "Webhooks" reference (April 2026). Whatever is unknown is named in `unread` and does not
disturb the rest; whatever is broken is named there too and marks the body for quarantine.
"""

import base64
import binascii
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, cast, get_args

from rulecast.collect.webhook_facts import (
    InboundMessage,
    ParsedWebhook,
    PreferenceFact,
    PreferenceWord,
    StatusFact,
    StatusWord,
    UnreadFact,
)
from rulecast.values.ids import OpaqueId

# A wamid has up to 128 characters in practice; four times that is surely none.
WAMID_LENGTH_MAX = 512
# WhatsApp's own limit for a text is 4,096 characters; captions and flow answers stay below this too.
TEXT_LENGTH_MAX = 65_536
# Words of Meta's vocabulary (statuses, categories, kinds) are short.
WORD_LENGTH_MAX = 64
# The database keeps 500 characters of what went wrong with a body.
UNREAD_SHOWN_MAX = 20

_DIGITS = re.compile(r"[0-9]{6,15}", re.ASCII)
_NUMBER_ID = re.compile(r"[0-9]{1,40}", re.ASCII)
_SECONDS = re.compile(r"[0-9]{1,11}", re.ASCII)
_WORD = re.compile(r"[A-Za-z0-9_.\-]{1,64}", re.ASCII)
# A business-scoped user id, its parent form included (Meta, "Business-scoped user ids").
_BSUID = re.compile(r"[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}", re.ASCII)
_OPAQUE_LENGTH = 22
_OPAQUE_BYTES = 16

_STATUS_WORDS: Final = frozenset(get_args(StatusWord))
_PREFERENCE_WORDS: Final = frozenset(get_args(PreferenceWord))

Json = dict[str, Any]


class _UnreadableError(Exception):
    """One part of a body has a shape that cannot be read; the text names the field, never a value."""


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
            except _UnreadableError as error:
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
    problem = _first(status, "errors")
    pricing = _object(status, "pricing")
    reading.statuses.append(
        StatusFact(
            wamid=_wamid(status, "id"),
            status=cast("StatusWord", word),
            occurred_at=_instant(status),
            opaque_id=_opaque_id(status.get("biz_opaque_callback_data")),
            error_code=_code(problem),
            error_title=_clean(problem.get("title"), 200) or "",
            recipient_phone=_phone(status.get("recipient_id")),
            recipient_bsuid=_bsuid(status.get("recipient_user_id")),
            pricing_type=_word(pricing.get("type") or pricing.get("pricing_type")),
            pricing_category=_word(pricing.get("category")),
            business_number_id=_number_id(value),
        )
    )


def _read_message(message: Json, value: Json, reading: _Reading) -> None:
    kind = _word(message.get("type"))
    if kind == "system":
        reading.note("messages/system", "an identity changed; nothing acts upon it")
        return
    sender = _only_contact(value)
    text, payload = _content(message, kind)
    reading.messages.append(
        InboundMessage(
            wamid=_wamid(message, "id"),
            business_number_id=_number_id(value),
            # Taps on buttons have been seen without `from`; a body with one contact leaves no doubt.
            sender_phone=_phone(message.get("from")) or _phone(sender.get("wa_id")),
            sender_bsuid=_bsuid(message.get("from_user_id")) or _bsuid(sender.get("user_id")),
            profile_name=_clean(_object(sender, "profile").get("name"), 200),
            occurred_at=_instant(message),
            kind=kind or "unknown",
            text=text,
            payload=payload,
            context_wamid=_optional_wamid(_object(message, "context").get("id")),
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
    phone, bsuid = _phone(preference.get("wa_id")), _bsuid(preference.get("user_id"))
    if phone is None and bsuid is None:
        raise _UnreadableError("names nobody")
    reading.preferences.append(
        PreferenceFact(
            phone=phone,
            bsuid=bsuid,
            value=cast("PreferenceWord", word),
            occurred_at=_instant(preference),
            business_number_id=_number_id(value),
        )
    )


def _content(message: Json, kind: str) -> tuple[str | None, str | None]:
    """Return the words and the payload of a message, each None where it has none."""
    body = _object(message, kind) if kind else {}
    match kind:
        case "text":
            return _text(body.get("body")), None
        case "button":
            return _text(body.get("text")), _text(body.get("payload"))
        case "interactive":
            return _interactive(body)
        case "edit":
            edited = _object(body, "message")
            return _content(edited, "text" if edited.get("type") == "text" else "")
        case "":
            return None, None
        case _:
            return _text(body.get("caption")), None


def _interactive(body: Json) -> tuple[str | None, str | None]:
    kind = body.get("type")
    answer = _object(body, kind) if isinstance(kind, str) else {}
    return _text(answer.get("title") or answer.get("body")), _text(answer.get("id"))


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


def _object(parent: Json, name: str) -> Json:
    found = parent.get(name)
    return found if isinstance(found, dict) else {}


def _first(parent: Json, name: str) -> Json:
    found = parent.get(name)
    return found[0] if isinstance(found, list) and found and isinstance(found[0], dict) else {}


def _only_contact(value: Json) -> Json:
    found = value.get("contacts")
    return _first(value, "contacts") if isinstance(found, list) and len(found) == 1 else {}


def _wamid(parent: Json, name: str) -> str:
    found = _optional_wamid(parent.get(name))
    if found is None:
        raise _UnreadableError("without a message id")
    return found


def _optional_wamid(found: object) -> str | None:
    is_usable = isinstance(found, str) and 0 < len(found) <= WAMID_LENGTH_MAX and found.isprintable()
    return cast("str", found) if is_usable and _is_encodable(cast("str", found)) else None


def _instant(parent: Json) -> datetime:
    found = parent.get("timestamp")
    seconds = found if isinstance(found, str) else str(found) if type(found) is int else ""
    if _SECONDS.fullmatch(seconds) is None:
        raise _UnreadableError("without a time in seconds")
    return datetime.fromtimestamp(int(seconds), UTC)


def _code(problem: Json) -> int:
    code = problem.get("code", 0)
    if type(code) is not int or not 0 <= code < 2**31:
        raise _UnreadableError("with an error code that is no code")
    return code


def _phone(found: object) -> str | None:
    """Return a WhatsApp id as a number with its plus sign, or None for anything that is not digits."""
    return f"+{found}" if isinstance(found, str) and _DIGITS.fullmatch(found) else None


def _bsuid(found: object) -> str | None:
    return found if isinstance(found, str) and _BSUID.fullmatch(found) else None


def _word(found: object) -> str:
    return found if isinstance(found, str) and _WORD.fullmatch(found) else ""


def _number_id(value: Json) -> str:
    found = _object(value, "metadata").get("phone_number_id")
    return found if isinstance(found, str) and _NUMBER_ID.fullmatch(found) else ""


def _opaque_id(found: object) -> OpaqueId | None:
    if not isinstance(found, str) or len(found) != _OPAQUE_LENGTH or not found.isascii():
        return None
    try:
        raw = base64.b64decode(found + "==", altchars=b"-_", validate=True)
    except binascii.Error:
        return None
    return OpaqueId(raw) if len(raw) == _OPAQUE_BYTES else None


def _text(found: object) -> str | None:
    return _clean(found, TEXT_LENGTH_MAX)


def _clean(found: object, length_max: int) -> str | None:
    """Return the text cut to a length, with NUL and lone surrogates, which no store takes, replaced."""
    if not isinstance(found, str):
        return None
    cut = found[:length_max]
    if "\0" not in cut and _is_encodable(cut):
        return cut
    return cut.replace("\0", "\ufffd").encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _is_encodable(text: str) -> bool:
    if text.isascii():
        return True
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
