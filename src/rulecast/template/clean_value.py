"""Making a parameter value safe to send: what can be cleaned is cleaned, what deceives is refused (F92)."""

import unicodedata

import re2

VALUE_LENGTH_MAX = 200
"""A name, a city or a code; a longer value would push the offer out of sight or break the limit of the body."""

# Zero-width space, word joiner, byte order mark, soft hyphen; the joiners U+200C and U+200D stay, because
# Persian words and family emoji are written with them.
INVISIBLE = dict.fromkeys((0x200B, 0x2060, 0xFEFF, 0x00AD))
# Marks, embeddings, overrides and isolates that turn the reading direction around.
DIRECTION = dict.fromkeys((0x200E, 0x200F, 0x061C, *range(0x202A, 0x202F), *range(0x2066, 0x206A)))
# Words that programs write where a value was missing.
PLACEHOLDERS = frozenset({"undefined", "null", "none", "nan", "n/a", "#n/a", "[object object]"})

_LINK = re2.compile(
    r"(?i)(https?:|www\.|wa\.me|t\.me|"
    r"[a-z0-9-]\.(com|net|org|info|biz|io|ly|me|co|app|shop|store|link|xyz|top|click|site|online|ru|cn|ma|tn|fr|de|uk)\b)"
)


def clean_value(raw: str, *, from_contact: bool) -> str | None:
    """Return the value as it may be sent, or None where it is refused and the default must stand in.

    Line breaks, tabs and runs of spaces become one space; invisible and direction characters go. Refused are
    an empty value, one that is too long, braces of a template, a program's word for nothing, and, where the
    contact supplied the value, anything that looks like a link.
    """
    # Printed ASCII has nothing to compose, nothing invisible and no character that turns anything.
    text = raw if raw.isascii() and raw.isprintable() else _printed(raw)
    text = " ".join(text.split())
    if not text or len(text) > VALUE_LENGTH_MAX or "{{" in text or "}}" in text:
        return None
    if text.casefold() in PLACEHOLDERS:
        return None
    if from_contact and _LINK.search(text) is not None:
        return None
    return text


def _printed(raw: str) -> str:
    text = unicodedata.normalize("NFC", raw).translate(INVISIBLE).translate(DIRECTION)
    return "".join(" " if char.isspace() else char for char in text if char.isspace() or _is_printed(char))


def _is_printed(char: str) -> bool:
    # Cc control, Cs surrogate, Co private use, Cn unassigned; Cf stays for the joiners.
    return unicodedata.category(char) not in {"Cc", "Cs", "Co", "Cn"}


def written(value: object) -> str:
    """Return a stored value as a message says it, before it is cleaned."""
    match value:
        case bool():
            return "yes" if value else "no"
        case list():
            return ", ".join(str(one) for one in value)
        case _:
            return str(value)
