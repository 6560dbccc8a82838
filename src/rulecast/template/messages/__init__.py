"""Bodies of requests, of every kind rulecast sends, with every published limit checked.

What shall be said comes in, as plain values; a `Content` comes out, which `message_request` puts into the envelope
with the recipient and our own mark. Nothing here reads, sends or stores. The builders stand in one file each.
"""

from rulecast.template.messages.errors import MessageInvalidError, PhoneRequiredError
from rulecast.template.messages.media import MediaHandle
from rulecast.template.messages.receipt import read_receipt
from rulecast.template.messages.request import Content, marketing_request, message_request
from rulecast.template.messages.template import template_message
from rulecast.template.messages.text import text_message

__all__ = [
    "Content",
    "MediaHandle",
    "MessageInvalidError",
    "PhoneRequiredError",
    "marketing_request",
    "message_request",
    "read_receipt",
    "template_message",
    "text_message",
]
