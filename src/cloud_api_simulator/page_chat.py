"""Renders one chat as its phone shows it: bubbles, pictures, buttons, lists, ticks."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from html import escape
from typing import Any
from urllib.parse import urlsplit

from cloud_api_simulator.chats import Line
from cloud_api_simulator.errors import status_error
from cloud_api_simulator.fetches import button_url
from cloud_api_simulator.inbound import choices_of
from cloud_api_simulator.message_bodies import MediaReference
from cloud_api_simulator.payloads import Message
from cloud_api_simulator.people import Person
from cloud_api_simulator.templates import fill
from cloud_api_simulator.world import World

_TICKS = {
    "accepted": ("…", "accepted", ""),
    "sent": ("✓", "sent", ""),
    "delivered": ("✓✓", "delivered", ""),
    "read": ("✓✓", "read", " read"),
    "played": ("✓✓", "played", " read"),
    "failed": ("✗", "not delivered", " failed"),
}
_MARKUP = (
    (re.compile(r"(?<!\w)\*(\S(?:[^*\n]*\S)?)\*(?!\w)"), r"<strong>\1</strong>"),
    (re.compile(r"(?<!\w)_(\S(?:[^_\n]*\S)?)_(?!\w)"), r"<em>\1</em>"),
    (re.compile(r"(?<!\w)~(\S(?:[^~\n]*\S)?)~(?!\w)"), r"<del>\1</del>"),
)
"""WhatsApp's own marks for bold, italic and struck text, looked for after escaping."""
_ICONS = {"QUICK_REPLY": "↩", "URL": "↗", "PHONE_NUMBER": "✆", "COPY_CODE": "⧉", "FLOW": "▤", "CATALOG": "▦"}
_FILE_ICONS = {"image": "▣", "video": "▶", "document": "▤", "audio": "♪", "sticker": "☺", "gif": "▶"}


def render_chat(world: World, person: Person) -> str:
    """Return the lines of a chat, a day's name before its first."""
    parts: list[str] = []
    day = ""
    for line in world.chats.of(person.wa_id):
        at = datetime.fromtimestamp(line.at, UTC)
        if (today := f"{at:%A} {at.day} {at:%B %Y}") != day:
            day = today
            parts.append(f'<p class="day">{day}</p>')
        parts.append(_line(line, f"{at:%H:%M:%S}"))
    return "".join(parts) or '<p class="day">No messages yet.</p>'


def ticks_of(message: Message) -> str:
    """Return the ticks of a message with their meaning for those who do not see them."""
    sign, meaning, kind = _TICKS.get(message.status, (message.status, message.status, ""))
    return f'<span class="ticks{kind}" title="{escape(meaning)}">{escape(sign)}</span>'


def body_of(message: Message) -> str:
    """Return the main text of a message as plain text."""
    if message.template is not None:
        return fill(message.template.body_text, message.parameters.body)
    return message.text or f"[{message.kind}]"


def _line(line: Line, at: str) -> str:
    if line.message is not None:
        return _business(line.message, at)
    if line.is_notice:
        return f'<p class="notice">{escape(line.text)}</p>'
    tapped = '<span class="tapped">↩</span> ' if line.is_tap else ""
    return (
        f'<div class="line mine"><p dir="auto">{tapped}{_marked(line.text)}</p>'
        f'<span class="meta"><time>{at}</time></span></div>'
    )


def _business(message: Message, at: str) -> str:
    failed = ""
    if message.failure_code is not None:
        title = status_error(message.failure_code)["title"]
        failed = f'<span class="error">{message.failure_code} {escape(str(title))}</span>'
    number = escape(message.number.display_phone_number)
    named = (
        f'<span class="template" title="from {number}">{escape(message.template_name or message.kind)}</span>'
    )
    return (
        f'<div class="line theirs{" lost" if failed else ""}">{_header(message)}'
        f'<p dir="auto">{_marked(body_of(message))}</p>{_footer(message)}{failed}'
        f'<span class="meta">{named}<time>{at}</time>{ticks_of(message)}</span>'
        f"{''.join(_buttons(message))}</div>"
    )


def _header(message: Message) -> str:
    pictures = "".join(_file(file) for file in message.files)
    template = message.template
    if template is not None:
        if template.header_text:
            text = fill(template.header_text, message.parameters.header)
            return f'{pictures}<b class="head" dir="auto">{escape(text)}</b>'
        if template.header_format and not pictures:
            return f'<span class="file">{escape(template.header_format.lower())}</span>'
        return pictures
    header = message.content.get("header")
    if isinstance(header, dict) and header.get("type") == "text":
        return f'{pictures}<b class="head" dir="auto">{escape(str(header.get("text", "")))}</b>'
    return pictures


def _file(file: MediaReference) -> str:
    kind = escape(file.kind)
    if file.media_id and file.kind in ("image", "sticker"):
        return f'<img class="picture" src="/media/{escape(file.media_id)}" alt="{kind}">'
    place = urlsplit(file.link).hostname or "" if file.link else f"id {file.media_id}"
    return (
        f'<span class="file">{_FILE_ICONS.get(file.kind, "▣")} {kind} <small>{escape(place)}</small></span>'
    )


def _footer(message: Message) -> str:
    text: Any = ""
    if message.template is not None:
        text = message.template.footer_text
    elif isinstance(message.content.get("footer"), dict):
        text = message.content["footer"].get("text", "")
    return f'<footer dir="auto">{escape(str(text))}</footer>' if text else ""


def _buttons(message: Message) -> Iterator[str]:
    if message.template is not None:
        for index, button in enumerate(message.template.buttons):
            title = f' title="{escape(button_url(message, index))}"' if button.kind == "URL" else ""
            yield _button(
                message, index, f"{_ICONS.get(button.kind, '')} {button.text or button.kind}", title
            )
        return
    choices = choices_of(message)
    rows = "".join(
        _button(message, index, _choice_text(reply), "", is_row=kind == "list_reply")
        for index, (kind, reply) in enumerate(choices)
    )
    if any(kind == "list_reply" for kind, _ in choices):
        label = escape(str(message.content.get("action", {}).get("button", "Choose")))
        yield f'<details class="list" data-keep="{escape(message.wamid)}"><summary>☰ {label}</summary>{rows}</details>'
        return
    yield rows
    yield _link(message)


def _choice_text(reply: dict[str, Any]) -> str:
    about = f" — {reply['description']}" if reply.get("description") else ""
    return f"{reply['title']}{about}"


def _link(message: Message) -> str:
    action = message.content.get("action")
    parameters = action.get("parameters") if isinstance(action, dict) else None
    if not isinstance(parameters, dict) or "display_text" not in parameters:
        return ""
    url = escape(str(parameters.get("url", "")))
    return f'<span class="link" title="{url}">↗ {escape(str(parameters["display_text"]))}</span>'


def _button(message: Message, index: int, text: str, title: str, *, is_row: bool = False) -> str:
    place = f'data-act="tap" data-wamid="{escape(message.wamid)}" data-index="{index}"'
    kind = ' class="row"' if is_row else ""
    # Nobody taps what never arrived.
    kind += " disabled" if message.status == "failed" else ""
    return f"<button {place}{kind}{title}>{escape(text)}</button>"


def _marked(text: str) -> str:
    """Return escaped text with WhatsApp's marks as HTML."""
    shown = escape(text)
    for pattern, replacement in _MARKUP:
        shown = pattern.sub(replacement, shown)
    return shown
