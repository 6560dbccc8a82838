"""What is wrong with the files and places of a reply is said at its place, in both languages."""

from dataclasses import replace

import pytest
from tests.spec.problem_case import RULE
from tests.spec.tables import CATALOGUE, NOW

from rulecast.rule.language import Rule, RuleProblems, check_rule, parse_rule
from rulecast.rule.language.format_chinese import in_chinese
from rulecast.rule.language.format_rule import format_rule
from rulecast.rule.language.problem_chinese import said_in_chinese
from rulecast.values.catalogue import Medium

FILES = [Medium(name=f"my_{kind}", kind=kind) for kind in ("image", "audio", "sticker", "document", "gif")]
SHOP = replace(CATALOGUE, media={**CATALOGUE.media, **{one.name: one for one in FILES}})


@pytest.mark.parametrize(
    ("said", "problems"),
    [
        ('"Hi" media my_image', []),
        ("media my_audio", []),
        ("media my_sticker", []),
        ('"Hi {{first_name}}" media my_document buttons "Yes"', []),
        ('"Hi" media my_image link shop "Open" to "https://shop.example/a"', []),
        ('location -33.5, 7 "Us", "12, rue de Fes"', []),
        ("location 90, -180", []),
        ('(fr: "Oui" media my_image; en: location 1, 2 "Us"; else fr)', []),
        ('"Hi" media my_picture', ["RL-105 There is no file my_picture."]),
        (
            "media my_gif",
            ["RL-105 my_gif is of the kind gif; a reply shows image, video, audio, document, sticker."],
        ),
        (
            '"Hi" media my_audio',
            ["RL-101 audio.caption: images, videos and documents have captions."],
        ),
        (
            '"Hi" media my_sticker buttons "Yes"',
            ["RL-101 header: an image, a video or a document is expected."],
        ),
        ('"Hi" media my_image list "x" ("a")', ["RL-101 header: a list has a text as header."]),
        (
            'location 90.5, 7 "Us"',
            ["RL-101 location: a latitude of -90 to 90 and a longitude of -180 to 180 are expected."],
        ),
        (
            'location 33, 7 "", "12, rue de Fes"',
            ["RL-101 location.name: phones show an address only beside a name."],
        ),
    ],
)
def test_files_and_places_of_replies_are_checked_and_written_in_both_languages(
    said: str, problems: list[str]
) -> None:
    text = f"{RULE}  when replied: reply {said} as service\n"
    rule = parse_rule(text)
    assert isinstance(rule, Rule), rule
    canonical = format_rule(rule)
    assert f"reply {said} as service" in canonical
    assert parse_rule(in_chinese(canonical)) == rule
    found = check_rule(text, SHOP, now=NOW)
    told = found.problems if isinstance(found, RuleProblems) else found.warnings
    assert [f"{one.code} {one.message}" for one in told] == problems
    assert all(said_in_chinese(one.message) != one.message for one in told)
