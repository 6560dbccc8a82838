"""A plain text, inside an open service window only."""

from rulecast.template.messages.limits import text_within
from rulecast.template.messages.request import Content

TEXT_LENGTH_MAX = 4096
"""Cloud API, text messages."""


def text_message(body: str, *, preview_url: bool = False) -> Content:
    """Return a text; with `preview_url` the phone shows a preview of its first link.

    Raises:
        MessageInvalidError: the text is blank or longer than 4,096 characters.
    """
    return Content(
        kind="text",
        value={
            "body": text_within("text.body", body, length_max=TEXT_LENGTH_MAX),
            "preview_url": preview_url,
        },
    )
