"""What tells a person that the message was read, and that somebody writes an answer."""

from rulecast.template.messages.limits import wamid_of
from rulecast.template.messages.request import Body


def read_receipt(wamid: str, *, is_typing: bool = False) -> Body:
    """Return the request that marks a message of the person, and all before it, as read.

    With `is_typing` the person sees somebody type, for 25 seconds or until the next message. It is no message: it
    has no recipient, no mark of ours and no status. Source: Cloud API, mark messages as read.

    Raises:
        MessageInvalidError: that is no wamid.
    """
    return {
        "messaging_product": "whatsapp",
        "status": "read",
        "message_id": wamid_of("message_id", wamid),
        **({"typing_indicator": {"type": "text"}} if is_typing else {}),
    }
