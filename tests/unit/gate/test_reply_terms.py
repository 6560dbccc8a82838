"""What a reply says to one person: the language, the values, the address below it."""

import pytest

from rulecast.gate.reply_terms import ReplyTerms, links_of, make_reply
from rulecast.gate.typed_content import TypedCard, TypedContent, read_typed, write_typed
from rulecast.rule.language import Rule, parse_rule
from rulecast.rule.language.document import ReplyAction
from rulecast.template.messages import Content, MediaHandle
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
        file_of=lambda name: MediaHandle(media_id=f"id of {name}"),
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


TYPED = ReplyTerms(action=None, links={}, link_base="", workspace_limit=None)
FORMS: tuple[tuple[TypedContent, str, object], ...] = (
    (
        TypedContent(text="Bonjour {{first_name}}"),
        "text",
        {"body": "Bonjour {{first_name}}", "preview_url": False},
    ),
    (TypedContent(form="image", text="Le menu"), "image", {"id": "7", "caption": "Le menu"}),
    (TypedContent(form="video"), "video", {"id": "7"}),
    (TypedContent(form="audio"), "audio", {"id": "7"}),
    (TypedContent(form="sticker"), "sticker", {"id": "7"}),
    (TypedContent(form="document", filename="menu.pdf"), "document", {"id": "7", "filename": "menu.pdf"}),
    (
        TypedContent(form="location", latitude=33.5, longitude=-7.6, place_name="Nous", address="2, rue X"),
        "location",
        {"latitude": 33.5, "longitude": -7.6, "name": "Nous", "address": "2, rue X"},
    ),
    (
        TypedContent(form="contacts", cards=(TypedCard(name="Amal", phones=("+212612345678",)),)),
        "contacts",
        [
            {
                "name": {"formatted_name": "Amal", "first_name": "Amal"},
                "phones": [{"phone": "+212612345678", "type": "WORK"}],
            }
        ],
    ),
    (
        TypedContent(form="reaction", text="👍", wamid="wamid.X"),
        "reaction",
        {"message_id": "wamid.X", "emoji": "👍"},
    ),
)


def typed_reply(typed: TypedContent | None, file: MediaHandle | Reason) -> Content | Reason:
    return make_reply(
        TYPED, language="fr", typed=typed, value_of=ATTRIBUTES.get, token_of=str, file_of=lambda _: file
    )


@pytest.mark.parametrize(("typed", "kind", "value"), FORMS, ids=[one[1] for one in FORMS])
def test_what_was_typed_is_sealed_and_goes_as_it_is(typed: TypedContent, kind: str, value: object) -> None:
    kept = read_typed(typed.form, write_typed(typed))
    assert kept == typed
    made = typed_reply(kept, MediaHandle(media_id="7"))
    assert isinstance(made, Content)
    assert (made.kind, made.value) == (kind, value)


def test_what_was_typed_waits_for_its_file_and_does_not_go_where_it_cannot_be_read() -> None:
    assert read_typed("hologram", b'{"form": "hologram"}') is None
    assert typed_reply(None, Reason.FILE_MISSING) is Reason.FACTS_UNKNOWN
    assert typed_reply(TypedContent(form="video"), Reason.FILE_MISSING) is Reason.FILE_MISSING
    sung = TypedContent(form="audio", text="A caption is none for a sound")
    assert typed_reply(sung, MediaHandle(media_id="7")) is Reason.MISSING_PARAMETER
