import csv
import json
import sys
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rulecast.profile import suppression
from rulecast.profile.suppression import OptOutMatch, match_opt_out
from rulecast.profile.suppression.match_opt_out import WORDS_FILE, match_button

CASES = [
    json.loads(line)
    for line in Path(__file__).with_name("opt_out_cases.jsonl").read_text(encoding="utf-8").splitlines()
]
# Calls and returns of one message: what a person can write makes a few milliseconds of work at most.
CALLS_MAX = 80_000


@pytest.mark.parametrize(("expected", "text"), CASES)
def test_words_in_many_languages_stop_exactly_likely_or_not_f51(expected: str, text: str) -> None:
    assert match_opt_out(text) == expected


@pytest.mark.parametrize(
    ("payload", "title", "expected"),
    [
        ("optout:marketing:v1", "Plus de promos", True),
        ("Unsubscribe", "Unsubscribe", True),
        ("x", "Stop promotions", True),
        ("x", "Arrêter les promos", True),
        ("x", "إيقاف الرسائل الترويجية", True),
        ("cancel-button", "Cancel", False),
        ("optout:marketing:v2", "Yes", False),
        ("x", "Don't stop", False),
        (None, None, False),
    ],
)
def test_buttons_stop_by_payload_or_by_an_unmistakable_title_f51(
    payload: str | None, title: str | None, expected: bool
) -> None:
    assert match_button(payload, title) is expected


def test_a_workspace_may_have_payloads_of_its_own() -> None:
    assert match_button("adieu", None, ["adieu"])
    assert not match_button("optout:marketing:v1", None, ["adieu"])


@given(st.text(max_size=800))
def test_any_text_has_an_answer(text: str) -> None:
    assert match_opt_out(text) in OptOutMatch


@pytest.mark.parametrize("hostile", ["ما ", "\ufdfa", "chhal ", "bus stop ", "a", "no.", "不", "e\u0301"])
def test_no_text_makes_much_work(hostile: str) -> None:
    match_opt_out("once, so that the words are read")
    calls = [0]

    def count(*_: object) -> None:
        calls[0] += 1

    sys.setprofile(count)
    try:
        match_opt_out((hostile * 10_000)[:10_000])
    finally:
        sys.setprofile(None)
    assert calls[0] < CALLS_MAX


@given(
    st.sampled_from(["STOP", "arrêt", "توقف", "baja", "sair", "abmelden", "退订"]),
    st.sampled_from(" .!…🙏*\n\u200f"),
)
def test_decoration_does_not_hide_a_stop(word: str, decoration: str) -> None:
    assert match_opt_out(f"{decoration}{word}{decoration * 2}") is OptOutMatch.EXACT


def test_the_words_are_sorted_and_said_once_with_their_source() -> None:
    lines = files(suppression).joinpath(WORDS_FILE).read_text(encoding="utf-8").splitlines()
    rows = list(csv.DictReader(line for line in lines if not line.startswith("#")))
    strengths = ["word", "whole", "phrase", "safe", "negation", "courtesy", "symbol"]
    keys = [(row["language"], strengths.index(row["strength"]), row["phrase"]) for row in rows]
    assert keys == sorted(set(keys))
    assert {row["source"] for row in rows} == {"vendors", "own"}
    assert json.dumps(keys)
