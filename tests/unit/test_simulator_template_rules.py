"""The validation table of templates and what a send may fill into them (platform reference 2.3, 6.5, 8.1)."""

from typing import Any

import pytest
from tests.simulated_templates import HANDLE, format_of, submissions

from cloud_api_simulator.errors import ApiError
from cloud_api_simulator.parameters import check_parameters
from cloud_api_simulator.template_review import ReviewRule, ReviewRules
from cloud_api_simulator.template_rules import check_submission
from cloud_api_simulator.templates import Template, read_template

RIGHT = submissions()
_BUTTONS = ["components", 3, "buttons"]
_CARD = ["components", 1, "cards", 0, "components"]


def put(body: dict[str, Any], path: list[Any], value: object) -> dict[str, Any]:
    place: Any = body
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return body


@pytest.mark.parametrize("name", RIGHT)
def test_a_right_template_of_every_shape_is_taken(name: str) -> None:
    check_submission(RIGHT[name], format_of)


@pytest.mark.parametrize(
    ("name", "path", "value", "subcode"),
    [
        ("positional", ["name"], "Promo", None),
        ("positional", ["name"], "x" * 513, None),
        ("positional", ["language"], "english", None),
        ("positional", ["category"], "NEWS", None),
        ("positional", ["parameter_format"], "ORDERED", None),
        ("positional", ["components"], "x", None),
        ("positional", ["components"], [], 2388043),
        ("positional", ["components", 0, "type"], "HEAD", None),
        ("positional", ["components", 0, "format"], "AUDIO", None),
        ("positional", ["components", 0, "text"], "x" * 61, 2388040),
        ("positional", ["components", 0, "text"], "*Sale*", 2388047),
        ("positional", ["components", 0, "text"], "Sale \U0001f600", 2388047),
        ("positional", ["components", 0, "text"], "{{1}} and {{2}}", 2388047),
        ("positional", ["components", 0, "example"], {}, 2388043),
        ("positional", ["components", 1, "text"], "x" * 1025, 2388040),
        ("positional", ["components", 1, "text"], "Come\n\n\nhere", 2388072),
        ("positional", ["components", 1, "text"], "Hi {{2}} and welcome to us {{3}} here", 2388072),
        ("positional", ["components", 1, "text"], "Hi {{1}} {{2}} and welcome to us here", 2388072),
        ("positional", ["components", 1, "text"], "Hi {{first}} and welcome to us here", 2388072),
        ("positional", ["components", 1, "text"], "{{1}}, come and see us {{2}} soon", 2388299),
        ("positional", ["components", 1, "text"], "Come and see us, {{1}} or {{2}}", 2388299),
        ("positional", ["components", 1, "text"], "a {{1}} b{{2}}c", 2388293),
        ("positional", ["components", 1, "example"], {"body_text": [["Pablo"]]}, 2388043),
        ("positional", ["components", 2, "text"], "x" * 61, 2388040),
        ("positional", ["components", 2, "text"], "For {{1}} now", 2388073),
        ("positional", [*_BUTTONS, 0, "text"], "x" * 26, 2388040),
        ("positional", [*_BUTTONS, 0, "text"], "Stop {{1}}", None),
        ("positional", [*_BUTTONS, 0, "type"], "SHOUT", None),
        ("positional", [*_BUTTONS, 1, "url"], "https://wa.me/1555", None),
        ("positional", [*_BUTTONS, 1, "url"], "https://a.example/{{1}}/b", None),
        ("positional", [*_BUTTONS, 1, "example"], None, 2388043),
        ("positional", ["message_send_ttl_seconds"], 60, None),
        ("named", ["components", 0, "text"], "Hi {{First}}, come and see us.", 2388072),
        ("picture", ["components", 0, "example"], {"header_handle": ["4::foreign"]}, 2494102),
        ("picture", ["components", 0, "format"], "VIDEO", 2494102),
        ("picture", ["components", 0, "example"], None, 2388043),
        ("offer", ["category"], "UTILITY", None),
        ("offer", ["components", 0, "limited_time_offer", "text"], "x" * 17, 2388040),
        ("offer", ["components", 1, "text"], "x" * 601, 2388040),
        ("carousel", ["components", 1, "cards"], [], None),
        ("carousel", [*_CARD, 1, "text"], "x" * 161, 2388040),
        ("carousel", [*_CARD, 0, "format"], "TEXT", None),
        ("utility", ["message_send_ttl_seconds"], 43_201, None),
        ("code", ["components", 0, "text"], "My own words", None),
        ("code", ["components", 1, "code_expiration_minutes"], 91, None),
        ("code", ["components", 2, "buttons", 0, "otp_type"], "SING", None),
        ("code", ["message_send_ttl_seconds"], 901, None),
    ],
)
def test_a_wrong_template_is_refused_with_the_subcode_of_the_platform(
    name: str, path: list[Any], value: object, subcode: int | None
) -> None:
    body = put(submissions()[name], path, value)
    with pytest.raises(ApiError) as refused:
        check_submission(body, format_of)
    assert (refused.value.code, refused.value.subcode) == (100, subcode)


def test_buttons_have_counts_and_an_order() -> None:
    reply, link = RIGHT["positional"]["components"][3]["buttons"]
    for buttons in ([link] * 3, [reply] * 11, [], [reply, link, reply]):
        with pytest.raises(ApiError):
            check_submission(put(submissions()["positional"], _BUTTONS, buttons), format_of)
    check_submission(put(submissions()["positional"], _BUTTONS, [link, link, reply]), format_of)


def test_all_cards_have_one_structure() -> None:
    body = submissions()["carousel"]
    first = body["components"][1]["cards"][0]
    body["components"][1]["cards"][1] = {"components": [first["components"][0], first["components"][2]]}
    with pytest.raises(ApiError):
        check_submission(body, format_of)


def test_utility_that_reads_as_marketing_is_approved_as_marketing() -> None:
    rules = ReviewRules()
    assert rules.category_of("UTILITY", "Your order is on its way", ReviewRule()) == "UTILITY"
    assert rules.category_of("UTILITY", "Get 20% discount today", ReviewRule()) == "MARKETING"
    assert rules.category_of("MARKETING", "Your order", ReviewRule(category="UTILITY")) == "UTILITY"


def made(name: str) -> Template:
    return read_template(submissions()[name], template_id="1", status="APPROVED")


def header(kind: str, content: dict[str, Any]) -> dict[str, Any]:
    return {"type": "header", "parameters": [{"type": kind, kind: content}]}


def body(*texts: str) -> dict[str, Any]:
    return {"type": "body", "parameters": [{"type": "text", "text": text} for text in texts]}


def button(sub_type: str, index: int, **parameter: Any) -> dict[str, Any]:
    return {"type": "button", "sub_type": sub_type, "index": str(index), "parameters": [parameter]}


def card(position: int, *components: dict[str, Any]) -> dict[str, Any]:
    filled = components or (
        header("image", {"id": "1"}),
        body("Sunday"),
        button("url", 1, type="text", text="ALOE"),
    )
    return {"card_index": position, "components": list(filled)}


def cards(*rows: dict[str, Any]) -> dict[str, Any]:
    return {"type": "carousel", "cards": list(rows)}


def offer(ends: object) -> dict[str, Any]:
    limited = {"type": "limited_time_offer", "limited_time_offer": {"expiration_time_ms": ends}}
    return {"type": "limited_time_offer", "parameters": [limited]}


COUPON = button("copy_code", 0, type="coupon_code", coupon_code="25OFF")
LINK = button("url", 1, type="text", text="x")
CODE = button("url", 0, type="text", text="123456")


@pytest.mark.parametrize(
    ("name", "components", "code"),
    [
        ("picture", [header("image", {"id": "1"})], None),
        ("picture", [header("video", {"id": "1"})], 132012),
        ("picture", [], 132012),
        ("location", [header("location", {"latitude": "1", "longitude": "2"})], None),
        ("location", [], 132012),
        ("offer", [offer(1735689600000), COUPON, LINK], None),
        ("offer", [offer(1735689600), COUPON, LINK], 131009),
        ("offer", [COUPON, LINK], 131008),
        ("offer", [offer(1735689600000), LINK], 131008),
        ("carousel", [cards(card(0), card(1))], None),
        ("carousel", [cards(card(0))], 132012),
        ("carousel", [], 132012),
        ("carousel", [cards(card(0), card(1, header("image", {"id": "1"})))], 132000),
        ("carousel", [cards(card(0), card(1, header("image", {"id": "1"}), body("Sunday")))], 131008),
        ("picture", [header("image", {"id": "1"}), cards(card(0), card(1))], 132012),
        ("code", [body("123456"), CODE], None),
        ("code", [body("123456")], 131008),
        ("code", [body("654321"), CODE], 132018),
        ("code", [body("1" * 16), CODE], 132018),
        ("utility", [body("12"), button("quick_reply", 0, type="payload", payload="x")], 132012),
    ],
)
def test_a_send_fills_what_the_template_has(
    name: str, components: list[dict[str, Any]], code: int | None
) -> None:
    template = made(name)
    if code is None:
        check_parameters(template, components)
        return
    with pytest.raises(ApiError) as refused:
        check_parameters(template, components)
    assert refused.value.code == code


def test_a_gif_header_is_for_the_marketing_api_alone() -> None:
    row = put(submissions()["picture"], ["components", 0, "format"], "GIF")
    template = read_template(row, template_id="1", status="APPROVED")
    given = [header("gif", {"id": "1"})]
    check_parameters(template, given, lite=True)
    with pytest.raises(ApiError):
        check_parameters(template, given)
    assert HANDLE in str(row)
