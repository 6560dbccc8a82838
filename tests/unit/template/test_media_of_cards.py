"""Files of the cards of carousels, and lighter forms of what rulecast cannot make lighter itself."""

from dataclasses import replace
from typing import Any

import pytest
from tests.spec.tables import CATALOGUE

from rulecast.gate.run_media import RunMedia, WantedFile
from rulecast.rule.language import CheckedRule, check_rule
from rulecast.template.media import DeclaredMedium, read_medium
from rulecast.template.media.planned import planned_files, planned_form, planned_name
from rulecast.values.catalogue import Medium, Template
from rulecast.values.fields import FieldInvalidError, Fields

VIDEO = {"name": "film", "source": "film.mp4", "kind": "video"}
RULE = """rule sale
  purpose marketing
  when city = "rabat"
  send template {template} in fr from casablanca_main{media}
"""
CARDS = Template(name="cards", languages=("fr",), media_cards={1: ("IMAGE",), 2: ("VIDEO",)})
MOVING = Template(name="moving", languages=("fr",), media_headers=("VIDEO",))
PLAIN = Template(name="plain", languages=("fr",))
DRESS = Medium(name="dress", kind="image", cards=(("cards", 1),), can_be_lighter=True)
FILM = Medium(name="film", kind="video", templates=("moving",), cards=(("cards", 2),))


def test_a_file_says_which_cards_show_it_and_where_its_lighter_forms_are() -> None:
    said = {**VIDEO, "cards": ["spring/1", "spring/10"], "light": "https://a.example/s.mp4", "tiny": "t.mp4"}
    found = read_medium(Fields(said, "media"))
    assert found.sources == (("full", "film.mp4"), ("light", "https://a.example/s.mp4"), ("tiny", "t.mp4"))
    assert found.entry == Medium(
        name="film", kind="video", cards=(("spring", 1), ("spring", 10)), can_be_lighter=True
    )
    assert not read_medium(Fields(VIDEO, "media")).entry.can_be_lighter
    assert DeclaredMedium(name="a", source="a.png", kind="image").entry.can_be_lighter


@pytest.mark.parametrize(
    ("more", "place"),
    [
        ({"cards": ["spring"]}, "cards"),
        ({"cards": ["spring/0"]}, "cards"),
        ({"cards": ["spring/11"]}, "cards"),
        ({"cards": ["spring/1", 2]}, "cards"),
        ({"light": "ftp://a.example/s.mp4"}, "light"),
        ({"tiny": ""}, "tiny"),
        ({"kind": "image", "light": "s.png"}, "light"),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_place(more: dict[str, Any], place: str) -> None:
    with pytest.raises(FieldInvalidError, match=place):
        read_medium(Fields({**VIDEO, **more}, "media"))


def file(name: str, *grades: str) -> dict[str, Any]:
    forms = {one: {"hash": f"{name}{one}".encode().hex()} for one in grades}
    return {"name": name, "source": "", "filename": "", "renditions": forms}


def content(text: str) -> WantedFile:
    return WantedFile(content_hash=text.encode(), filename="")


def test_each_card_gets_its_own_file_in_the_form_of_the_person_or_the_next_fuller_one() -> None:
    planned = {"cards": {"10": file("b", "full", "light"), "2": file("a", "full", "light", "tiny")}}
    assert planned_name(planned) == "a, b"
    media = RunMedia.of(planned)
    assert media.wanted("") == {"card2_header": content("afull"), "card10_header": content("bfull")}
    assert media.wanted("tiny") == {"card2_header": content("atiny"), "card10_header": content("blight")}
    assert media.wanted("none") == {}
    own = file("a", "full")
    assert planned_files(own) == {"header": own}
    assert planned_form(own, "tiny") == planned_form(own, "")


def problems(template: str, media: str = "", *declared: Medium) -> list[str]:
    catalogue = replace(
        CATALOGUE,
        media={one.name: one for one in declared},
        templates={one.name: one for one in (CARDS, MOVING, PLAIN)},
    )
    found = check_rule(RULE.format(template=template, media=media), catalogue)
    return [] if isinstance(found, CheckedRule) else [one.message for one in found.problems]


def test_a_rule_needs_one_file_of_the_right_kind_for_each_card() -> None:
    assert problems("cards", "", DRESS, FILM) == []
    assert problems("cards", " media lighter on slow network", DRESS, FILM) == []
    assert problems("cards", " media none on old system else template plain", DRESS, FILM) == []
    (lacking,) = problems("cards", "", DRESS)
    assert lacking.startswith("Card 2 of cards shows a file (video)")
    (wrong,) = problems("cards", "", DRESS, replace(DRESS, name="shoes", cards=(("cards", 2),)))
    assert wrong == "shoes is of the kind image; card 2 of cards shows video."
    (twice,) = problems("cards", "", DRESS, FILM, replace(DRESS, name="shoes"))
    assert twice.startswith("Card 1 of cards shows a file (image)")
    (named,) = problems("cards", " media dress", DRESS, FILM)
    assert named == "The cards of cards each show a file of their own; the rule names none."
    (also,) = problems("moving", " media none on old system else template cards", DRESS, FILM)
    assert also == "cards shows a file as well."


def test_a_video_is_lighter_only_where_a_lighter_file_is_declared() -> None:
    (refused,) = problems("moving", " media lighter on slow network", FILM)
    assert refused.startswith("rulecast makes only images lighter; film is of the kind video")
    assert problems("moving", " media lighter on slow network", replace(FILM, can_be_lighter=True)) == []
