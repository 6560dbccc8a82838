"""No keyword of the language is without a test that fires it; what nothing executes is refused."""

import re
from functools import cache
from pathlib import Path

import pytest
from tests.acceptance.every_condition import FORMS
from tests.acceptance.every_keyword import CLAUSE_WORDS, NO_MESSAGE

from rulecast.rule.language.grammar import grammar
from rulecast.rule.language.keywords import keywords

ROOT = Path(__file__).parents[2]
IMPORTED = re.compile(r"^from tests\.(\w+) import", re.MULTILINE)
PLURAL = re.compile(r"^(minute|hour|day|week|month)s$")
# Terminals that stand for several words.
LISTS = frozenset({"CHINESE", "UNIT", "PERIOD", "DISTANCE", "MEASURE"})


def word_of(terminal: str, english: str) -> str:
    """Return how a keyword is called here: its terminal, with its word where it has several."""
    return f"{terminal} {singular(english)}" if terminal in LISTS else terminal


def singular(word: str) -> str:
    """Return `day` for `days`: both are one keyword."""
    return PLURAL.sub(r"\1", word.lower())


@cache
def words_of_forms() -> frozenset[str]:
    """Return the keywords that the forms seen at the simulator hold."""
    found = set()
    for text, _ in FORMS:
        for token in grammar().parse_interactive(text, start="condition").iter_parse():
            # The words of closed lists are names in English.
            found.add(word_of("CHINESE" if token.type == "NAME" else token.type, str(token)))
    return frozenset(found)


@cache
def sources(path: str) -> str:
    """Return the text of a test file with that of the common parts it imports."""
    own = (ROOT / path).read_text("utf-8")
    parts = sorted({ROOT / "tests" / f"{name}.py" for name in IMPORTED.findall(own)})
    return own + "".join(part.read_text("utf-8") for part in parts if part.is_file())


def test_every_keyword_is_in_a_form_or_has_a_test() -> None:
    wanted = {word_of(one.terminal, one.english) for one in keywords()}
    assert wanted - words_of_forms() - CLAUSE_WORDS.keys() == set()
    assert CLAUSE_WORDS.keys() - wanted == set()


@pytest.mark.parametrize("word", sorted(CLAUSE_WORDS))
def test_the_test_of_a_keyword_exists_writes_it_and_looks_at_the_simulator(word: str) -> None:
    path, _, name = CLAUSE_WORDS[word].partition("::")
    text = sources(path).replace("\\n", "\n")
    assert f"def {name}(" in text, CLAUSE_WORDS[word]
    spelled = {one.english for one in keywords() if word_of(one.terminal, one.english) == word}
    assert any(re.search(rf"\b{re.escape(one)}\b", text) for one in spelled), f"{word} is not in {path}"
    if word not in NO_MESSAGE:
        assert "ledger()" in text or "simulator" in text, f"{path} does not look at the simulator"


def test_every_form_that_the_manual_names_belongs_to_the_language_of_the_forms() -> None:
    assert len(FORMS) == len({text for text, _ in FORMS})
    assert all(names for _, names in FORMS), "a form that reaches nobody proves nothing"
