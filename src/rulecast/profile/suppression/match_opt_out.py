"""Does this text ask for the messages to stop? Pure.

Words and phrases that are asked for as they stand are in `opt_out_words.csv`; what people say in other words is put
together from the concepts of `ask_in_words`.
"""

import csv
import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from itertools import groupby

from rulecast.profile.suppression.ask_in_words import asks_in_signs, asks_in_words

# Whoever asks for silence does so early; the bound keeps the work of one message to a few milliseconds.
TEXT_LENGTH_MAX = 600
# A single strong word in a text of up to so many words is taken for a request; in longer ones it needs a phrase.
SHORT_TEXT_WORDS_MAX = 5
# A negation reaches so many words to its right: "do not ever stop".
NEGATION_REACH_WORDS = 2
PHRASE_WORDS_MAX = 6

WORDS_FILE = "opt_out_words.csv"
DEFAULT_BUTTON_PAYLOADS = ("optout:marketing:v1",)


class OptOutMatch(StrEnum):
    """How sure it is that a text asks for silence; exact and likely both stop marketing."""

    EXACT = "exact"
    LIKELY = "likely"
    NOT = "not"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Words:
    """The words of one data file, normalised; those of scripts without spaces apart."""

    word: frozenset[str]
    whole: frozenset[str]
    phrase: frozenset[str]
    safe: frozenset[str]
    negation: frozenset[str]
    courtesy: frozenset[str]
    symbol: frozenset[str]


def match_opt_out(text: str) -> OptOutMatch:
    """Return how sure it is that this text asks for the messages to stop."""
    words = _load_words()
    bare = text.strip()[:TEXT_LENGTH_MAX]
    if bare and all(letter in words.symbol or _is_modifier(letter) for letter in bare):
        return OptOutMatch.LIKELY if any(letter in words.symbol for letter in bare) else OptOutMatch.NOT
    # One letter may stand for eighteen (the ligatures of Arabic): the bound is one of what is worked on.
    bare = unicodedata.normalize("NFKC", bare)[:TEXT_LENGTH_MAX]
    clauses = [clause for part in _CLAUSE_ENDS.split(bare) if (clause := _normalise(part).split())]
    if not clauses:
        return OptOutMatch.NOT
    if _has_unspaced_script(bare):
        joined = "".join(word for clause in clauses for word in clause)
        found = _match_unspaced(joined, words)
        asks = asks_in_signs(joined, _normalise) or asks_in_words(clauses, _normalise)
    else:
        found = _match_clauses(clauses, words)
        asks = asks_in_words(clauses, _normalise)
    return OptOutMatch.LIKELY if found is OptOutMatch.NOT and asks else found


def match_button(
    payload: str | None, title: str | None, payloads: Collection[str] = DEFAULT_BUTTON_PAYLOADS
) -> bool:
    """Return whether a tap on this button asks for silence: by its payload, or by an unmistakable title.

    Titles such as "Cancel" are not: they as often end an order.
    """
    if payload is not None and payload in payloads:
        return True
    words = _load_words()
    return any(
        _without_courtesy(_normalise(label).split(), words) in words.word
        for label in (payload, title)
        if label
    )


def _match_clauses(clauses: Sequence[list[str]], words: _Words) -> OptOutMatch:
    everything = [word for clause in clauses for word in clause]
    core = _without_courtesy(everything, words)
    squeezed = _without_courtesy([_REPEATS.sub(r"\1", word) for word in everything], words)
    for candidate in (core, squeezed, _joined_letters(everything)):
        if candidate in words.word or candidate in words.whole or _is_only_words(candidate, words):
            return OptOutMatch.EXACT
    is_short = len(core.split()) <= SHORT_TEXT_WORDS_MAX
    if any(_asks(clause, words, is_short=is_short or len(clause) == 1) for clause in clauses):
        return OptOutMatch.LIKELY
    return OptOutMatch.NOT


def _asks(clause: list[str], words: _Words, *, is_short: bool) -> bool:
    """Return whether one clause holds a phrase or, where strong words count, a strong word that is not negated."""
    kept = _without_safe(clause, words)
    if any(_is_free(kept, start, words) for start, _ in _places(kept, words.phrase)):
        return True
    places = _places(kept, words.word)
    is_at_an_end = any(start == 0 or end == len(kept) for start, end in places)
    return (is_short or is_at_an_end) and any(_is_free(kept, start, words) for start, _ in places)


def _match_unspaced(text: str, words: _Words) -> OptOutMatch:
    bare = text
    for word in sorted(words.courtesy, key=len, reverse=True):
        if _has_unspaced_script(word):
            bare = bare.replace(word, "")
    for candidate in (text, bare):
        if candidate in words.word or candidate in words.whole:
            return OptOutMatch.EXACT
    for word in words.safe:
        if _has_unspaced_script(word):
            text = text.replace(word, " ")
    if any(phrase in text for phrase in words.phrase if _has_unspaced_script(phrase)):
        return OptOutMatch.LIKELY
    return (
        OptOutMatch.LIKELY
        if any(
            word in text and not _is_negated_in(text, word, words)
            for word in words.word
            if _has_unspaced_script(word)
        )
        else OptOutMatch.NOT
    )


def _is_negated_in(text: str, word: str, words: _Words) -> bool:
    before = text[: text.index(word)]
    return any(before.endswith(negation) for negation in words.negation if _has_unspaced_script(negation))


def _places(clause: Sequence[str], wanted: Collection[str]) -> list[tuple[int, int]]:
    """Return where phrases of a set stand in a clause, as word positions from and to."""
    return [
        (start, end)
        for start in range(len(clause))
        for end in range(start + 1, min(start + PHRASE_WORDS_MAX, len(clause)) + 1)
        if " ".join(clause[start:end]) in wanted
    ]


def _is_free(clause: Sequence[str], start: int, words: _Words) -> bool:
    """Return whether no negation stands just before a position."""
    first = max(0, start - NEGATION_REACH_WORDS)
    return not _places(clause[first:start], words.negation)


def _without_safe(clause: list[str], words: _Words) -> list[str]:
    taken = {at for start, end in _places(clause, words.safe) for at in range(start, end)}
    return [word for at, word in enumerate(clause) if at not in taken]


def _without_courtesy(clause: Sequence[str], words: _Words) -> str:
    """Return what is left without courtesies and without a word said several times in a row."""
    taken = {at for start, end in _places(clause, words.courtesy) for at in range(start, end)}
    left = [word for at, word in enumerate(clause) if at not in taken]
    return " ".join(word for word, _ in groupby(left))


def _is_only_words(text: str, words: _Words) -> bool:
    return bool(text) and all(word in words.word for word in text.split())


def _joined_letters(clause: Sequence[str]) -> str:
    """Return S T O P as one word, or nothing where longer words stand between."""
    return "".join(clause) if len(clause) > 1 and all(len(word) == 1 for word in clause) else ""


_CLAUSE_ENDS = re.compile(r"[.,;:!?\n\r\u060c\u061b\u061f\u3002\uff0c\uff01\uff1f\uff1b\u06d4\u0964\u2026]+")
_REPEATS = re.compile(r"(.)\1{2,}")
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]")
_APOSTROPHES = re.compile(r"['\u2019\u2018\u02bc\u00b4`]")
_TATWEEL = "\u0640"
# Letters of one sound that people and keyboards mix: Persian and Arabic ya and kaf, ta marbuta, dotless i.
_FOLDED_LETTERS = str.maketrans(
    {
        "\u0649": "\u064a",
        "\u06cc": "\u064a",
        "\u06a9": "\u0643",
        "\u0629": "\u0647",
        "\u0131": "i",
        "\u00df": "ss",
    }
)


def _normalise(text: str) -> str:
    """Fold a text to bare words: NFKC, case-folded, without accents, harakat, tatweel, emoji and punctuation."""
    text = unicodedata.normalize("NFKC", text).casefold().replace(_TATWEEL, "")
    text = _APOSTROPHES.sub("", text)
    kept: list[str] = []
    for letter in unicodedata.normalize("NFD", text).translate(_FOLDED_LETTERS):
        category = unicodedata.category(letter)
        if category in {"Mn", "Me", "Cf"}:
            continue
        kept.append(letter if category[0] in "LNM" else " ")
    return unicodedata.normalize("NFC", " ".join("".join(kept).split()))


def _is_modifier(letter: str) -> bool:
    return letter.isspace() or unicodedata.category(letter) in {"Mn", "Cf", "Sk"}


def _has_unspaced_script(text: str) -> bool:
    return _UNSPACED.search(text) is not None


@cache
def _load_words() -> _Words:
    """Read the data file once; every word passes through the normalisation of texts."""
    lines = files(__package__).joinpath(WORDS_FILE).read_text(encoding="utf-8").splitlines()
    found: dict[str, set[str]] = {name: set() for name in _Words.__dataclass_fields__}
    for row in csv.DictReader(line for line in lines if not line.startswith("#")):
        phrase = row["phrase"]
        found[row["strength"]].add(phrase if row["strength"] == "symbol" else _normalise(phrase))
    return _Words(**{name: frozenset(words) for name, words in found.items()})
