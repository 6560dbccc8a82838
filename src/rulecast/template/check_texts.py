"""Header, body, footer and their variables against the published limits (Cloud API: component catalogue)."""

import re
from collections.abc import Iterator
from itertools import pairwise

import re2

from rulecast.template.finding import ContentFinding, finding
from rulecast.template.parts import VARIABLE, variables_of
from rulecast.template.records import MessageTemplate

HEADER_LENGTH_MAX = 60
HEADER_VARIABLES_MAX = 1
BODY_LENGTH_MAX = 1024
BODY_LENGTH_WARNING = 512
"""One source gives this as the limit of utility and authentication bodies; uncertain, so it only warns."""
FOOTER_LENGTH_MAX = 60
CARD_BODY_LENGTH_MAX = 160
LINE_BREAKS_MAX = 2
SPACES_MAX = 4

EMOJI = re2.compile(
    "[\U0001f000-\U0001faff\u2600-\u27bf\u2b05-\u2b07\u2b1b\u2b1c\u2b50\u2b55\u231a\u231b\u23e9-\u23fa\u25fd\u25fe\ufe0f\u20e3]"
)
_ANY_VARIABLE = re2.compile(r"\{\{([^{}]*)\}\}")
_GOOD_NAME = re.compile(r"[1-9][0-9]*|[a-z_][a-z0-9_]*")
_ADJACENT = re2.compile(r"\}\}\s*\{\{")
_FORMATTING = re2.compile(r"[*~`\n\r]|(?:^|\s)_\S|\S_(?:\s|$)")
_CROWDED = re2.compile(rf"(?:\r?\n[ \t]*){{{LINE_BREAKS_MAX + 1},}}|[ ]{{{SPACES_MAX + 1},}}|\t")
_WORD = re2.compile(r"[\pL\pN%€$£]+")
# Scripts written without spaces: two characters stand for about one word.
_UNSPACED = re2.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]")


def check_texts(template: MessageTemplate, *, words_per_variable: int) -> Iterator[ContentFinding]:
    """Yield what is wrong with the texts; `words_per_variable` is the rule for too many variables, 0 for none."""
    parts = template.parts
    yield from _header(template)
    if template.category != "authentication":
        yield from _running_text("body", parts.body, words_per_variable=words_per_variable)
    if len(parts.body) > BODY_LENGTH_MAX:
        yield finding("RT-013", place="body")
    elif len(parts.body) > BODY_LENGTH_WARNING and template.category != "marketing":
        yield finding("RT-110", place="body")
    if len(parts.footer) > FOOTER_LENGTH_MAX:
        yield finding("RT-014", place="footer")
    if "{{" in parts.footer:
        yield finding("RT-015", place="footer")
    for number, card in enumerate(parts.cards, 1):
        place = f"cards[{number}].body"
        yield from _running_text(place, card.body, words_per_variable=0)
        if len(card.body) > CARD_BODY_LENGTH_MAX:
            yield finding("RT-035", place=place)
    yield from _kinds_of_variables(template)


def _header(template: MessageTemplate) -> Iterator[ContentFinding]:
    header = template.parts.header
    if len(header) > HEADER_LENGTH_MAX:
        yield finding("RT-010", place="header")
    if len(_ANY_VARIABLE.findall(header)) > HEADER_VARIABLES_MAX:
        yield finding("RT-011", place="header")
    if EMOJI.search(header) or _FORMATTING.search(_ANY_VARIABLE.sub("x", header)):
        yield finding("RT-012", place="header")
    yield from _names("header", header)
    yield from _numbers("header", header)


def _running_text(place: str, text: str, *, words_per_variable: int) -> Iterator[ContentFinding]:
    stripped = text.strip()
    if re.match(r"\{\{", stripped) or stripped.endswith("}}"):
        yield finding("RT-002", place=place)
    if _ADJACENT.search(text):
        yield finding("RT-016", place=place)
    if _CROWDED.search(text):
        yield finding("RT-019", place=place)
    yield from _names(place, text)
    yield from _numbers(place, text)
    variables = len(_ANY_VARIABLE.findall(text))
    if variables and words_per_variable and words_of(text) < words_per_variable * variables + 1:
        yield finding("RT-018", place=place)


def words_of(text: str) -> int:
    """Return about how many words a text has beside its variables."""
    plain = _ANY_VARIABLE.sub(" ", text)
    unspaced = len(_UNSPACED.findall(plain))
    return len(_WORD.findall(_UNSPACED.sub(" ", plain))) + (unspaced + 1) // 2


def _names(place: str, text: str) -> Iterator[ContentFinding]:
    for name in _ANY_VARIABLE.findall(text):
        if _GOOD_NAME.fullmatch(name.strip()) is None:
            yield finding(
                "RT-017", f"The variable {{{{{name}}}}} has a name Meta does not take.", place=place
            )


def _numbers(place: str, text: str) -> Iterator[ContentFinding]:
    numbers = sorted({int(name) for name in variables_of(text) if name.isdigit()})
    if any(after - before != 1 for before, after in pairwise([0, *numbers])):
        yield finding("RT-004", place=place)


def _kinds_of_variables(template: MessageTemplate) -> Iterator[ContentFinding]:
    parts = template.parts
    texts = (parts.header, parts.body, *(card.body for card in parts.cards))
    names = [name for text in texts for name in VARIABLE.findall(text)]
    numbered = [name.isdigit() for name in names]
    if any(numbered) and not all(numbered):
        yield finding("RT-003")
    elif names and template.parameter_format == ("NAMED" if all(numbered) else "POSITIONAL"):
        yield finding("RT-043", place="parameter_format")
