"""Messages with something to tap: reply buttons, a list, a link, a request for the phone number."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rulecast.template.messages.errors import MessageInvalidError
from rulecast.template.messages.limits import (
    BODY_LENGTH_MAX,
    FOOTER_LENGTH_MAX,
    HEADER_LENGTH_MAX,
    all_distinct,
    count_within,
    text_within,
    token_within,
    web_address,
)
from rulecast.template.messages.media import MediaHandle, MediaKind
from rulecast.template.messages.request import Body, Content

BUTTONS_MAX = 3
BUTTON_TITLE_LENGTH_MAX = 20
BUTTON_ID_LENGTH_MAX = 256
LIST_BUTTON_LENGTH_MAX = 20
ROWS_MAX = 10
ROW_ID_LENGTH_MAX = 200
ROW_TITLE_LENGTH_MAX = 24
ROW_DESCRIPTION_LENGTH_MAX = 72
SECTION_TITLE_LENGTH_MAX = 24
LINK_TITLE_LENGTH_MAX = 20
"""Cloud API, interactive messages. The body of a list may have 4,096 characters by Meta's pages and 1,024 by Meta's own
schema: the smaller one is safe."""
HEADER_KINDS = frozenset({"image", "video", "document"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What stands around the part to tap: the body, and perhaps a header (a text or a medium) and a footer."""

    body: str
    header: str = ""
    header_medium: tuple[MediaKind, MediaHandle] | None = None
    footer: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyButton:
    """A button whose tap comes back as its id; the person sees the title."""

    reply_id: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row of a list; its tap comes back as its id."""

    row_id: str
    title: str
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Rows under one heading; a list with one section needs none."""

    rows: tuple[Row, ...]
    title: str = ""


def buttons_message(frame: Frame, buttons: Sequence[ReplyButton]) -> Content:
    """Return a message with one to three reply buttons.

    Raises:
        MessageInvalidError: a text is too long, or ids or titles are not distinct.
    """
    count_within("buttons", len(buttons), low=1, high=BUTTONS_MAX)
    all_distinct("buttons.id", [one.reply_id for one in buttons])
    all_distinct("buttons.title", [one.title for one in buttons])
    replies = [
        {
            "type": "reply",
            "reply": {
                "id": token_within(f"buttons[{place}].id", one.reply_id, length_max=BUTTON_ID_LENGTH_MAX),
                "title": token_within(
                    f"buttons[{place}].title", one.title, length_max=BUTTON_TITLE_LENGTH_MAX
                ),
            },
        }
        for place, one in enumerate(buttons, 1)
    ]
    return _interactive("button", frame, {"buttons": replies})


def list_message(frame: Frame, *, button: str, sections: Sequence[Section]) -> Content:
    """Return a message with a button that opens a list of up to ten rows over all sections.

    Raises:
        MessageInvalidError: a text is too long, ids are not distinct, a heading is missing where there are several
            sections, or the header is a medium.
    """
    if frame.header_medium is not None:
        raise MessageInvalidError("header", "a list has a text as header")
    rows = [row for section in sections for row in section.rows]
    count_within("sections", len(sections), low=1, high=ROWS_MAX)
    count_within("rows", len(rows), low=1, high=ROWS_MAX)
    all_distinct("rows.id", [row.row_id for row in rows])
    action = {
        "button": token_within("button", button, length_max=LIST_BUTTON_LENGTH_MAX),
        "sections": [
            _section(f"sections[{place}]", section, needs_title=len(sections) > 1)
            for place, section in enumerate(sections, 1)
        ],
    }
    return _interactive("list", frame, action)


def link_message(frame: Frame, *, title: str, url: str) -> Content:
    """Return a message with one button that opens a web address.

    Raises:
        MessageInvalidError: a text is too long or the address cannot be used.
    """
    parameters = {
        "display_text": token_within("title", title, length_max=LINK_TITLE_LENGTH_MAX),
        "url": web_address("url", url),
    }
    return _interactive("cta_url", frame, {"name": "cta_url", "parameters": parameters})


def number_request_message(frame: Frame) -> Content:
    """Return a question for the phone number of a person of whom only the BSUID is known.

    Raises:
        MessageInvalidError: the body is missing or too long.
    """
    return _interactive("request_contact_info", frame, {"name": "request_contact_info"})


def _section(place: str, section: Section, *, needs_title: bool) -> Body:
    count_within(f"{place}.rows", len(section.rows), low=1, high=ROWS_MAX)
    if needs_title and not section.title:
        raise MessageInvalidError(f"{place}.title", "each of several sections needs a heading")
    rows = [_row(f"{place}.rows[{number}]", row) for number, row in enumerate(section.rows, 1)]
    if not section.title:
        return {"rows": rows}
    title = token_within(f"{place}.title", section.title, length_max=SECTION_TITLE_LENGTH_MAX)
    return {"title": title, "rows": rows}


def _row(place: str, row: Row) -> Body:
    value: Body = {
        "id": token_within(f"{place}.id", row.row_id, length_max=ROW_ID_LENGTH_MAX),
        "title": token_within(f"{place}.title", row.title, length_max=ROW_TITLE_LENGTH_MAX),
    }
    if row.description:
        value["description"] = text_within(
            f"{place}.description", row.description, length_max=ROW_DESCRIPTION_LENGTH_MAX
        )
    return value


def _interactive(kind: str, frame: Frame, action: Mapping[str, object]) -> Content:
    value: Body = {"type": kind}
    header = _header(frame)
    if header is not None:
        value["header"] = header
    value["body"] = {"text": text_within("body", frame.body, length_max=BODY_LENGTH_MAX)}
    if frame.footer:
        value["footer"] = {"text": token_within("footer", frame.footer, length_max=FOOTER_LENGTH_MAX)}
    value["action"] = dict(action)
    return Content(kind="interactive", value=value)


def _header(frame: Frame) -> Body | None:
    if frame.header_medium is None:
        if not frame.header:
            return None
        return {"type": "text", "text": token_within("header", frame.header, length_max=HEADER_LENGTH_MAX)}
    if frame.header:
        raise MessageInvalidError("header", "a text or a medium is expected, not both")
    kind, medium = frame.header_medium
    if kind not in HEADER_KINDS:
        raise MessageInvalidError("header", "an image, a video or a document is expected")
    return {"type": kind, kind: medium.wire_fields}
