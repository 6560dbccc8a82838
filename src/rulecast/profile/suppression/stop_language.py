"""In which language did somebody ask for silence? Pure; a hint for the answer, nothing is decided by it."""

import csv
import re
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
# Scripts of several languages, of which one is answered unless the person is known to speak another of them.
_SHARED_SCRIPTS = (
    (re.compile(r"[\u0600-\u06ff]"), "ar", frozenset({"ar", "fa", "ur", "ary", "arz", "arq", "aeb"})),
    (re.compile(r"[\u0400-\u04ff]"), "ru", frozenset({"ru", "uk", "bg", "sr"})),
)


def language_of_stop(text: str, *, spoken: str = "") -> str:
    """Return the language of the words where they tell it, else an empty text; `spoken` is the person's own.

    The keywords of English-speaking operators, "stop" before all, are typed everywhere and tell nothing.
    """
    bare = text[:TEXT_LENGTH_MAX]
    for script, language in _SCRIPTS:
        if script.search(bare):
            return language
    for script, language, family in _SHARED_SCRIPTS:
        if script.search(bare):
            return spoken if spoken in family else language
    languages = _languages_of().get(" ".join(_WORD.findall(fold_text(bare))), frozenset())
    return next(iter(languages)) if len(languages) == 1 else ""


@cache
def _languages_of() -> dict[str, frozenset[str]]:
    """Return in which languages each phrase of the word file is said."""
    lines = files(__package__).joinpath(WORDS_FILE).read_text(encoding="utf-8").splitlines()
    found: dict[str, set[str]] = {}
    for row in csv.DictReader(line for line in lines if not line.startswith("#")):
        is_keyword = row["language"] == "en" and row["source"] == "vendors"
        if row["strength"] in _WHOLE_STRENGTHS and not is_keyword:
            found.setdefault(" ".join(_WORD.findall(fold_text(row["phrase"]))), set()).add(row["language"])
    return {phrase: frozenset(languages) for phrase, languages in found.items()}
