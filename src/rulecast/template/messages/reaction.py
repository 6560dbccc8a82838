"""An emoji under a message of the person, or its removal."""

from rulecast.template.messages.emoji import is_emoji
from rulecast.template.messages.errors import MessageInvalidError
from rulecast.template.messages.limits import wamid_of
from rulecast.template.messages.request import Content


def reaction_message(wamid: str, emoji: str) -> Content:
    """Return a reaction to a message; an empty emoji takes the reaction back.

    Raises:
        MessageInvalidError: it is no single emoji, or the message has no id.
    """
    if emoji and not is_emoji(emoji):
        raise MessageInvalidError("reaction.emoji", "one emoji is expected, or nothing to remove it")
    return Content(
        kind="reaction", value={"message_id": wamid_of("reaction.message_id", wamid), "emoji": emoji}
    )
