"""In which language did somebody ask for silence? Pure; a hint for the answer, nothing is decided by it."""

import csv
import re
import unicodedata
from functools import cache
from importlib.resources import files

from rulecast.profile.suppression.match_opt_out import WORDS_FILE
from rulecast.values.catalogue import fold_text

TEXT_LENGTH_MAX = 200
_WORD = re.compile(r"[^\W\d_]+")
_WHOLE_STRENGTHS = frozenset({"word", "whole", "phrase"})
# Scripts that tell a language by themselves; kana before Han, which Japanese uses too.
_SCRIPTS = (
    (re.compile(r"[\u3040-\u30ff]"), "ja"),
    (re.compile(r"[\uac00-\ud7af]"), "ko"),
    (re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]"), "zh"),
    (re.compile(r"[\u0900-\u097f]"), "hi"),
)
# Letters that Urdu and Persian have and Arabic has not, Urdu first: it has those of Persian too.
_SHARED_SCRIPTS = (
    (re.compile(r"[\u0679\u0688\u0691\u06ba\u06d2\u06be]"), "ur"),
    (re.compile(r"[\u067e\u0686\u0698\u06af]"), "fa"),
    (re.compile(r"[\u0600-\u06ff]"), "ar"),
    (re.compile(r"[\u0456\u0457\u0454\u0491]"), "uk"),
    (re.compile(r"[\u0400-\u04ff]"), "ru"),
)
# Languages of one script that short words do not tell apart: there the person's own language is believed.
_FAMILIES = (
    frozenset({"ar", "fa", "ur", "ary", "arz", "arq", "aeb"}),
    frozenset({"ru", "uk", "be", "bg", "sr", "kk"}),
    frozenset({"zh", "ja"}),
)


def language_of_stop(text: str) -> str:
    """Return the language of the words where they tell it, else an empty text.

    The keywords of English-speaking operators, "stop" before all, are typed everywhere and tell nothing.
    """
    bare = text[:TEXT_LENGTH_MAX]
    for script, language in (*_SCRIPTS, *_SHARED_SCRIPTS):
        if script.search(bare):
            return language
    languages = _languages_of().get(_bare(bare), frozenset())
    return next(iter(languages)) if len(languages) == 1 else ""


def language_of_answer(words: str, own: str) -> str:
    """Return in which language to answer, given that of the words, if they told one, and the person's own."""
    base = own.replace("-", "_").partition("_")[0].casefold()
    is_near = any({words, base} <= family for family in _FAMILIES)
    return own if not words or is_near or words == base else words


def _bare(text: str) -> str:
    """Return the words without accents, case and punctuation."""
    letters = unicodedata.normalize("NFD", fold_text(text))
    return " ".join(_WORD.findall("".join(one for one in letters if unicodedata.category(one) != "Mn")))


@cache
def _languages_of() -> dict[str, frozenset[str]]:
    """Return in which languages each phrase of the word file is said."""
    lines = files(__package__).joinpath(WORDS_FILE).read_text(encoding="utf-8").splitlines()
    found: dict[str, set[str]] = {}
    for row in csv.DictReader(line for line in lines if not line.startswith("#")):
        is_keyword = row["language"] == "en" and row["source"] == "vendors"
        if row["strength"] in _WHOLE_STRENGTHS and not is_keyword:
            found.setdefault(_bare(row["phrase"]), set()).add(row["language"])
    return {phrase: frozenset(languages) for phrase, languages in found.items()}
