"""Every component of a template message, as the platform wants it, with the person's values in place."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.message_schema import faults_of, load_schema

from cloud_api_simulator.message_schema import check_message
from rulecast.template import MessageTemplate, ParameterMissingError, read_parts, render_components
from rulecast.template.messages import MediaHandle, MessageInvalidError, message_request, template_message
from rulecast.template.render_components import PAYLOAD_LENGTH_MAX, expiration_ms, reply_payload
from rulecast.values.ids import OpaqueId, TemplateId
from rulecast.values.phone import PhoneNumber
from rulecast.values.recipient import Recipient

PHOTO = MediaHandle(media_id="2762702990552401")
BODY = {"type": "BODY", "text": "Bonjour {{name}}, voici."}


def template(
    *components: dict[str, Any], name: str = "winback", category: str = "marketing"
) -> MessageTemplate:
    given = [*components] if any(one["type"] == "BODY" for one in components) else [BODY, *components]
    return MessageTemplate(
        template_id=TemplateId(1),
        name=name,
        language="fr",
        category=category,
        status="approved",
        components=tuple(given),
        links={"promo": "https://shop.example/promo"},
        parts=read_parts(given),
    )


def buttons(*given: dict[str, Any]) -> dict[str, Any]:
    return {"type": "BUTTONS", "buttons": list(given)}


def header(header_format: str, **fields: Any) -> dict[str, Any]:
    return {"type": "HEADER", "format": header_format, **fields}


def button(sub_type: str, parameter: dict[str, Any], *, index: int = 0) -> dict[str, Any]:
    return {"type": "button", "sub_type": sub_type, "index": str(index), "parameters": [parameter]}


ASHA_BODY = {"type": "body", "parameters": [{"type": "text", "parameter_name": "name", "text": "Asha"}]}
CASES: dict[str, tuple[MessageTemplate, dict[str, Any], list[dict[str, Any]]]] = {
    "image header": (
        template(header("IMAGE")),
        {"header": PHOTO},
        [{"type": "header", "parameters": [{"type": "image", "image": {"id": PHOTO.media_id}}]}, ASHA_BODY],
    ),
    "video header": (
        template(header("VIDEO")),
        {"header": PHOTO},
        [{"type": "header", "parameters": [{"type": "video", "video": {"id": PHOTO.media_id}}]}, ASHA_BODY],
    ),
    "document header": (
        template(header("DOCUMENT")),
        {"header": MediaHandle(media_id="7", filename="invoice.pdf")},
        [
            {
                "type": "header",
                "parameters": [{"type": "document", "document": {"id": "7", "filename": "invoice.pdf"}}],
            },
            ASHA_BODY,
        ],
    ),
    "location header": (
        template(header("LOCATION")),
        {
            "header_latitude": "33.5731",
            "header_longitude": "-7.5898",
            "header_name": "Shop",
            "header_address": "1 Main St",
        },
        [
            {
                "type": "header",
                "parameters": [
                    {
                        "type": "location",
                        "location": {
                            "latitude": "33.5731",
                            "longitude": "-7.5898",
                            "name": "Shop",
                            "address": "1 Main St",
                        },
                    }
                ],
            },
            ASHA_BODY,
        ],
    ),
    "product header": (
        template(header("PRODUCT")),
        {"header_product": "SKU1", "header_catalog": "194836987003835"},
        [
            {
                "type": "header",
                "parameters": [
                    {
                        "type": "product",
                        "product": {"product_retailer_id": "SKU1", "catalog_id": "194836987003835"},
                    }
                ],
            },
            ASHA_BODY,
        ],
    ),
    "named variables": (
        template({"type": "BODY", "text": "{{name}} in {{city}}, {{name}}!"}),
        {"city": "Rabat"},
        [
            {
                "type": "body",
                "parameters": [
                    {"type": "text", "parameter_name": "name", "text": "Asha"},
                    {"type": "text", "parameter_name": "city", "text": "Rabat"},
                ],
            }
        ],
    ),
    "numbered variables": (
        template({"type": "BODY", "text": "{{2}} in {{1}}."}),
        {"1": "Rabat", "2": "Asha"},
        [
            {
                "type": "body",
                "parameters": [{"type": "text", "text": "Rabat"}, {"type": "text", "text": "Asha"}],
            }
        ],
    ),
    "quick replies": (
        template(
            buttons(
                {"type": "QUICK_REPLY", "text": "Later"},
                {"type": "QUICK_REPLY", "text": "STOP", "opt_out": True},
            )
        ),
        {},
        [
            ASHA_BODY,
            button("quick_reply", {"type": "payload", "payload": "reply:winback:0"}),
            button("quick_reply", {"type": "payload", "payload": "optout:marketing:v1"}, index=1),
        ],
    ),
    "end of a URL, escaped": (
        template(
            buttons(
                {"type": "PHONE_NUMBER", "text": "Call", "phone_number": "+212522000000"},
                {"type": "URL", "text": "Look", "url": "https://shop.example/{{1}}"},
            )
        ),
        {"url2": "été/à%205 %"},
        [ASHA_BODY, button("url", {"type": "text", "text": "%C3%A9t%C3%A9/%C3%A0%205%20%25"}, index=1)],
    ),
    "link": (
        template(
            buttons({"type": "URL", "text": "Look", "url": "https://go.example/l/{{1}}", "link": "promo"})
        ),
        {},
        [ASHA_BODY, button("url", {"type": "text", "text": "T0ken"})],
    ),
    "code to copy": (
        template(buttons({"type": "COPY_CODE", "example": "25OFF"})),
        {"coupon_code": "SAVE20"},
        [ASHA_BODY, button("copy_code", {"type": "coupon_code", "coupon_code": "SAVE20"})],
    ),
    "flow": (
        template(buttons({"type": "FLOW", "text": "Start", "flow_id": "1"})),
        {},
        [ASHA_BODY, button("flow", {"type": "action", "action": {"flow_token": "0paque"}})],
    ),
    "catalogue": (
        template(buttons({"type": "CATALOG", "text": "View catalog"})),
        {"catalog_product": "SKU1"},
        [
            ASHA_BODY,
            button("catalog", {"type": "action", "action": {"thumbnail_product_retailer_id": "SKU1"}}),
        ],
    ),
    "catalogue with its own picture": (template(buttons({"type": "CATALOG"})), {}, [ASHA_BODY]),
    "products": (
        template(buttons({"type": "MPM", "text": "View items"})),
        {"products": "Popular: SKU1, SKU2; New: SKU3"},
        [
            ASHA_BODY,
            button(
                "mpm",
                {
                    "type": "action",
                    "action": {
                        "thumbnail_product_retailer_id": "SKU1",
                        "sections": [
                            {
                                "title": "Popular",
                                "product_items": [
                                    {"product_retailer_id": "SKU1"},
                                    {"product_retailer_id": "SKU2"},
                                ],
                            },
                            {"title": "New", "product_items": [{"product_retailer_id": "SKU3"}]},
                        ],
                    },
                },
            ),
        ],
    ),
    "offer that ends": (
        template(
            {
                "type": "LIMITED_TIME_OFFER",
                "limited_time_offer": {"text": "Ends soon", "has_expiration": True},
            },
            buttons({"type": "COPY_CODE", "example": "25OFF"}),
        ),
        {"offer_expires_at": "2026-12-31T23:59:00+01:00", "coupon_code": "SAVE20"},
        [
            ASHA_BODY,
            {
                "type": "limited_time_offer",
                "parameters": [
                    {
                        "type": "limited_time_offer",
                        "limited_time_offer": {"expiration_time_ms": 1798757940000},
                    }
                ],
            },
            button("copy_code", {"type": "coupon_code", "coupon_code": "SAVE20"}),
        ],
    ),
    "carousel": (
        template(
            {
                "type": "CAROUSEL",
                "cards": [
                    {
                        "components": [
                            header("IMAGE"),
                            {"type": "BODY", "text": "{{1}} off"},
                            buttons(
                                {"type": "QUICK_REPLY", "text": "More"},
                                {"type": "URL", "text": "Buy", "url": "https://shop.example/{{1}}"},
                            ),
                        ]
                    }
                    for _ in range(2)
                ],
            }
        ),
        {
            f"card{number}_{name}": value
            for number in (1, 2)
            for name, value in {"header": PHOTO, "1": f"{number}0%", "url2": f"BLUE{number}"}.items()
        },
        [
            ASHA_BODY,
            {
                "type": "carousel",
                "cards": [
                    {
                        "card_index": number - 1,
                        "components": [
                            {
                                "type": "header",
                                "parameters": [{"type": "image", "image": {"id": PHOTO.media_id}}],
                            },
                            {"type": "body", "parameters": [{"type": "text", "text": f"{number}0%"}]},
                            button(
                                "quick_reply", {"type": "payload", "payload": f"reply:winback:{number}:0"}
                            ),
                            button("url", {"type": "text", "text": f"BLUE{number}"}, index=1),
                        ],
                    }
                    for number in (1, 2)
                ],
            },
        ],
    ),
    "one-time code, passed twice": (
        template(
            {"type": "BODY", "add_security_recommendation": True},
            {"type": "FOOTER", "code_expiration_minutes": 10},
            buttons({"type": "OTP", "otp_type": "COPY_CODE", "text": "Copy"}),
            category="authentication",
        ),
        {"1": "123456"},
        [
            {"type": "body", "parameters": [{"type": "text", "text": "123456"}]},
            button("url", {"type": "text", "text": "123456"}),
        ],
    ),
}


def rendered(name: str) -> list[dict[str, Any]]:
    one, values, _ = CASES[name]
    return render_components(
        one, {"name": "Asha", **values}, link_tokens={"promo": "T0ken"}, flow_token="0paque"
    )


@pytest.mark.parametrize("name", CASES)
def test_every_component_is_what_the_platform_takes(name: str) -> None:
    one, values, expected = CASES[name]
    assert rendered(name) == expected
    # What the template says it needs is what the rendering asks for.
    assert set(one.parameters) <= {"name", *values}
    body = json.loads(json.dumps(request(name)))
    assert check_message(body).template_name == "winback"


@pytest.mark.real_data
@pytest.mark.parametrize("name", CASES)
def test_every_component_passes_the_published_schema(name: str) -> None:
    schema = load_schema()
    assert schema is not None
    assert faults_of(schema, json.loads(json.dumps(request(name)))) == []


def request(name: str) -> dict[str, Any]:
    one = CASES[name][0]
    content = template_message(one.name, one.language, rendered(name), category=one.category)
    recipient = Recipient(phone=PhoneNumber("+212612345678"))
    return message_request(content, recipient, opaque_id=OpaqueId(bytes(16)))


@pytest.mark.parametrize("name", [name for name, (one, _, _) in CASES.items() if one.parameters])
def test_each_value_that_is_not_there_is_named(name: str) -> None:
    one, values, _ = CASES[name]
    for missing in one.parameters:
        given = {key: value for key, value in {"name": "Asha", **values}.items() if key != missing}
        with pytest.raises(ParameterMissingError, match=f"`{missing}`"):
            render_components(one, given, link_tokens={"promo": "T0ken"}, flow_token="0paque")


@pytest.mark.parametrize("header_format", ["IMAGE", "VIDEO", "GIF", "DOCUMENT"])
def test_a_media_header_without_its_upload_is_an_error_f132012(header_format: str) -> None:
    one = template(header(header_format))
    for values in ({}, {"header": "https://scontent.example/example.jpg"}):
        with pytest.raises(ParameterMissingError, match="no upload for `header`"):
            render_components(one, {"name": "Asha", **values})


def test_the_end_of_an_offer_is_in_milliseconds() -> None:
    end = datetime(2025, 1, 1, tzinfo=UTC)
    assert expiration_ms(end.isoformat()) == 1735689600000 == round(end.timestamp()) * 1000
    for wrong in ("2026-12-31", "2026-12-31T23:59:00", "1735689600", "soon"):
        with pytest.raises(MessageInvalidError, match="offer_expires_at"):
            expiration_ms(wrong)


def test_payloads_of_replies_are_short_and_distinct() -> None:
    assert len(reply_payload("x" * 512, 9, card=10)) == PAYLOAD_LENGTH_MAX
    assert (
        len({reply_payload("x" * 512, place, card=card) for place in range(10) for card in range(11)}) == 110
    )


@pytest.mark.parametrize("value", ["a\nb", "a\tb", "a     b", " ", "\u00a0"])
def test_what_meta_refuses_inside_a_text_is_refused_before(value: str) -> None:
    with pytest.raises((MessageInvalidError, ParameterMissingError), match="name"):
        render_components(template(), {"name": value})


def test_a_text_is_measured_with_its_values_in_place() -> None:
    fixed = "Bonjour , voici."
    assert render_components(template(), {"name": "x" * (1024 - len(fixed))})
    with pytest.raises(MessageInvalidError, match="body: 1025 characters"):
        render_components(template(), {"name": "x" * (1025 - len(fixed))})
    twice = template({"type": "BODY", "text": "a {{name}} {{name}} b"})
    with pytest.raises(MessageInvalidError, match="body: 1025 characters"):
        render_components(twice, {"name": "x" * 510})
    with pytest.raises(MessageInvalidError, match="header: 61 characters"):
        render_components(template(header("TEXT", text="Sale {{city}}")), {"name": "A", "city": "x" * 56})


@pytest.mark.parametrize(
    ("name", "value", "place"),
    [
        ("code to copy", {"coupon_code": "x" * 16}, "coupon_code"),
        ("one-time code, passed twice", {"1": "1" * 16}, "1"),
        ("products", {"products": "SKU1"}, r"products\[1\].title"),
        ("products", {"products": "A: SKU1, SKU1"}, "products"),
        ("products", {"products": "A: " + ",".join(map(str, range(31)))}, "products"),
        ("location header", {"header_latitude": "north"}, "header"),
        ("location header", {"header_latitude": "91"}, "header"),
    ],
)
def test_a_value_that_cannot_be_sent_names_its_place(name: str, value: dict[str, str], place: str) -> None:
    one, values, _ = CASES[name]
    with pytest.raises(MessageInvalidError, match=place):
        render_components(one, {"name": "Asha", **values, **value})
