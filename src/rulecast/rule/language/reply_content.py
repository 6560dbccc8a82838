"""A reply as WhatsApp gets it: a text, or a text with buttons, a list or a link below it."""

from rulecast.rule.language import document as d
from rulecast.template.messages import Content, text_message
from rulecast.template.messages.interactive import (
    Frame,
    ReplyButton,
    Row,
    Section,
    buttons_message,
    link_message,
    list_message,
)


def reply_content(text: str, tail: d.ReplyTail | None, *, address: str = "") -> Content:
    """Return the message of a reply whose variables are filled; `address` is the tracked one of its link.

    A tap comes back as its title, so that an answer reads like one that was typed.

    Raises:
        MessageInvalidError: a text is too long or missing, or there are too many things to tap.
    """
    match tail:
        case None:
            return text_message(text)
        case d.ReplyButtons(titles=titles):
            return buttons_message(
                Frame(body=text), [ReplyButton(reply_id=title, title=title) for title in titles]
            )
        case d.ReplyList(button=button, rows=rows):
            section = Section(
                rows=tuple(
                    Row(row_id=row.title, title=row.title, description=row.description) for row in rows
                )
            )
            return list_message(Frame(body=text), button=button, sections=[section])
        case d.ReplyLink(title=title):
            return link_message(Frame(body=text), title=title, url=address)
