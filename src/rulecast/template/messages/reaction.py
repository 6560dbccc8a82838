"""An emoji under a message of the person, or its removal."""

from rulecast.template.messages.errors import MessageInvalidError
from rulecast.template.messages.limits import wamid_of
from rulecast.template.messages.request import Content

EMOJI_LENGTH_MAX = 20
"""The longest sequences (families, flags of regions) have fourteen code points."""


def reaction_message(wamid: str, emoji: str) -> Content:
    """Return a reaction to a message; an empty emoji takes the reaction back.

    Raises:
        MessageInvalidError: it is no single emoji, or the message has no id.
    """
    # The sign U+2139 is an emoji and a letter at once.
    is_text = emoji.isascii() or any(
        char.isspace() or (char.isalpha() and char != "\u2139") for char in emoji
    )
    if emoji and (is_text or len(emoji) > EMOJI_LENGTH_MAX):
        raise MessageInvalidError("reaction.emoji", "one emoji is expected, or nothing to remove it")
    return Content(
        kind="reaction", value={"message_id": wamid_of("reaction.message_id", wamid), "emoji": emoji}
    )
