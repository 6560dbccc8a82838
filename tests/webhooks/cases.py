"""How a case of the corpus of webhooks is written: a body, and what is to be read of it."""

import json
from dataclasses import dataclass, field
from typing import Any

AT = 1_795_000_000
WABA = "102290129340398"
NUMBER_ID = "106540352242922"
DISPLAY = "15550783881"
# The people of Meta's own examples, and ids of theirs.
PHONE, OTHER_PHONE = "16505551234", "12195555358"
BSUID, OTHER_BSUID = "US.13491208655302741918", "US.90071992547409930001"
PARENT, OTHER_PARENT = "US.ENT.11815799212886844830", "US.ENT.20000000000000000002"
METADATA = {"display_phone_number": DISPLAY, "phone_number_id": NUMBER_ID}
CONTACT = {"profile": {"name": "Sheena Nelson"}, "wa_id": PHONE, "user_id": BSUID}

Json = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Case:
    """One body; `shows` gives the text of single values by their place, such as `messages.0.text`."""

    name: str
    body: bytes
    facts: dict[str, int] = field(default_factory=dict)
    unread: dict[str, int] = field(default_factory=dict)
    shows: dict[str, str] = field(default_factory=dict)
    broken: str = ""


def case(
    name: str,
    document: Json | bytes,
    facts: str = "",
    *,
    shows: dict[str, object] | None = None,
    unread: str = "",
    broken: str = "",
) -> Case:
    """Return a case; `facts` and `unread` are names, each as often as it is to be counted."""
    return Case(
        name=name,
        # Every case has a message of its own: repeats of one message are told once.
        body=(document if isinstance(document, bytes) else written(document)).replace(
            b"wamid.HBgL0001", f"wamid.{name}".encode()
        ),
        facts=counted(facts),
        unread=counted(unread),
        shows={place: str(one) for place, one in (shows or {}).items()},
        broken=broken,
    )


def counted(names: str) -> dict[str, int]:
    """Return how often each name stands in a line."""
    words = names.split()
    return {word: words.count(word) for word in sorted(set(words))}


def written(document: object) -> bytes:
    """Return a document as Meta writes it: no spaces, ASCII alone, slashes escaped."""
    return json.dumps(document, separators=(",", ":")).replace("/", "\\/").encode() + b"\n"


def body(*entries: Json) -> Json:
    """Return a whole body."""
    return {"object": "whatsapp_business_account", "entry": list(entries)}


def entry(*changes: Json, waba: str = WABA, **more: Any) -> Json:
    """Return one entry."""
    return {"id": waba, **more, "changes": list(changes)}


def change(value: Json, name: str = "messages") -> Json:
    """Return one change of a field."""
    return {"field": name, "value": value}


def valued(number_id: str = NUMBER_ID, **more: Any) -> Json:
    """Return the value of a message-like field."""
    metadata = {"display_phone_number": DISPLAY, "phone_number_id": number_id}
    return {"messaging_product": "whatsapp", "metadata": metadata, **more}


def managed(name: str, **value: Any) -> Json:
    """Return a body of a management field, which has the time in its entry."""
    return body(entry(change(value, name), time=AT))


def _with_contacts(contacts: list[Json], **more: Any) -> Json:
    known: dict[str, Any] = {"contacts": contacts, **more} if contacts else more
    return valued(**known)


def message(kind: str, content: object = None, *, contacts: list[Json] | None = None, **more: Any) -> Json:
    """Return a body with one message; a value None in `more` leaves the key out."""
    parts: Json = {
        "from": PHONE,
        "from_user_id": BSUID,
        "id": "wamid.HBgL0001",
        "timestamp": str(AT),
        "type": kind,
    }
    if content is not None:
        parts[kind] = content
    parts = {key: one for key, one in {**parts, **more}.items() if one is not None}
    known = [CONTACT] if contacts is None else contacts
    return body(entry(change(_with_contacts(known, messages=[parts]))))


def status(word: str, **more: Any) -> Json:
    """Return one status; a value None in `more` leaves the key out."""
    parts = {
        "id": "wamid.HBgLSTATUS",
        "status": word,
        "timestamp": str(AT),
        "recipient_id": PHONE,
        "recipient_user_id": BSUID,
        **more,
    }
    return {key: one for key, one in parts.items() if one is not None}


def statuses(*found: Json, **more: Any) -> Json:
    """Return a body with statuses."""
    return body(entry(change(valued(**more, statuses=list(found)))))


def failure(code: object, **more: Any) -> Json:
    """Return the error object of a failed status."""
    return {"code": code, "title": "Not delivered", "message": "Not delivered", **more}


def preference(value: str = "stop", **more: Any) -> Json:
    """Return one item of `user_preferences`; a value None in `more` leaves the key out."""
    parts = {
        "wa_id": PHONE,
        "user_id": BSUID,
        "detail": "User requested to stop marketing messages",
        "category": "marketing_messages",
        "value": value,
        "timestamp": AT,
        **more,
    }
    return {key: one for key, one in parts.items() if one is not None}


def preferences(*found: Json, contacts: list[Json] | None = None) -> Json:
    """Return a body of the field `user_preferences`."""
    known = [CONTACT] if contacts is None else contacts
    return body(entry(change(valued(contacts=known, user_preferences=list(found)), "user_preferences")))


def template(name: str, **value: Any) -> Json:
    """Return a body about a template."""
    known = {
        "message_template_id": 1689556908129832,
        "message_template_name": "order_confirmation",
        "message_template_language": "en_US",
    }
    return managed(name, **{key: one for key, one in {**known, **value}.items() if one is not None})
