"""Looking at a template before anybody receives it: what is refused and what deserves a second look."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import ahocorasick
import re2

from rulecast.template.check_buttons import check_buttons
from rulecast.template.check_forms import check_forms
from rulecast.template.check_texts import check_texts
from rulecast.template.finding import SEVERITIES, ContentFinding, finding
from rulecast.template.parts import MEDIA_FORMATS
from rulecast.template.records import MessageTemplate
from rulecast.values.catalogue import fold_text

WORDS_PER_VARIABLE = 2
"""A text needs twice as many words as variables, and one more; Meta's own formula is not published."""
NAME_LENGTH_MAX = 512
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
_NAME = re.compile(r"[a-z0-9_]+")
_LANGUAGE = re.compile(r"[a-z]{2,3}(_[A-Z][A-Za-z]{1,3})?(_[A-Z]{2})?")


def check_template(
    template: MessageTemplate,
    *,
    forbidden_words: Iterable[str] = (),
    words_per_variable: int = WORDS_PER_VARIABLE,
) -> list[ContentFinding]:
    """Return what is wrong with a template, the refusals first and the notes last."""
    found = [
        *_names(template),
        *check_texts(template, words_per_variable=words_per_variable),
        *check_buttons(template),
        *check_forms(template),
        *_warnings(template),
        *_words(template, (*FORBIDDEN, *forbidden_words)),
    ]
    return sorted(found, key=lambda one: (SEVERITIES.index(one.severity), one.code, one.place))


def check_together(templates: Sequence[MessageTemplate]) -> dict[tuple[str, str], list[ContentFinding]]:
    """Return what is wrong with templates beside each other, by name and language."""
    found: dict[tuple[str, str], list[ContentFinding]] = {}
    declared = Counter((one.name, one.language) for one in templates)
    bodies: dict[tuple[str, str], str] = {}
    for one in templates:
        key = (one.name, one.language)
        if declared[key] > 1:
            found.setdefault(key, [finding("RT-042")])
        first = bodies.setdefault((one.language, one.parts.body), one.name)
        if first != one.name and one.category != "authentication":
            found.setdefault(key, []).append(
                finding("RT-109", f"It has the same body as {first}; Meta may reject the copy.", place="body")
            )
    return found


def _names(template: MessageTemplate) -> Iterator[ContentFinding]:
    if _NAME.fullmatch(template.name) is None or len(template.name) > NAME_LENGTH_MAX:
        yield finding("RT-008", place="name")
    if _LANGUAGE.fullmatch(template.language) is None:
        yield finding("RT-009", place="language")
    if template.category == "marketing" and not template.has_opt_out:
        yield finding("RT-001")
    for component in template.components:
        is_media = component.get("type") == "HEADER" and component.get("format") in MEDIA_FORMATS
        if is_media and not component.get("example") and not component.get("example_file"):
            yield finding("RT-108", place="header")


def _warnings(template: MessageTemplate) -> Iterator[ContentFinding]:
    parts = template.parts
    text = "\n".join((parts.header, parts.body, *(card.body for card in parts.cards)))
    letters = [char for char in text if char.isupper() or char.islower()]
    capitals = sum(char.isupper() for char in letters)
    if len(letters) >= CAPITALS_LETTERS_MIN and capitals > CAPITALS_SHARE_MAX * len(letters):
        yield finding("RT-101")
    if text.count("!") > EXCLAMATIONS_MAX:
        yield finding("RT-102")
    addresses = [
        *_ADDRESS.findall(text),
        *(button.url for button in parts.all_buttons),
        *template.links.values(),
    ]
    if any(name in address.lower() for name in SHORTENERS for address in addresses):
        yield finding("RT-103")
    if any(address.startswith("http:") for address in template.links.values()):
        yield finding("RT-104", place="links")


def _words(template: MessageTemplate, words: Iterable[str]) -> Iterator[ContentFinding]:
    machine = ahocorasick.Automaton()
    for word in words:
        machine.add_word(fold_text(word), word)
    machine.make_automaton()
    parts = template.parts
    texts = (parts.header, parts.body, parts.footer, *(card.body for card in parts.cards))
    text = fold_text("\n".join((*texts, *(button.text for button in parts.all_buttons))))
    for word in sorted(
        {word for end, word in machine.iter(text) if _is_whole_word(text, end, fold_text(word))}
    ):
        yield finding("RT-105", f"The words “{word}” name goods that need permission or are forbidden.")


def _is_whole_word(text: str, end: int, word: str) -> bool:
    start = end - len(word) + 1
    before, after = text[start - 1 : start], text[end + 1 : end + 2]
    return not before.isalnum() and not after.isalnum()
