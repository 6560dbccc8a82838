"""The words of the language in English and Chinese, from one table; each Chinese word reads like its English one.

The grammar is written with English words. On loading, the pattern of every keyword gets its Chinese words as well, and
the lexer hands the English word on, so that nothing behind it knows which language a rule is written in.
"""

# ruff: noqa: RUF001 - signs that look like others are what this file is about.
import csv
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

from lark import Token

Language = Literal["en", "zh"]
# Closed lists of words (days, bands, moments, ...) are names in English and this terminal in Chinese.
CLOSED_WORD = "CHINESE"
DEFINITION = re.compile(r"^(\w+)((?:\.\d)?): /(.+)/i$", re.MULTILINE)
# A Chinese word ends where no Chinese character follows; digits and Latin letters may follow at once.
# Without regard to case the compiler of patterns would walk through all these letters for every keyword.
BORDER = r"(?-i:(?![\u4e00-\u9fff]))"
# Signs that Chinese keyboards type for those of the grammar; each is one character, so places stay what they are.
SIGNS = str.maketrans("（），、：；＝＜＞！％／．－＋＊　０１２３４５６７８９", "(),,:;=<>!%/.-+* 0123456789")
CHINESE_WORD = re.compile(r"[\u4e00-\u9fff]")
QUOTED = re.compile(r'"(?:\\.|[^"\\\n])*"')
TEXT_OPENS = frozenset('"“”')


@dataclass(frozen=True, slots=True, kw_only=True)
class Keyword:
    """One word of one terminal; the first of the Chinese words is the one that is written."""

    terminal: str
    english: str
    chinese: tuple[str, ...]


@cache
def keywords() -> tuple[Keyword, ...]:
    """Return the table."""
    text = files(__package__).joinpath("keywords.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    return tuple(
        Keyword(terminal=row["terminal"], english=row["english"], chinese=tuple(row["chinese"].split("|")))
        for row in rows
    )


@cache
def _english() -> dict[tuple[str, str], str]:
    """Return the English word of a terminal's Chinese one; of two, such as day and days, the first."""
    found: dict[tuple[str, str], str] = {}
    for word in keywords():
        for chinese in word.chinese:
            found.setdefault((word.terminal, chinese), word.english)
    return found


@cache
def _chinese() -> dict[tuple[str, str], str]:
    return {(word.terminal, word.english): word.chinese[0] for word in keywords()}


def chinese_of(terminal: str, word: str) -> str | None:
    """Return how a word of that terminal is written in Chinese, or None for what is no keyword."""
    plain = " ".join(word.lower().replace("’", "'").split())
    return _chinese().get((terminal, plain))


def label_of(terminal: str, language: Language) -> str | None:
    """Return the word of a keyword, of several the first."""
    word = next((word for word in keywords() if word.terminal == terminal), None)
    if word is None:
        return None
    return word.chinese[0] if language == "zh" else word.english


@cache
def words_of(terminal: str) -> frozenset[str]:
    """Return every word of a keyword, in both languages."""
    found = [word for word in keywords() if word.terminal == terminal]
    return frozenset(one for word in found for one in (word.english, *word.chinese))


def language_of(text: str) -> Language:
    """Return in which language the keywords of a text are written, texts in quotes left aside."""
    return "zh" if CHINESE_WORD.search(QUOTED.sub("", plain_signs(text))) else "en"


def with_chinese(grammar: str) -> str:
    """Return the grammar with the Chinese words added to the pattern of each keyword."""
    by_terminal: dict[str, list[str]] = {}
    for word in keywords():
        by_terminal.setdefault(word.terminal, []).extend(word.chinese)

    def extended(match: re.Match[str]) -> str:
        name, priority, pattern = match.groups()
        # The longest first: a pattern takes the first alternative that fits.
        words = sorted(dict.fromkeys(by_terminal.get(name, ())), key=len, reverse=True)
        if not words or name == CLOSED_WORD:
            return match[0]
        return f"{name}{priority}: /{pattern}|(?:{'|'.join(words)}){BORDER}/i"

    return DEFINITION.sub(extended, grammar)


def lexer_callbacks() -> dict[str, Callable[[Token], Token]]:
    """Return for each terminal with Chinese words the function that puts the English word in its place."""

    def translate(token: Token) -> Token:
        english = _english().get((token.type, str(token)))
        return token if english is None else token.update(value=english)

    return {word.terminal: translate for word in keywords()}


def plain_signs(text: str) -> str:
    """Return the text with the signs of Chinese keyboards replaced by the grammar's, outside of quoted texts.

    “…” quotes a text as "…" does; inside a quoted text every sign stays. The length stays the same.
    """
    parts: list[str] = []
    position = 0
    while position < len(text):
        if text[position] in TEXT_OPENS:
            end = _end_of_text(text, position)
            parts.append(_quoted(text[position:end]))
        else:
            end = _next_text(text, position)
            parts.append(text[position:end].translate(SIGNS))
        position = end
    return "".join(parts)


def _next_text(text: str, start: int) -> int:
    return next((at for at in range(start, len(text)) if text[at] in TEXT_OPENS), len(text))


def _end_of_text(text: str, start: int) -> int:
    """Return the place after the closing quote, or after the line where there is none."""
    closing = '"' if text[start] == '"' else '”"'
    at = start + 1
    while at < len(text) and text[at] != "\n":
        if text[at] == "\\":
            at += 2
            continue
        if text[at] in closing:
            return at + 1
        at += 1
    return min(at, len(text))


def _quoted(part: str) -> str:
    if part[0] == '"':
        return part
    closed = len(part) > 1 and part[-1] in '”"'
    return f'"{part[1:-1]}"' if closed else f'"{part[1:]}'
