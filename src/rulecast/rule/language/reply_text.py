"""Variables in the text of a reply: found, and filled with what a person's attributes hold."""

import re
from collections.abc import Callable
from dataclasses import dataclass

# In Chinese the word between attribute and stand-in is another.
VARIABLE = re.compile(r"\{\{\s*([A-Za-z_][A-Za-z0-9_]*)(?:(?:\s+or\s+|\s*或\s*)([^{}]*?))?\s*\}\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyVariable:
    """`{{first_name or friend}}`: an attribute, and what stands where it is missing (None: no reply then)."""

    attribute: str
    default: str | None


def variables_of(text: str) -> tuple[ReplyVariable, ...]:
    """Return the variables of a text in their order."""
    return tuple(ReplyVariable(attribute=one[1], default=one[2] or None) for one in VARIABLE.finditer(text))


def rest_of(text: str) -> str:
    """Return the text without its variables."""
    return VARIABLE.sub("", text)


def fill_in(text: str, value_of: Callable[[ReplyVariable], str | None]) -> str | None:
    """Return the text with its values, or None where one is missing."""
    values = {one: value_of(one) for one in variables_of(text)}
    if any(value is None for value in values.values()):
        return None
    return VARIABLE.sub(
        lambda found: values[ReplyVariable(attribute=found[1], default=found[2] or None)] or "", text
    )
