"""Looking at a template before anybody receives it: what is refused and what deserves a second look."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from rulecast.template.check_buttons import check_buttons
from rulecast.template.check_forms import check_forms
from rulecast.template.check_texts import check_texts
from rulecast.template.finding import SEVERITIES, ContentFinding, finding
from rulecast.template.parts import MEDIA_FORMATS
from rulecast.template.records import MessageTemplate
from rulecast.template.screen_text import screen_manner, screen_words

WORDS_PER_VARIABLE = 2
"""A text needs twice as many words as variables, and one more; Meta's own formula is not published."""
NAME_LENGTH_MAX = 512

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
        *_words(template, forbidden_words),
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
    addresses = [*(button.url for button in parts.all_buttons), *template.links.values()]
    yield from screen_manner(text, addresses=addresses)
    if any(address.startswith("http:") for address in template.links.values()):
        yield finding("RT-104", place="links")


def _words(template: MessageTemplate, words: Iterable[str]) -> Iterator[ContentFinding]:
    parts = template.parts
    texts = (parts.header, parts.body, parts.footer, *(card.body for card in parts.cards))
    buttons = (button.text for button in parts.all_buttons)
    yield from screen_words((*texts, *buttons), forbidden_words=words)
