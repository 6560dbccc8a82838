"""Which translation a person gets, and why."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

Because: TypeAlias = Literal["own", "language", "region", "fallback", "none"]
# Regions that write Chinese in the traditional script; a person reads one of the two.
TRADITIONAL = frozenset({"tw", "hk", "mo"})


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageChoice:
    """The translation, None where nobody else is sent to, and why.

    `own` is the very language of the person, `language` the same without region (`fr` for `fr_CA`), `region` that of
    another region (`en_US` for `en` or `en_GB`), `fallback` the rule's language for all others.
    """

    language: str | None
    because: Because


def choose_language(wanted: str, offered: Iterable[str], fallback: str | None) -> str | None:
    """Return the offered language that fits the person's, else the fallback (None: nobody else is sent to)."""
    return explain_language(wanted, offered, fallback).language


def explain_language(wanted: str, offered: Iterable[str], fallback: str | None) -> LanguageChoice:
    """Return the offered language that fits the person's best, else the fallback.

    `fr-CA` fits `fr_CA` first, `fr` next, and then `fr` of any region in the order of the rule; nothing fits a
    language that is not known. Chinese of another script does not fit.
    """
    by_key = {_key(language): language for language in offered}
    key = _key(wanted)
    base = key.partition("_")[0]
    if key in by_key:
        return LanguageChoice(language=by_key[key], because="own")
    if base in by_key and _script(base) == _script(key):
        return LanguageChoice(language=by_key[base], because="language")
    near = (one for one in by_key if base and one.partition("_")[0] == base and _script(one) == _script(key))
    found = next(near, None)
    if found is not None:
        return LanguageChoice(language=by_key[found], because="region")
    return LanguageChoice(language=fallback, because="none" if fallback is None else "fallback")


def _key(language: str) -> str:
    return language.strip().replace("-", "_").casefold()


def _script(key: str) -> str:
    """Return which script a language is written in, where one language has two."""
    base, *subtags = key.split("_")
    if base != "zh":
        return ""
    is_traditional = "hant" in subtags or ("hans" not in subtags and not TRADITIONAL.isdisjoint(subtags))
    return "traditional" if is_traditional else "simplified"
