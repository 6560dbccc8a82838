"""Which translation a person gets."""

from collections.abc import Iterable


def choose_language(wanted: str, offered: Iterable[str], fallback: str | None) -> str | None:
    """Return the offered language that fits the person's, else the fallback (None: nobody else is sent to).

    `fr-CA` fits `fr_CA` first and `fr` next; nothing fits a language that is not known.
    """
    by_key = {_key(language): language for language in offered}
    key = _key(wanted)
    return by_key.get(key) or by_key.get(key.partition("_")[0]) or fallback


def _key(language: str) -> str:
    return language.replace("-", "_").casefold()
