"""A message made of an approved template: outside the service window the only kind there is."""

from collections.abc import Mapping, Sequence

from rulecast.template.messages.limits import token_within
from rulecast.template.messages.request import Content

NAME_LENGTH_MAX = 512
LANGUAGE_LENGTH_MAX = 15
AUTHENTICATION = "authentication"


def template_message(
    name: str, language: str, components: Sequence[Mapping[str, object]], *, category: str
) -> Content:
    """Return a message of a template in one language, with its rendered components.

    Language codes are exact: `en` is not `en_US`, and Meta falls back to nothing (132001). One-time codes reach no
    BSUID (131062).

    Raises:
        MessageInvalidError: name or language cannot be used.
    """
    return Content(
        kind="template",
        value={
            "name": token_within("template.name", name, length_max=NAME_LENGTH_MAX),
            "language": {"code": token_within("template.language", language, length_max=LANGUAGE_LENGTH_MAX)},
            "components": list(components),
        },
        needs_phone=category == AUTHENTICATION,
    )
