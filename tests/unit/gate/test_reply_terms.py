"""What a reply says to one person: the language, the values, the address below it."""

import pytest

from rulecast.gate.reply_terms import ReplyTerms, links_of, make_reply
from rulecast.rule.language import Rule, parse_rule
from rulecast.rule.language.document import ReplyAction
from rulecast.template.messages import Content
from rulecast.values.reason import Reason

RULE = """rule hello
  purpose marketing
  when everybody
  send template winback in fr from main
  when replied: reply {said}
"""
ATTRIBUTES = {"first_name": "Asha", "story": "x" * 200}


def reply_of(said: str) -> ReplyTerms:
    rule = parse_rule(RULE.format(said=said))
    assert isinstance(rule, Rule), rule
    (action,) = rule.actions
    assert isinstance(action, ReplyAction)
    return ReplyTerms(
        action=action, links=links_of(action), link_base="https://go.example", workspace_limit=None
    )


def said_to(said: str, language: str = "fr") -> Content | Reason:
    return make_reply(
        reply_of(said),
        language=language,
        typed=None,
        value_of=ATTRIBUTES.get,
        token_of=lambda index: f"token{index}",
    )


def text_of(said: str, language: str = "fr") -> str | Reason:
    made = said_to(said, language)
    return made if isinstance(made, Reason) else str(made.value["body"])  # type: ignore[index]  # a text is a mapping


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ('"Thank you"', "Thank you"),
        ('"Thank you {{first_name}}"', "Thank you Asha"),
        ('"{{ first_name or friend }}, {{first_name}}"', "Asha, Asha"),
        ('"Dear {{nickname or good friend}}"', "Dear good friend"),
        ('"您好 {{nickname 或 朋友}}"', "您好 朋友"),
        ('"Dear {{nickname}}"', Reason.MISSING_PARAMETER),
        ('"' + "a" * 900 + '{{story}}" buttons "Yes"', Reason.MISSING_PARAMETER),
    ],
)
def test_a_text_is_filled_with_what_is_known(said: str, text: str | Reason) -> None:
    assert text_of(said) == text


@pytest.mark.parametrize(
    ("language", "fallback", "text"),
    [
        ("fr", "en", "Salut"),
        ("fr_FR", "en", "Salut"),
        ("en", "skip", "Hi"),
        ("ar", "en", "Hi"),
        ("", "fr", "Salut"),
        ("ar", "skip", Reason.MISSING_TRANSLATION),
    ],
)
def test_a_person_is_answered_in_their_language(language: str, fallback: str, text: str | Reason) -> None:
    assert text_of(f'(en: "Hi"; fr: "Salut"; else {fallback})', language) == text


def test_a_link_has_one_index_over_all_languages_and_an_address_of_ours() -> None:
    said = (
        '(en: "Look" link b_en "Open" to "https://a.example/en"; '
        'fr: "Voir" link a_fr "Ouvrir" to "https://a.example/fr"; else fr)'
    )
    made = [said_to(said, language) for language in ("en", "fr")]
    assert all(isinstance(one, Content) for one in made)
    assert [one.value["action"]["parameters"]["url"] for one in made] == [  # type: ignore[index]  # see above
        "https://go.example/l/token1",
        "https://go.example/l/token0",
    ]


def test_what_was_typed_goes_as_it_is_and_not_at_all_where_it_cannot_be_read() -> None:
    typed = ReplyTerms(action=None, links={}, link_base="", workspace_limit=None)
    made = [
        make_reply(typed, language="fr", typed=text, value_of=ATTRIBUTES.get, token_of=str)
        for text in ("Bonjour {{first_name}}", None)
    ]
    assert isinstance(made[0], Content)
    assert made[0].value == {"body": "Bonjour {{first_name}}", "preview_url": False}
    assert made[1] is Reason.FACTS_UNKNOWN
