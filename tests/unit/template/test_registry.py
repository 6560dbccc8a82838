"""What Meta lists, allows and refuses about templates, in words and by its clock."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rulecast.template import MessageTemplate, read_parts
from rulecast.template.explain_refusal import CODES, SUBCODES, explain_refusal
from rulecast.template.read_parts import read_listed_parts
from rulecast.template.registry import creation_request, edit_refusal, read_listed, unpause_refusal
from rulecast.template.registry.compare import differing_parts, merge_copies
from rulecast.template.registry.edit_rules import PAUSE_BY_PACING, creation_refusal
from rulecast.template.registry.records import AskedChange, Registration
from rulecast.values.ids import TemplateId
from rulecast.wiring.template_graph import WAIT_MINUTES_DEFAULT, wait_minutes

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
BODY = {"type": "BODY", "text": "Hello {{1}}, 20% off this week."}
BUTTONS: dict[str, Any] = {
    "type": "BUTTONS",
    "buttons": [
        {"type": "QUICK_REPLY", "text": "Stop", "opt_out": True},
        {"type": "URL", "text": "Shop", "url": "https://go.example/l/{{1}}", "link": "promo"},
        {"type": "PHONE_NUMBER", "text": "Call", "phone_number": "+212 522"},
        {"type": "COPY_CODE", "example": "SAVE20"},
    ],
}
ROW: dict[str, Any] = {
    "id": "594425479261596",
    "name": "winback",
    "language": "en",
    "status": "APPROVED",
    "category": "MARKETING",
    "components": [
        {**BODY, "example": {"body_text": [["Asha"]]}},
        {
            "type": "BUTTONS",
            "buttons": [
                {"type": "QUICK_REPLY", "text": "Stop"},
                {"type": "URL", "text": "Shop", "url": "https://go.example/l/{{1}}", "example": ["x"]},
                {"type": "PHONE_NUMBER", "text": "Call", "phone_number": "+212522"},
                {"type": "COPY_CODE", "text": "Code kopieren", "example": ["SAVE20"]},
            ],
        },
    ],
    "quality_score": {"score": "GREEN", "date": 1},
    "rejected_reason": "NONE",
    "parameter_format": "POSITIONAL",
}


def template(*components: dict[str, Any], **changed: Any) -> MessageTemplate:
    components = components or (BODY, BUTTONS)
    given: dict[str, Any] = {
        "template_id": TemplateId(7),
        "name": "winback",
        "language": "en",
        "category": "marketing",
        "status": "pending",
        "components": components,
        "links": {"promo": "https://shop.example"},
        "parts": read_parts(components),
    }
    return MessageTemplate(**{**given, **changed})


def copy(waba_id: str = "77", **changed: Any) -> Registration:
    given: dict[str, Any] = {
        "waba_id": waba_id,
        "meta_id": "1",
        "template_id": TemplateId(7),
        "status": "approved",
        "category": "marketing",
        "quality": "green",
        "correct_category": "",
        "rejected_reason": "",
        "is_same": True,
        "components": [],
    }
    return Registration(**{**given, **changed})


def test_a_row_is_read_and_equals_what_was_declared() -> None:
    listed = read_listed(ROW, waba_id="77")
    assert listed is not None
    assert (listed.status, listed.category, listed.quality, listed.rejected_reason) == (
        "approved",
        "marketing",
        "green",
        "",
    )
    assert differing_parts(template(), listed.parts) == ()


@pytest.mark.parametrize(
    ("changed", "part"),
    [
        ({**BODY, "text": "Hello {{1}}, 30% off this week."}, "body"),
        ({"type": "FOOTER", "text": "Bye"}, "footer"),
        ({"type": "HEADER", "format": "IMAGE"}, "header_format"),
        ({"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY", "text": "Stop"}]}, "buttons"),
        ({"type": "HOLOGRAM"}, "unknown component HOLOGRAM"),
    ],
)
def test_a_difference_is_named(changed: dict[str, Any], part: str) -> None:
    others = [one for one in ROW["components"] if one["type"] != changed["type"]]
    assert differing_parts(template(), read_listed_parts([*others, changed])) == (part,)


@pytest.mark.parametrize(
    "broken",
    [{"id": "x"}, {"name": "Bad Name"}, {"language": ""}, {"category": "SPAM"}, {"components": None}],
)
def test_a_row_nobody_can_read_is_no_template(broken: dict[str, Any]) -> None:
    assert read_listed({**ROW, **broken}, waba_id="77") is None


def test_states_of_unknown_names_send_nothing() -> None:
    for status, kept in (("MELTED", "disabled"), ("IN_APPEAL", "in_appeal"), ("REINSTATED", "approved")):
        listed = read_listed({**ROW, "status": status, "quality_score": None}, waba_id="77")
        assert listed is not None
        assert (listed.status, listed.quality) == (kept, "unknown")


def test_the_code_button_of_an_authentication_template_is_known_by_its_address() -> None:
    parts = read_listed_parts(
        [
            {"type": "BODY", "text": "*{{1}}* is your verification code."},
            {
                "type": "BUTTONS",
                "buttons": [
                    {
                        "type": "URL",
                        "text": "Copy code",
                        "url": "https://www.whatsapp.com/otp/code/?otp_type=COPY_CODE&code=otp{{1}}",
                    }
                ],
            },
        ]
    )
    assert [(one.kind, one.otp_type, one.takes_suffix) for one in parts.buttons] == [
        ("OTP", "COPY_CODE", False)
    ]


def test_the_most_cautious_copy_decides() -> None:
    listed = read_listed(ROW, waba_id="77")
    assert listed is not None
    merged = merge_copies(
        template(category="utility"),
        [
            copy(category="utility"),
            copy("78", status="paused", quality="yellow", is_same=False, correct_category="marketing"),
        ],
        listed,
    )
    assert (merged.status, merged.category, merged.quality) == ("paused", "marketing", "yellow")
    assert (merged.previous_category, merged.is_sendable) == ("utility", False)
    assert "account 78" in merged.obstacle
    assert merged.components_hash != template(category="utility").components_hash


def test_a_listing_that_says_nothing_takes_back_no_announcement() -> None:
    listed = read_listed({**ROW, "category": "UTILITY"}, waba_id="77")
    assert listed is not None
    announced = template(category="utility", correct_category="marketing")
    silent, right = copy(category="utility"), copy(category="utility", correct_category="utility")
    assert merge_copies(announced, [silent], listed).correct_category == "marketing"
    assert merge_copies(announced, [right], listed).correct_category == ""


def edits(*ago: timedelta, kind: str = "edited", was_status: str = "approved") -> list[AskedChange]:
    return [AskedChange(kind=kind, was_status=was_status, changed_at=NOW - one) for one in ago]


@pytest.mark.parametrize(
    ("status", "changes", "told"),
    [
        ("approved", [], ""),
        ("approved", edits(timedelta(hours=23)), "once in 24 hours; the next time at 2026-11-22 13:00 UTC"),
        ("approved", edits(timedelta(hours=25)), ""),
        ("approved", edits(*(timedelta(days=n) for n in range(29, 9, -2))), "ten times in 30 days"),
        ("approved", edits(timedelta(hours=1), was_status="rejected"), ""),
        ("rejected", edits(timedelta(hours=1)), ""),
        ("paused", edits(timedelta(hours=1)), ""),
        ("pending", [], "that is pending cannot be edited"),
        ("disabled", [], "cannot be edited"),
    ],
)
def test_edits_keep_to_metas_count(status: str, changes: list[AskedChange], told: str) -> None:
    refusal = edit_refusal(template(status=status), changes, now=NOW)
    assert told in refusal
    assert bool(refusal) is bool(told)


def test_a_deleted_name_is_locked_for_thirty_days() -> None:
    assert "until 2026-12-21" in creation_refusal(edits(timedelta(days=1), kind="deleted"), now=NOW)
    assert creation_refusal(edits(timedelta(days=31), kind="deleted"), now=NOW) == ""
    assert creation_refusal(edits(timedelta(days=1), kind="deleted", was_status="rejected"), now=NOW) == ""


@pytest.mark.parametrize(
    ("title", "minutes", "told"),
    [
        (PAUSE_BY_PACING, 4, "after five minutes, at 2026-11-22 12:01:00 UTC"),
        (PAUSE_BY_PACING, 5, ""),
        ("", 6, ""),
        ("SECOND_PAUSE", 60, "ends by itself, at 2026-11-22 15:00 UTC"),
    ],
)
def test_a_pause_ends_by_hand_only_where_pacing_began_it(title: str, minutes: int, told: str) -> None:
    paused = template(status="paused", pause_title=title, paused_until=NOW + timedelta(hours=3))
    refusal = unpause_refusal(paused, NOW - timedelta(minutes=minutes), now=NOW)
    assert told in refusal
    assert bool(refusal) is bool(told)


@pytest.mark.parametrize("subcode", SUBCODES)
def test_every_refusal_about_templates_is_told_in_words(subcode: int) -> None:
    refusal = explain_refusal(
        {"code": 100, "error_subcode": subcode, "message": "(#100)", "error_user_msg": "Meta's own words."}
    )
    assert refusal.what.startswith(SUBCODES[subcode][0])
    assert f"100/{subcode}" in refusal.what
    assert "Meta's own words." in refusal.what
    assert refusal.what_to_do


@pytest.mark.parametrize(
    ("error", "part"),
    [
        *(({"code": code}, words[0]) for code, words in CODES.items()),
        ({"code": 100, "error_subcode": 33}, "no such account or template"),
        ({"code": 80007}, "asked too often"),
        ({"code": 100, "error_subcode": 2494165}, "sign-up form"),
        ({"code": 2}, "cannot answer for the moment"),
        ({"code": 999_999, "message": "New."}, "Meta refused it. Meta says (999999): New."),
        ({"code": "x", "message": None}, "Meta refused it."),
    ],
)
def test_codes_are_told_in_words_too(error: dict[str, Any], part: str) -> None:
    assert part in explain_refusal(error).what


@pytest.mark.parametrize(
    ("header", "minutes"),
    [
        ('{"77": [{"estimated_time_to_regain_access": 12}]}', 12),
        ('{"77": [{"estimated_time_to_regain_access": 0}, {"estimated_time_to_regain_access": 3}]}', 3),
        ('{"77": [{"estimated_time_to_regain_access": 999999}]}', 1440),
        ("", WAIT_MINUTES_DEFAULT),
        ("[1]", WAIT_MINUTES_DEFAULT),
        ('{"77": 3}', WAIT_MINUTES_DEFAULT),
    ],
)
def test_the_wait_is_the_one_meta_names(header: str, minutes: int) -> None:
    assert wait_minutes(header) == minutes


def test_a_request_leaves_out_our_fields_and_adds_examples() -> None:
    header = {"type": "HEADER", "format": "IMAGE", "example_file": "a.png"}
    card = {"components": [header, BODY, {"type": "BUTTONS", "buttons": [BUTTONS["buttons"][1]]}]}
    one = template(BODY, BUTTONS, {"type": "CAROUSEL", "cards": [card, card]}, ttl_seconds=43_200)
    request = creation_request(one, handles={"a.png": "4::h"})
    assert request["message_send_ttl_seconds"] == 43_200
    assert request["components"][0]["example"] == {"body_text": [["example"]]}
    first = request["components"][2]["cards"][0]["components"]
    assert first[0] == {"type": "HEADER", "format": "IMAGE", "example": {"header_handle": ["4::h"]}}
    assert "example_file" not in str(request)
    assert "opt_out" not in str(request)
    assert first[2]["buttons"][0]["example"] == ["https://go.example/l/example"]


def test_a_marketing_template_is_registered_with_every_creative_change_refused() -> None:
    features = creation_request(template())["degrees_of_freedom_spec"]["creative_features_spec"]
    assert {tuple(choice.items()) for choice in features.values()} == {(("enroll_status", "OPT_OUT"),)}
    assert "degrees_of_freedom_spec" not in creation_request(template(BODY, category="utility"))
