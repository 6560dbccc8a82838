"""Which resume lifts which stop, and what the buttons and words of a resume mean."""

from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest

from rulecast.profile.suppression import JournalEntry, Stop, SuppressionAction, SuppressionCause
from rulecast.profile.suppression.choice import Choice, choice_of, stops_of_choice
from rulecast.profile.suppression.lifting import LIFTINGS, outlasting_instant
from rulecast.profile.suppression.match_opt_out import OptOutMatch, match_opt_out
from rulecast.profile.suppression.match_resume import _load_words, match_resume
from rulecast.profile.suppression.stop import Level, Scope
from rulecast.profile.suppression.stop_language import language_of_answer, language_of_stop
from rulecast.template.messages.interactive import BUTTON_TITLE_LENGTH_MAX
from rulecast.wiring.opt_outs.records import AnswerKind
from rulecast.wiring.opt_outs.words import fixed_words, languages_of_words

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
ANSWERED = {"en", "fr", "ar", "es", "pt", "de", "it", "tr", "zh"}


def said(cause: str, *, scope: Scope = "marketing", level: Level = "exact") -> JournalEntry:
    return JournalEntry(
        suppression_index=bytes(16),
        scope=scope,
        action=SuppressionAction.STOP,
        cause=SuppressionCause(cause),
        level=level,
        occurred_at=NOON,
    )


@pytest.mark.parametrize(
    ("resume", "stop", "is_lifted"),
    [
        ("user_preferences", said("user_preferences"), True),
        ("user_preferences", said("error_131050"), True),
        ("user_preferences", said("stop_word"), False),
        ("stop_button", said("stop_word"), True),
        ("stop_button", said("stop_word", level="likely"), True),
        ("stop_button", said("stop_button"), True),
        ("stop_button", said("user_preferences"), False),
        ("stop_button", said("import"), False),
        ("stop_button", said("agent"), False),
        ("stop_button", said("stop_button", scope="all"), True),
        ("stop_button", said("agent", scope="all"), False),
        ("stop_button", said("erasure", scope="all"), False),
        ("agent", said("stop_word", level="likely"), True),
        ("agent", said("identity_conflict", level="likely"), True),
        ("agent", said("stop_word"), False),
        ("agent", said("stop_button"), False),
        ("agent", said("stop_button", scope="all"), False),
        ("import", said("import"), False),
    ],
)
def test_a_resume_lifts_only_what_was_said_no_more_strongly(
    resume: str, stop: JournalEntry, is_lifted: bool
) -> None:
    later = NOON + timedelta(minutes=1)
    lifting = LIFTINGS.get((SuppressionCause(resume), stop.scope))
    assert (lifting is not None and lifting.covers(stop.cause, stop.level)) is is_lifted
    outlasts = outlasting_instant(stop, {SuppressionCause(resume): later})
    # A person of the business lifted what they had read, so nothing that is told them later.
    assert outlasts == (None if is_lifted and resume != "agent" else later)
    # What was said after a resume needs no renewal.
    assert outlasting_instant(stop, {SuppressionCause(resume): NOON}) is None
    assert {scope for _, scope in LIFTINGS} == set(get_args(Scope))


@pytest.mark.parametrize(
    ("choice", "meant"),
    [
        (Choice.OFFERS, [("stop", "marketing"), ("resume", "all")]),
        (Choice.EVERYTHING, [("stop", "all")]),
        (Choice.AGAIN, [("resume", "marketing")]),
        (Choice.NOT_AGAIN, []),
    ],
)
def test_a_tap_narrows_widens_or_lifts_and_a_doubtful_one_only_stops(
    choice: Choice, meant: list[tuple[str, str]]
) -> None:
    tapped = Stop(occurred_at=NOON, cause=SuppressionCause.STOP_WORD, level="likely")
    surely = stops_of_choice(choice, tapped, is_surely_theirs=True)
    doubtfully = stops_of_choice(choice, tapped, is_surely_theirs=False)
    assert [(one.action, one.scope) for one in surely] == meant
    assert [(one.action, one.scope) for one in doubtfully] == [one for one in meant if one[0] == "stop"]
    assert {(one.cause, one.level) for one in surely} <= {("stop_button", "exact")}
    assert choice_of(choice.value) is choice


def test_a_payload_of_others_is_no_choice() -> None:
    assert [choice_of(one) for one in (None, "", "optout:marketing:v1", "reply:winback:0", "Everything")] == [
        None
    ] * 5


@pytest.mark.parametrize(
    "text", ["START", "Unstop!", " start. ", "Démarrer", "ابدأ", "重新订阅", "फिर से शुरू करें", "Başlat"]
)
def test_a_word_of_starting_counts_as_the_whole_message(text: str) -> None:
    assert match_resume(text)


@pytest.mark.parametrize(
    "text", ["", "When do you start?", "start my order", "STOP", "do not start again", "s" * 5_000, "🙂"]
)
def test_anything_more_is_no_word_of_starting(text: str) -> None:
    assert not match_resume(text)


def test_no_word_of_starting_is_an_opt_out() -> None:
    assert [word for word in _load_words() if match_opt_out(word) is not OptOutMatch.NOT] == []


@pytest.mark.parametrize(
    ("text", "own", "language"),
    [
        ("STOP", "fr", "fr"),
        ("STOP", "und", "und"),
        ("arrêtez les messages", "ar", "fr"),
        ("توقف", "fr", "ar"),
        ("بس", "ary", "ary"),
        ("توقف", "fa_IR", "fa_IR"),
        ("پیام نفرستید", "und", "fa"),
        ("退订", "en", "zh"),
        ("退订", "zh_TW", "zh_TW"),
        ("配信停止して", "en", "ja"),
        ("отпишите меня", "uk", "uk"),
        ("123", "de", "de"),
        ("", "fr", "fr"),
    ],
)
def test_an_answer_is_in_the_language_of_the_words_where_they_tell_it(
    text: str, own: str, language: str
) -> None:
    assert language_of_answer(language_of_stop(text), own) == language


def test_every_answer_is_given_in_the_same_languages_with_titles_that_fit_a_button() -> None:
    languages = languages_of_words()
    assert languages["confirmation"] == languages["question"] > ANSWERED
    for kind in get_args(AnswerKind):
        for language in languages[kind]:
            buttons = fixed_words(kind, language)["buttons"]
            assert isinstance(buttons, list)
            titles = [title for _, title in buttons]
            assert len(set(titles)) == 2
            assert all(0 < len(title) <= BUTTON_TITLE_LENGTH_MAX for title in titles), language


def test_who_speaks_another_language_is_answered_in_the_nearest_one() -> None:
    bodies = {
        one: fixed_words("confirmation", one)["body"] for one in ("fr", "ar", "en", "fr_CA", "ary", "und")
    }
    assert (bodies["fr_CA"], bodies["ary"], bodies["und"]) == (bodies["fr"], bodies["ar"], bodies["en"])
