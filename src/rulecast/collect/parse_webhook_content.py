"""Read the words, the payload and the file of a message."""

from rulecast.collect.webhook_facts import InboundMedia
from rulecast.collect.webhook_fields import (
    NAME_LENGTH_MAX,
    Json,
    clean_or_none,
    id_or_empty,
    object_of,
    text_or_none,
)

# Addresses Meta signs for media have some 500 characters.
ADDRESS_LENGTH_MAX = 4_096


def content_of(message: Json, kind: str) -> tuple[str | None, str | None]:
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
            return _edited(body)
        case "order":
            return text_or_none(body.get("text")), None
        case _:
            return text_or_none(body.get("caption")), None


def _interactive(body: Json) -> tuple[str | None, str | None]:
    kind = body.get("type")
    answer = object_of(body, kind) if isinstance(kind, str) else {}
    return text_or_none(answer.get("title") or answer.get("body")), text_or_none(answer.get("id"))


def _edited(body: Json) -> tuple[str | None, str | None]:
    """Return the new words of an edited text or caption; an edit changes nothing else."""
    edited = object_of(body, "message")
    kind = edited.get("type")
    inner = object_of(edited, kind) if isinstance(kind, str) else {}
    return text_or_none(inner.get("body") if kind == "text" else inner.get("caption")), None


def media_of(body: Json) -> InboundMedia | None:
    """Return the file of a message, None where there is neither an id nor an address."""
    media_id, url = id_or_empty(body.get("id")), clean_or_none(body.get("url"), ADDRESS_LENGTH_MAX)
    if not media_id and url is None:
        return None
    return InboundMedia(
        media_id=media_id,
        mime_type=clean_or_none(body.get("mime_type"), NAME_LENGTH_MAX) or "",
        sha256=clean_or_none(body.get("sha256"), NAME_LENGTH_MAX) or "",
        url=url,
        filename=clean_or_none(body.get("filename"), NAME_LENGTH_MAX),
        is_voice=body.get("voice") is True,
        is_animated=body.get("animated") is True,
    )
