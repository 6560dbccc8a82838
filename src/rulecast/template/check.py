"""Looking at a template before anybody receives it: what is refused and what deserves a second look."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import ahocorasick
import re2

from rulecast.template.parts import VARIABLE
from rulecast.template.records import MessageTemplate
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


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentFinding:
    """One thing about a template: `refused` keeps it from being used, `warning` asks for a look."""

    code: str
    severity: Literal["refused", "warning"]
    message: str


def check_template(template: MessageTemplate, *, forbidden_words: Iterable[str] = ()) -> list[ContentFinding]:
    """Return what is wrong with a template, the refusals first."""
    found = [*_refusals(template), *_warnings(template), *_words(template, (*FORBIDDEN, *forbidden_words))]
    return sorted(found, key=lambda finding: (finding.severity, finding.code))


def _refusals(template: MessageTemplate) -> Iterator[ContentFinding]:
    parts = template.parts
    if template.category == "marketing" and not template.has_opt_out:
        yield _refused(
            "RT-001", "A marketing template needs a stop button or a footer that says how to stop."
        )
    body = parts.body.strip()
    if VARIABLE.match(body) or body.endswith("}}"):
        yield _refused("RT-002", "The body begins or ends with a variable; Meta rejects that.")
    numbers = [name for name in template.parameters if name.isdigit()]
    if numbers and len(numbers) != len(template.parameters):
        yield _refused("RT-003", "Numbered and named variables are mixed.")
    if numbers and sorted(map(int, numbers)) != list(range(1, len(numbers) + 1)):
        yield _refused("RT-004", "Numbered variables must count from 1 without a gap.")
    yield from _button_refusals(template)


def _button_refusals(template: MessageTemplate) -> Iterator[ContentFinding]:
    for button in template.parts.buttons:
        if button.kind != "URL":
            continue
        if "{{" in button.url.removesuffix("{{1}}"):
            yield _refused(
                "RT-005", f"The address of the button “{button.text}” has a variable before its end."
            )
        if button.takes_suffix and button.link not in template.links:
            yield _refused(
                "RT-006", f"The button “{button.text}” names no destination among the template's links."
            )
    kinds = [button.kind == "QUICK_REPLY" for button in template.parts.buttons]
    if sum(before != after for before, after in pairwise(kinds)) > 1:
        yield _refused("RT-007", "Quick replies and other buttons must not be mixed.")


def _warnings(template: MessageTemplate) -> Iterator[ContentFinding]:
    text = f"{template.parts.header}\n{template.parts.body}"
    letters = [char for char in text if char.isupper() or char.islower()]
    capitals = sum(char.isupper() for char in letters)
    if len(letters) >= CAPITALS_LETTERS_MIN and capitals > CAPITALS_SHARE_MAX * len(letters):
        yield _warning("RT-101", "Most letters are capitals; people read that as shouting and block.")
    if text.count("!") > EXCLAMATIONS_MAX:
        yield _warning("RT-102", f"More than {EXCLAMATIONS_MAX} exclamation marks.")
    addresses = [
        *_ADDRESS.findall(text),
        *(button.url for button in template.parts.buttons),
        *template.links.values(),
    ]
    if any(name in address.lower() for name in SHORTENERS for address in addresses):
        yield _warning("RT-103", "A link shortener hides where a link goes; use the shop's own address.")
    if any(address.startswith("http:") for address in template.links.values()):
        yield _warning("RT-104", "A destination is not encrypted (http).")


def _words(template: MessageTemplate, words: Iterable[str]) -> Iterator[ContentFinding]:
    machine = ahocorasick.Automaton()
    for word in words:
        machine.add_word(fold_text(word), word)
    machine.make_automaton()
    parts = template.parts
    text = fold_text(
        "\n".join((parts.header, parts.body, parts.footer, *(button.text for button in parts.buttons)))
    )
    for word in sorted(
        {word for end, word in machine.iter(text) if _is_whole_word(text, end, fold_text(word))}
    ):
        yield _warning("RT-105", f"The words “{word}” name goods that need permission or are forbidden.")


def _is_whole_word(text: str, end: int, word: str) -> bool:
    start = end - len(word) + 1
    before, after = text[start - 1 : start], text[end + 1 : end + 2]
    return not before.isalnum() and not after.isalnum()


def _refused(code: str, message: str) -> ContentFinding:
    return ContentFinding(code=code, severity="refused", message=message)


def _warning(code: str, message: str) -> ContentFinding:
    return ContentFinding(code=code, severity="warning", message=message)
