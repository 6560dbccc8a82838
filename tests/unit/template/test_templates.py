"""What may be said: templates are read, checked, rendered and shown as a phone shows them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rulecast.template import (
    MessageTemplate,
    ParameterMissingError,
    check_template,
    choose_language,
    clean_value,
    preview,
    read_parts,
    render_components,
)
from rulecast.template.clean_value import VALUE_LENGTH_MAX
from rulecast.values.fields import FieldInvalidError
from rulecast.values.ids import TemplateId

URL = "https://go.example/l/{{1}}"
STOP = {"type": "QUICK_REPLY", "text": "Stop promotions"}
SHOP = {"type": "URL", "text": "Shop now", "url": URL, "link": "promo"}


def template(
    body: str = "Hello {{name}}, 20% off this week.",
    *,
    header: str = "",
    footer: str = "Reply STOP to unsubscribe",
    buttons: tuple[dict[str, Any], ...] = (),
    category: str = "marketing",
    links: dict[str, str] | None = None,
) -> MessageTemplate:
    components: list[dict[str, Any]] = [{"type": "BODY", "text": body}]
    if header:
        components.append({"type": "HEADER", "format": "TEXT", "text": header})
    if footer:
        components.append({"type": "FOOTER", "text": footer})
    if buttons:
        components.append({"type": "BUTTONS", "buttons": list(buttons)})
    return MessageTemplate(
        template_id=TemplateId(1),
        name="winback",
        language="en",
        category=category,
        status="approved",
        components=tuple(components),
        links={"promo": "https://shop.example/promo"} if links is None else links,
        parts=read_parts(components),
    )


def codes(one: MessageTemplate) -> list[str]:
    return [finding.code for finding in check_template(one)]


def test_a_request_holds_only_what_varies() -> None:
    one = template(header="Sale for {{city}}", buttons=(STOP, SHOP))
    assert render_components(one, {"name": "Asha", "city": "Rabat"}, link_tokens={"promo": "T0ken"}) == [
        {"type": "header", "parameters": [{"type": "text", "parameter_name": "city", "text": "Rabat"}]},
        {"type": "body", "parameters": [{"type": "text", "parameter_name": "name", "text": "Asha"}]},
        {
            "type": "button",
            "sub_type": "quick_reply",
            "index": "0",
            "parameters": [{"type": "payload", "payload": "optout:marketing:v1"}],
        },
        {
            "type": "button",
            "sub_type": "url",
            "index": "1",
            "parameters": [{"type": "text", "text": "T0ken"}],
        },
    ]


def test_numbered_variables_are_sent_in_their_order() -> None:
    one = template("Hi {{2}}, take {{1}} off now.")
    assert render_components(one, {"1": "20%", "2": "Asha"}) == [
        {"type": "body", "parameters": [{"type": "text", "text": "20%"}, {"type": "text", "text": "Asha"}]}
    ]


def test_a_template_without_variables_has_no_components_to_send() -> None:
    assert render_components(template("The sale ends today."), {}) == []


def test_a_missing_value_is_an_error_and_never_an_empty_place() -> None:
    with pytest.raises(ParameterMissingError, match="name"):
        render_components(template(), {})
    with pytest.raises(ParameterMissingError):
        preview(template(), {})
    with pytest.raises(ParameterMissingError, match="promo"):
        render_components(template("Hi.", buttons=(SHOP,)), {})


def test_the_preview_is_what_a_phone_shows() -> None:
    one = template(header="Big sale", buttons=(STOP, SHOP))
    assert preview(one, {"name": "Asha"}) == (
        "Big sale\n\nHello Asha, 20% off this week.\n\nReply STOP to unsubscribe\n\n[ Stop promotions ]\n[ Shop now ]"
    )


def test_values_are_never_evaluated_again() -> None:
    """F92."""
    assert preview(template("Hi {{a}} and {{b}}.", footer=""), {"a": "{{b}}", "b": "x"}) == "Hi {{b}} and x."


@pytest.mark.parametrize(
    ("footer", "buttons", "has_opt_out"),
    [
        ("", (), False),
        ("Maison Atlas", (), False),
        ("Non-stop savings", (), False),
        ("Reply STOP to unsubscribe", (), True),
        ("Répondez ARRÊT", (), True),
        ("للإلغاء أرسل توقف", (), True),
        ("", (STOP,), True),
        ("", ({"type": "QUICK_REPLY", "text": "Thanks", "opt_out": True},), True),
        ("", (SHOP,), False),
    ],
)
def test_a_marketing_template_needs_a_way_out(
    footer: str, buttons: tuple[Any, ...], has_opt_out: bool
) -> None:
    one = template(footer=footer, buttons=buttons)
    assert one.has_opt_out is has_opt_out
    assert ("RT-001" not in codes(one)) is has_opt_out


def test_a_message_about_an_order_needs_none() -> None:
    assert codes(template(footer="", category="utility")) == []


@pytest.mark.parametrize(
    ("one", "code"),
    [
        (template("{{name}}, hello there."), "RT-002"),
        (template("Hello there {{name}}"), "RT-002"),
        (template("Hi {{1}} and {{name}}."), "RT-003"),
        (template("Hi {{1}} and {{3}}."), "RT-004"),
        (template(buttons=({**SHOP, "url": "https://x.example/{{1}}/a"},)), "RT-005"),
        (template(buttons=(SHOP,), links={}), "RT-006"),
        (template(buttons=(STOP, SHOP, {**STOP, "text": "No"})), "RT-007"),
        (template("HURRY UP {{name}}, THE SALE ENDS TODAY."), "RT-101"),
        (template("Hi {{name}}!!!! Come in."), "RT-102"),
        (template("Hi {{name}}, see https://bit.ly/abc now."), "RT-103"),
        (template(links={"promo": "http://shop.example"}), "RT-104"),
        (template("Hi {{name}}, play in our casino tonight."), "RT-105"),
    ],
)
def test_each_finding_has_a_case(one: MessageTemplate, code: str) -> None:
    assert code in codes(one)


def test_a_fine_template_has_no_findings() -> None:
    assert codes(template(buttons=(STOP,))) == []


def test_the_workspace_adds_its_own_words() -> None:
    assert [one.code for one in check_template(template(), forbidden_words=["off this week"])] == ["RT-105"]


@pytest.mark.parametrize(
    ("components", "place"),
    [
        ([], "components"),
        ([{"type": "HEADER", "text": "x"}], "components"),
        ([{"type": "BODY", "text": "x"}, {"type": "BODY", "text": "y"}], "components[2].type"),
        ([{"type": "BODY", "text": "x" * 4097}], "components[1].text"),
        ([{"type": "BODY", "text": "x"}, {"type": "HOLOGRAM"}], "components[2].type"),
        ([{"type": "BODY", "text": "x"}, {"type": "CAROUSEL"}], "components[2].cards"),
        ([{"type": "BODY", "text": "x"}, {"type": "BUTTONS", "buttons": []}], "components[2].buttons"),
        (
            [
                {"type": "BODY", "text": "x"},
                {"type": "BUTTONS", "buttons": [{"type": "LEVER", "text": "y"}]},
            ],
            "components[2].buttons[1].type",
        ),
        ([{"type": "BODY", "text": "x"}, {"type": "FOOTER"}], "components[2].text"),
    ],
)
def test_bad_components_are_refused_with_their_place(components: list[dict[str, Any]], place: str) -> None:
    with pytest.raises(FieldInvalidError) as refused:
        read_parts(components)
    assert refused.value.place == place


def test_the_hash_follows_every_word_and_destination() -> None:
    base = template(buttons=(STOP, SHOP))
    others = [
        template("Hello {{name}}, 30% off this week.", buttons=(STOP, SHOP)),
        template(buttons=(STOP, SHOP), links={"promo": "https://shop.example/other"}),
        template(buttons=(STOP, SHOP), category="utility"),
    ]
    assert len({one.components_hash for one in [base, *others]}) == 4
    assert base.components_hash == template(buttons=(STOP, SHOP)).components_hash


@pytest.mark.parametrize(
    ("wanted", "fallback", "chosen"),
    [
        ("fr", "fr", "fr"),
        ("FR-ca", "fr", "fr"),
        ("pt_BR", None, "pt_BR"),
        ("de", "fr", "fr"),
        ("de", None, None),
        ("und", "en", "en"),
    ],
)
def test_a_person_gets_their_language_or_the_fallback(
    wanted: str, fallback: str | None, chosen: str | None
) -> None:
    assert choose_language(wanted, ("fr", "ar", "en", "pt_BR"), fallback) == chosen


@pytest.mark.parametrize(
    ("raw", "cleaned"),
    [
        ("Asha", "Asha"),
        ("  Asha\n\tBen  Ali ", "Asha Ben Ali"),
        ("A\u200bsha\ufeff", "Asha"),
        ("\u202egnp.exe\u202c", "gnp.exe"),
        ("👩\u200d👧", "👩\u200d👧"),
        ("e\u0301lodie", "élodie"),
        ("", None),
        ("   \u200b", None),
        ("undefined", None),
        ("NaN", None),
        ("{{1}}", None),
        ("x" * (VALUE_LENGTH_MAX + 1), None),
        ("https://evil.example", None),
        ("call wa.me/123", None),
        ("win at evil.com now", None),
        ("J. R. Smith", "J. R. Smith"),
    ],
)
def test_hostile_values_of_people_are_cleaned_or_refused(raw: str, cleaned: str | None) -> None:
    """F92."""
    assert clean_value(raw, from_contact=True) == cleaned


def test_the_company_may_write_a_link_itself() -> None:
    assert clean_value("shop.example.com", from_contact=False) == "shop.example.com"


@given(st.text(max_size=300))
def test_no_cleaned_value_breaks_the_rules_of_whatsapp(raw: str) -> None:
    """F92."""
    cleaned = clean_value(raw, from_contact=True)
    if cleaned is not None:
        assert cleaned
        assert len(cleaned) <= VALUE_LENGTH_MAX
        assert not any(char in cleaned for char in "\n\t\r\u202e\u200b")
        assert "    " not in cleaned
        assert "{{" not in cleaned
        assert clean_value(cleaned, from_contact=True) == cleaned
