"""What rulecast itself says to people who ask for silence or for offers again, in their language; pure."""

import csv
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from rulecast.profile.suppression.choice import Choice
from rulecast.template.choose_language import choose_language
from rulecast.wiring.opt_outs.records import AnswerKind

WORDS_FILE = "words.csv"
FALLBACK_LANGUAGE = "en"
"""Who speaks a language that has no words here, or an unknown one, is answered in this one."""
# Languages people write in, answered in the written language nearest to them.
_NEAR = {"ary": "ar", "arz": "ar", "arq": "ar", "aeb": "ar", "zgh": "fr", "wo": "fr"}
_PAYLOADS: Mapping[AnswerKind, tuple[Choice, Choice]] = {
    "confirmation": (Choice.OFFERS, Choice.EVERYTHING),
    "question": (Choice.AGAIN, Choice.NOT_AGAIN),
}


def fixed_words(kind: AnswerKind, language: str) -> dict[str, object]:
    """Return body and buttons, as (payload, title), in the language that fits best; as the gate reads them."""
    words = _load_words()[kind]
    chosen = choose_language(_NEAR.get(language, language), words, FALLBACK_LANGUAGE)
    body, *titles = words[chosen or FALLBACK_LANGUAGE]
    buttons = [[payload.value, title] for payload, title in zip(_PAYLOADS[kind], titles, strict=True)]
    return {"body": body, "buttons": buttons}


def languages_of_words() -> dict[str, frozenset[str]]:
    """Return in which languages each kind of answer is given."""
    return {kind: frozenset(words) for kind, words in _load_words().items()}


@cache
def _load_words() -> dict[str, dict[str, tuple[str, str, str]]]:
    lines = files(__package__).joinpath(WORDS_FILE).read_text(encoding="utf-8").splitlines()
    found: dict[str, dict[str, tuple[str, str, str]]] = {}
    for row in csv.DictReader(line for line in lines if not line.startswith("#")):
        words = (row["body"], row["first"], row["second"])
        found.setdefault(row["kind"], {})[row["language"]] = words
    return found
