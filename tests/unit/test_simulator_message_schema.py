"""The form of every message type, judged without a simulator running (platform reference 2.2-2.4)."""

from pathlib import Path
from typing import Any

import pytest
from tests.message_schema import faults_of, load_schema
from tests.simulated_messages import NOT_PUBLISHED, right_requests

from cloud_api_simulator.chance import Chance
from cloud_api_simulator.errors import ApiError
from cloud_api_simulator.media import MediaStore, media_fault
from cloud_api_simulator.message_bodies import MediaReference
from cloud_api_simulator.message_schema import check_message

RIGHT = right_requests()
_INTERACTIVE = ["interactive", "action"]
_REPLY = [*_INTERACTIVE, "buttons", 0, "reply"]
_SECTION = [*_INTERACTIVE, "sections", 0]
_CARD = [*_INTERACTIVE, "cards", 1]
_COMPONENT = ["template", "components", 0]
ABSENT = object()


@pytest.mark.parametrize("name", RIGHT)
def test_a_right_request_of_every_kind_is_taken(name: str) -> None:
    body = RIGHT[name]
    checked = check_message(body)
    assert checked.kind == body.get("type", "read")
    assert checked.digits == (body["to"].strip("+") if "to" in body else None)


@pytest.mark.real_data
@pytest.mark.parametrize("name", [name for name in RIGHT if name not in NOT_PUBLISHED])
def test_a_right_request_passes_the_published_schema(name: str) -> None:
    schema = load_schema()
    assert schema is not None
    assert faults_of(schema, RIGHT[name]) == []


@pytest.mark.parametrize(
    ("name", "path", "value", "code"),
    [
        ("text", ["messaging_product"], ABSENT, 100),
        ("text", ["to"], ABSENT, 100),
        ("text", ["to"], 1, 100),
        ("text", ["to"], "+12", 131009),
        ("text", ["to"], "US.1349", 131009),
        ("text", ["recipient_type"], "group", 131009),
        ("text", ["type"], "poll", 131051),
        ("text", ["type"], 5, 100),
        ("text", ["context"], {"message_id": ""}, 131008),
        ("text", ["context"], "wamid", 100),
        ("text", ["biz_opaque_callback_data"], "x" * 513, 131009),
        ("text", ["recipient_identity_key_hash"], "x" * 129, 131009),
        ("text", ["text"], ABSENT, 131008),
        ("text", ["text", "body"], "", 131008),
        ("text", ["text", "body"], "x" * 4097, 100),
        ("text", ["text", "preview_url"], "yes", 100),
        ("text", ["text", "bdy"], "x", 100),
        ("image", ["image", "id"], ABSENT, 131008),
        ("image", ["image", "link"], "https://a.example/b.jpg", 100),
        ("image", ["image", "caption"], "x" * 1025, 131009),
        ("image by link", ["image", "link"], "ftp://a.example", 100),
        ("audio", ["audio", "caption"], "no", 100),
        ("document", ["document", "filename"], "x" * 241, 131009),
        ("sticker", ["sticker"], [], 100),
        ("reaction", ["reaction", "message_id"], ABSENT, 131008),
        ("reaction", ["reaction", "emoji"], ABSENT, 131008),
        ("reaction", ["reaction", "emoji"], "abc", 131009),
        ("reaction", ["reaction", "emoji"], "\u00e9", 131009),
        ("location", ["location", "latitude"], 91, 131009),
        ("location", ["location", "longitude"], "far", 131009),
        ("contacts", ["contacts"], [], 131009),
        ("contacts", ["contacts", 0, "name", "first_name"], ABSENT, 131008),
        ("contacts", ["contacts", 0, "nick"], "B", 100),
        ("button", [*_INTERACTIVE, "buttons"], [], 131009),
        ("button", [*_REPLY, "title"], "x" * 21, 131009),
        ("button", [*_REPLY, "id"], "x" * 257, 131009),
        ("button", [*_REPLY, "id"], "no", 131009),
        ("button", ["interactive", "body", "text"], "x" * 1025, 131009),
        ("button", ["interactive", "footer", "text"], "x" * 61, 131009),
        ("button", ["interactive", "header", "text"], "x" * 61, 131009),
        ("button", ["interactive", "header", "type"], "sticker", 100),
        ("button", ["interactive", "body"], ABSENT, 131008),
        ("button", ["interactive", "type"], "poll", 100),
        ("list", [*_INTERACTIVE, "button"], "x" * 21, 131009),
        ("list", [*_SECTION, "rows", 0, "title"], "x" * 25, 131009),
        ("list", [*_SECTION, "rows", 0, "description"], "x" * 73, 131009),
        ("list", [*_SECTION, "rows", 0, "id"], "x" * 201, 131009),
        ("list", [*_SECTION, "rows"], [{"id": str(n), "title": "t"} for n in range(11)], 131009),
        ("list", ["interactive", "body", "text"], "x" * 4097, 131009),
        ("list", ["interactive", "header"], {"type": "image", "image": {"id": "1"}}, 100),
        ("cta_url", [*_INTERACTIVE, "parameters", "url"], "example", 100),
        ("cta_url", [*_INTERACTIVE, "parameters", "display_text"], "x" * 21, 131009),
        ("cta_url", [*_INTERACTIVE, "name"], "url", 100),
        ("request_contact_info", [*_INTERACTIVE, "name"], "contact_request", 100),
        ("flow", [*_INTERACTIVE, "parameters", "flow_name"], "too", 131008),
        ("flow", [*_INTERACTIVE, "parameters", "flow_message_version"], "2", 100),
        ("flow", [*_INTERACTIVE, "parameters", "flow_cta"], ABSENT, 131008),
        ("product", [*_INTERACTIVE, "product_retailer_id"], ABSENT, 131008),
        ("product", ["interactive", "header"], {"type": "text", "text": "no"}, 131009),
        ("product_list", ["interactive", "header"], ABSENT, 131008),
        ("product_list", [*_SECTION, "product_items"], [{"product_retailer_id": "S"}] * 31, 131009),
        ("catalog_message", [*_INTERACTIVE, "parameters"], "x", 100),
        ("location_request_message", [*_INTERACTIVE, "name"], ABSENT, 131008),
        ("address_message", [*_INTERACTIVE, "parameters", "country"], "FR", 100),
        ("voice_call", [*_INTERACTIVE, "parameters", "ttl_minutes"], 0, 131009),
        ("call_permission_request", [*_INTERACTIVE, "name"], "call", 100),
        ("carousel", [*_CARD, "card_index"], 5, 131009),
        ("carousel", [*_CARD, "body", "text"], "x" * 161, 131009),
        ("carousel", [*_CARD, "header", "type"], "document", 100),
        ("carousel", [*_CARD, "type"], "product", 131008),
        ("template", ["template", "name"], ABSENT, 131008),
        ("template", ["template", "language"], "fr", 100),
        ("template", ["template", "langauge"], "fr", 100),
        ("template", ["template", "components"], {}, 100),
        ("template", [*_COMPONENT, "type"], ABSENT, 131008),
        ("template", [*_COMPONENT, "type"], "foot", 100),
        ("template", [*_COMPONENT, "parameters", 0, "image"], {}, 131008),
        ("template", ["template", "components", 2, "index"], ABSENT, 131008),
        ("template", ["template", "components", 2, "parameters", 0, "payload"], "x" * 257, 131009),
        ("carousel template", [*_COMPONENT, "cards", 0, "card_index"], ABSENT, 131008),
        ("read", ["message_id"], ABSENT, 131008),
        ("read", ["status"], "delivered", 100),
        ("typing", ["typing_indicator", "type"], "audio", 100),
    ],
)
def test_a_wrong_field_is_refused_with_the_code_of_the_platform(
    name: str, path: list[Any], value: object, code: int
) -> None:
    body = right_requests()[name]
    place: Any = body
    for step in path[:-1]:
        place = place[step]
    if value is ABSENT:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    with pytest.raises(ApiError) as refused:
        check_message(body)
    assert refused.value.code == code


def test_a_phone_wins_over_a_user_id_and_alone_either_will_do() -> None:
    body = right_requests()["text"] | {"recipient": "US.13491208655302741918"}
    assert check_message(body).user_id is None
    del body["to"]
    checked = check_message(body)
    assert (checked.digits, checked.user_id) == (None, "US.13491208655302741918")


def test_the_files_of_a_message_are_found_wherever_they_stand() -> None:
    assert [file.link for file in check_message(RIGHT["button under a picture"]).files] == [
        "https://cdn.example.com/a.jpg"
    ]
    assert [file.media_id for file in check_message(RIGHT["template"]).files] == ["1"]
    assert len(check_message(RIGHT["carousel"]).files) == 2


@pytest.mark.parametrize(("kind", "fits"), [("image", False), ("sticker", True), ("document", True)])
def test_webp_stands_in_no_image(tmp_path: Path, kind: str, fits: bool) -> None:
    store = MediaStore(tmp_path, Chance(1))
    content = b"RIFF\0\0\0\0WEBPVP8 "
    kept = store.keep(content, number_id="1", mime_type="image/webp", filename="", now=0)
    fault = media_fault(store, (MediaReference(kind=kind, media_id=kept.media_id),), 1)
    assert (fault is None) == fits
