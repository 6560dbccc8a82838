"""A reply as WhatsApp gets it: a text, a file or both, with buttons, a list or a link below it, or a place."""

from typing import TypeAlias, cast

from rulecast.rule.language import document as d
from rulecast.template.messages import Content, MediaHandle, text_message
from rulecast.template.messages.interactive import (
    Frame,
    ReplyButton,
    Row,
    Section,
    buttons_message,
    link_message,
    list_message,
)
from rulecast.template.messages.location import location_message
from rulecast.template.messages.media import MediaKind, media_message

ShownFile: TypeAlias = tuple[MediaKind, MediaHandle]
"""The kind of a file and its upload."""


def reply_content(
    words: d.ReplyWords, text: str, *, address: str = "", file: ShownFile | None = None
) -> Content:
    """Return the message of a reply; `text` has its variables filled, `address` is the tracked one of its link.

    A tap comes back as its title, so that an answer reads like one that was typed.

    Raises:
        MessageInvalidError: a text is too long or missing, there are too many things to tap, or the file does not go
            with them.
    """
    if words.point is not None:
        place = words.point
        return location_message(
            float(place.latitude), float(place.longitude), name=place.name, address=place.address
        )
    frame = Frame(body=text, header_medium=file)
    match words.tail:
        case None if file is not None:
            kind, handle = file
            return media_message(kind, handle, caption=text)
        case None:
            return text_message(text)
        case d.ReplyButtons(titles=titles):
            return buttons_message(frame, [ReplyButton(reply_id=title, title=title) for title in titles])
        case d.ReplyList(button=button, rows=rows):
            section = Section(
                rows=tuple(
                    Row(row_id=row.title, title=row.title, description=row.description) for row in rows
                )
            )
            return list_message(frame, button=button, sections=[section])
        case d.ReplyLink(title=title):
            return link_message(frame, title=title, url=address)


def shown_file(kind: str, handle: MediaHandle) -> ShownFile:
    """Return an upload as a reply shows it; only a document has a name."""
    shown = handle if kind == "document" else MediaHandle(media_id=handle.media_id)
    return cast("MediaKind", kind), shown
