"""Looking at words and addresses, of a template or of a reply, for what deserves a second look."""

from collections.abc import Iterable, Iterator, Sequence

import ahocorasick
import re2

from rulecast.template.finding import ContentFinding, finding
from rulecast.values.catalogue import fold_text

CAPITALS_SHARE_MAX = 0.6
CAPITALS_LETTERS_MIN = 20
"""Below twenty letters a share says nothing: `OK` is all capitals."""
EXCLAMATIONS_MAX = 3
SHORTENERS = ("bit.ly", "tinyurl.com", "t.co/", "goo.gl", "is.gd", "ow.ly", "cutt.ly", "rebrand.ly", "wa.me")
"""Hide where a link goes; Meta rejects wa.me in buttons."""
FORBIDDEN = (
    "guaranteed profit", "get rich", "payday loan", "casino", "betting", "gambling", "tobacco", "vape", "firearm",
    "prescription drug", "crédit immédiat", "casino en ligne", "paris sportifs", "tabac", "قمار", "تبغ", "كازينو",
)  # fmt: skip
"""Goods that WhatsApp's commerce policy forbids or restricts; the workspace adds its own words."""

_ADDRESS = re2.compile(r"(?i)\bhttps?://[^\s]+")


def screen_manner(text: str, *, addresses: Iterable[str] = ()) -> Iterator[ContentFinding]:
    """Yield what the manner of a text warns of: shouting, exclamation marks, addresses that hide where they lead."""
    letters = [char for char in text if char.isupper() or char.islower()]
    capitals = sum(char.isupper() for char in letters)
    if len(letters) >= CAPITALS_LETTERS_MIN and capitals > CAPITALS_SHARE_MAX * len(letters):
        yield finding("RT-101")
    if text.count("!") > EXCLAMATIONS_MAX:
        yield finding("RT-102")
    found = [*_ADDRESS.findall(text), *addresses]
    if any(name in address.lower() for name in SHORTENERS for address in found):
        yield finding("RT-103")


def screen_words(texts: Sequence[str], *, forbidden_words: Iterable[str] = ()) -> Iterator[ContentFinding]:
    """Yield the words of texts that name goods WhatsApp's policy forbids, whole words only."""
    machine = ahocorasick.Automaton()
    for word in (*FORBIDDEN, *forbidden_words):
        machine.add_word(fold_text(word), word)
    machine.make_automaton()
    text = fold_text("\n".join(texts))
    for word in sorted(
        {word for end, word in machine.iter(text) if _is_whole_word(text, end, fold_text(word))}
    ):
        yield finding("RT-105", f"The words “{word}” name goods that need permission or are forbidden.")


def _is_whole_word(text: str, end: int, word: str) -> bool:
    start = end - len(word) + 1
    before, after = text[start - 1 : start], text[end + 1 : end + 2]
    return not before.isalnum() and not after.isalnum()
