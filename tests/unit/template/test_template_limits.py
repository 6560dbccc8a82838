"""Every published limit of a template has a finding, with its place and what to do."""

from collections.abc import Mapping
from typing import Any

import pytest

from rulecast.template import MessageTemplate, TemplateRefusedError, check_template, read_parts
from rulecast.template.check import check_together
from rulecast.template.finding import BY_CODE, KINDS
from rulecast.template.read_parts import read_listed_parts
from rulecast.template.refuse import refuse_bad_templates
from rulecast.values.ids import TemplateId

STOP = {"type": "QUICK_REPLY", "text": "Stop promotions"}
SITE = {"type": "URL", "text": "Shop now", "url": "https://shop.example/s/{{1}}"}
PAGE = {"type": "URL", "text": "Our page", "url": "https://shop.example/"}
CODE = {"type": "COPY_CODE", "example": "SAVE20"}
CALL = {"type": "PHONE_NUMBER", "text": "Call us", "phone_number": "+212522000000"}
OTP = {"type": "OTP", "otp_type": "COPY_CODE"}
BODY = "Hello {{name}}, we have 20% off this week for you."


def header(text: str = "", header_format: str = "TEXT", **more: object) -> dict[str, Any]:
    return {"type": "HEADER", "format": header_format, **({"text": text} if text else {}), **more}


def body(text: str = BODY) -> dict[str, Any]:
    return {"type": "BODY", "text": text}


def footer(text: str = "Reply STOP to unsubscribe") -> dict[str, Any]:
    return {"type": "FOOTER", "text": text}


def buttons(*rows: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "BUTTONS", "buttons": list(rows)}


def offer(text: str = "Ends soon") -> dict[str, Any]:
    return {"type": "LIMITED_TIME_OFFER", "limited_time_offer": {"text": text, "has_expiration": True}}


def card(*rows: Mapping[str, Any], text: str = "", header_format: str = "IMAGE") -> dict[str, Any]:
    parts = [header(header_format=header_format, example={"header_handle": ["4::a"]})]
    parts += [body(text)] if text else []
    return {"components": [*parts, *([buttons(*rows)] if rows else [])]}


def carousel(*cards: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "CAROUSEL", "cards": list(cards)}


def template(*components: Mapping[str, Any], **changed: Any) -> MessageTemplate:
    given: dict[str, Any] = {
        "template_id": TemplateId(1),
        "name": "winback",
        "language": "en",
        "category": "marketing",
        "status": "pending",
        "components": components,
        "links": {},
        "parts": read_parts(components),
    }
    return MessageTemplate(**{**given, **changed})


def code_template(*components: Mapping[str, Any]) -> MessageTemplate:
    return template(*components, category="authentication")


OFFER_BODY = "Hello {{name}}, 20% off for you today. Reply STOP to unsubscribe."
FINE = [
    template(body(), footer()),
    template(header("Sale for {{city}}"), body(), footer(), buttons(PAGE)),
    template(body("مرحبا {{name}}، خصم خاص لك هذا الأسبوع."), buttons({**STOP, "text": "إيقاف"})),
    template(body("尊敬的{{1}} 本周全场八折优惠欢迎光临。"), buttons({**STOP, "text": "退订"})),
    template(body("Your order {{1}} is on its way."), category="utility", ttl_seconds=-1),
    template(body(OFFER_BODY), offer(), buttons(CODE, SITE)),
    template(body(OFFER_BODY), carousel(card(SITE, text="New {{a}} in."), card(SITE, text="Old {{a}} out."))),
    code_template(
        {"type": "BODY", "add_security_recommendation": True},
        {"type": "FOOTER", "code_expiration_minutes": 5},
        buttons(OTP),
    ),
]


@pytest.mark.parametrize("one", FINE)
def test_a_template_within_every_limit_is_not_refused(one: MessageTemplate) -> None:
    found = [finding for finding in check_template(one) if finding.code != "RT-107"]
    assert found == []


CASES: list[tuple[str, str, MessageTemplate]] = [
    ("RT-001", "", template(body())),
    ("RT-002", "body", template(body("{{name}}, hello to you all."), footer())),
    ("RT-002", "cards[1].body", template(body(OFFER_BODY), carousel(card(SITE, text="{{1}} off"), card(SITE)))),
    ("RT-003", "", template(header("Sale {{1}}"), body(), footer())),
    ("RT-004", "body", template(body("Hi {{1}}, take {{3}} off now, today."), footer())),
    ("RT-005", "buttons[1].url", template(body(), footer(), buttons({**SITE, "url": "https://x.example/{{1}}/a"}))),
    ("RT-006", "buttons[1].url", template(body(), footer(), buttons({**SITE, "link": "promo"}))),
    ("RT-007", "buttons", template(body(), buttons(STOP, SITE, {**STOP, "text": "No"}))),
    ("RT-008", "name", template(body(), footer(), name="Winback!")),
    ("RT-008", "name", template(body(), footer(), name="w" * 513)),
    ("RT-009", "language", template(body(), footer(), language="french")),
    ("RT-010", "header", template(header("x" * 61), body(), footer())),
    ("RT-011", "header", template(header("{{a}} and {{b}}"), body(), footer())),
    ("RT-012", "header", template(header("Sale 🎉"), body(), footer())),
    ("RT-012", "header", template(header("*Sale*"), body(), footer())),
    ("RT-012", "header", template(header("Sale\ntoday"), body(), footer())),
    ("RT-013", "body", template(body("x" * 1025), footer())),
    ("RT-014", "footer", template(body(), footer("STOP " + "x" * 56))),
    ("RT-015", "footer", template(body(), footer("STOP, {{name}}"))),
    ("RT-016", "body", template(body("Hello {{a}} {{b}} we have 20% off for you."), footer())),
    ("RT-017", "body", template(body("Hello {{First Name}} we have 20% off."), footer())),
    ("RT-017", "body", template(body("Hello {{$name}} we have 20% off."), footer())),
    ("RT-018", "body", template(body("Hi {{1}}, {{2}} off {{3}} now."), footer())),
    ("RT-019", "body", template(body("Hello\n\n\nworld"), footer())),
    ("RT-019", "body", template(body("Hello     world"), footer())),
    ("RT-020", "buttons", template(body(), buttons(*({**STOP, "text": f"No {n}"} for n in range(11))))),
    ("RT-021", "buttons", template(body(), footer(), buttons(PAGE, SITE, {**PAGE, "text": "Third"}))),
    ("RT-021", "buttons", template(body(), footer(), buttons(CALL, CALL))),
    ("RT-022", "buttons[1].text", template(body(), footer(), buttons({**PAGE, "text": "x" * 26}))),
    ("RT-023", "buttons[1].text", template(body(), footer(), buttons({**PAGE, "text": "Go {{1}}"}))),
    ("RT-023", "buttons[1].text", template(body(), footer(), buttons({**PAGE, "text": "Go 🚀"}))),
    ("RT-024", "buttons[1].url", template(body(), footer(), buttons({**PAGE, "url": "https://x.ma/" + "y" * 2000}))),
    ("RT-025", "buttons[1].url", template(body(), footer(), buttons({**PAGE, "url": "https://wa.me/212600"}))),
    ("RT-025", "buttons[1].url", template(body(), footer(), buttons({**PAGE, "url": "https://chat.whatsapp.com/x"}))),
    ("RT-025", "buttons[1].url", template(body(), footer(), buttons({**PAGE, "url": "javascript:alert(1)"}))),
    ("RT-026", "buttons[1].phone_number", template(body(), footer(), buttons({**CALL, "phone_number": "1" * 21}))),
    ("RT-026", "buttons[1].phone_number", template(body(), footer(), buttons({**CALL, "phone_number": "call"}))),
    ("RT-027", "buttons[1].example", template(body(), footer(), buttons({**CODE, "example": "X" * 16}))),
    ("RT-027", "buttons[1].example", template(body(), footer(), buttons({"type": "COPY_CODE"}))),
    ("RT-028", "category", template(body(OFFER_BODY), offer(), buttons(CODE, SITE), category="utility")),
    ("RT-029", "limited_time_offer.text", template(body(OFFER_BODY), offer("x" * 17), buttons(CODE, SITE))),
    ("RT-030", "footer", template(body(OFFER_BODY), offer(), footer(), buttons(CODE, SITE))),
    ("RT-031", "body", template(body("STOP " + "x " * 300), offer(), buttons(CODE, SITE))),
    ("RT-032", "buttons", template(body(OFFER_BODY), offer(), buttons(SITE, CODE))),
    ("RT-032", "buttons", template(body(OFFER_BODY), offer(), buttons(CODE))),
    ("RT-033", "cards", template(body(OFFER_BODY), carousel(card(SITE)))),
    ("RT-033", "cards", template(body(OFFER_BODY), carousel(*[card(SITE)] * 11))),
    ("RT-034", "cards[2]", template(body(OFFER_BODY), carousel(card(SITE), card(STOP)))),
    ("RT-034", "cards[2]", template(body(OFFER_BODY), carousel(card(SITE, text="New in."), card(SITE)))),
    ("RT-034", "cards[2]", template(body(OFFER_BODY), carousel(card(SITE), card(SITE, header_format="VIDEO")))),
    ("RT-035", "cards[1].body", template(body(OFFER_BODY), carousel(card(SITE, text="x" * 161), card(SITE, text="y")))),
    ("RT-036", "cards[2].buttons", template(body(OFFER_BODY), carousel(card(SITE), card()))),
    ("RT-036", "cards[1].buttons", template(body(OFFER_BODY), carousel(card(STOP, SITE, PAGE), card(SITE)))),
    ("RT-037", "cards[1].header", template(
        body(OFFER_BODY), carousel(card(SITE, header_format="LOCATION"), card(SITE)),
    )),
    ("RT-038", "", code_template(body("Your code is {{1}} today."), buttons(OTP))),
    ("RT-038", "", code_template({"type": "BODY", "add_security_recommendation": True}, buttons(PAGE))),
    ("RT-039", "footer.code_expiration_minutes", code_template(
        {"type": "BODY", "add_security_recommendation": True},
        {"type": "FOOTER", "code_expiration_minutes": 91}, buttons(OTP),
    )),
    ("RT-040", "category", template(body(), footer(), buttons(OTP))),
    ("RT-041", "ttl_seconds", template(body(), footer(), ttl_seconds=600)),
    ("RT-041", "ttl_seconds", template(body(), footer(), ttl_seconds=-1)),
    ("RT-043", "parameter_format", template(body(), footer(), parameter_format="POSITIONAL")),
    ("RT-101", "", template(body("HURRY UP, {{name}}, THE SALE ENDS TODAY."), footer())),
    ("RT-102", "", template(body("Hi {{name}}!!!! Come in to us."), footer())),
    ("RT-103", "", template(body("Hi {{name}}, see https://bit.ly/abc now."), footer())),
    ("RT-104", "links", template(body(), footer(), links={"promo": "http://shop.example"})),
    ("RT-105", "", template(body("Hi {{name}}, play in our casino tonight."), footer())),
    ("RT-106", "buttons", template(body(), buttons(STOP, PAGE))),
    ("RT-107", "limited_time_offer", template(body(OFFER_BODY), offer(), buttons(CODE, SITE))),
    ("RT-108", "header", template(header(header_format="IMAGE"), body(), footer())),
    ("RT-110", "body", template(body("word " * 120), category="utility")),
    ("RT-111", "", template(body(), footer(), parts=read_listed_parts([body(), footer(), {"type": "HOLOGRAM"}]))),
    ("RT-112", "buttons[1].url", template(body(), footer(), buttons({**PAGE, "url": "http://shop.example/"}))),
]  # fmt: skip


@pytest.mark.parametrize(("code", "place", "one"), CASES)
def test_each_limit_is_found_with_its_place(code: str, place: str, one: MessageTemplate) -> None:
    found = {(finding.code, finding.place): finding for finding in check_template(one)}
    assert (code, place) in found
    assert found[code, place].severity == BY_CODE[code].severity
    assert found[code, place].hint


def test_notes_come_last_and_are_no_warnings() -> None:
    one = template(body("HURRY UP, {{name}}, THE SALE ENDS TODAY."), buttons(STOP, PAGE))
    assert [(found.code, found.severity) for found in check_template(one)] == [
        ("RT-101", "warning"),
        ("RT-106", "note"),
    ]


def test_templates_are_looked_at_beside_each_other() -> None:
    same = template(body(), footer(), name="other")
    found = check_together([template(body(), footer()), template(body("Hello."), footer()), same])
    assert {key: [one.code for one in findings] for key, findings in found.items()} == {
        ("winback", "en"): ["RT-042"],
        ("other", "en"): ["RT-109"],
    }


def test_every_kind_of_finding_has_a_case() -> None:
    assert {kind.code for kind in KINDS} - {code for code, _, _ in CASES} == {"RT-042", "RT-109"}


def test_the_rule_for_too_many_variables_can_be_set() -> None:
    one = template(body("Hi {{1}}, {{2}} off {{3}} now."), footer())
    assert "RT-018" not in {finding.code for finding in check_template(one, words_per_variable=0)}
    assert "RT-018" in {finding.code for finding in check_template(FINE[0], words_per_variable=10)}


def test_a_refusal_names_every_place_and_what_to_do() -> None:
    bad = template(header("x" * 61), body("{{name}} hello to you all."), footer(), language="fr")
    with pytest.raises(TemplateRefusedError) as refused:
        refuse_bad_templates([FINE[0], bad], words_per_variable=2)
    assert "winback (fr): RT-002 body: " in refused.value.what
    assert "RT-010 header: " in refused.value.what
    assert "Shorten it" in refused.value.hint
