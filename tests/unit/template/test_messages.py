"""Bodies of requests: each kind as the platform wants it, each limit named when it is crossed, no address mixed up."""

import base64
import json
from collections.abc import Callable
from functools import partial

import pytest
from tests.message_schema import faults_of, load_schema

from cloud_api_simulator.message_schema import check_message
from rulecast.template.messages import (
    Content,
    MediaHandle,
    MessageInvalidError,
    PhoneRequiredError,
    marketing_request,
    message_request,
    read_receipt,
    template_message,
    text_message,
)
from rulecast.template.messages.contacts import ContactCard, contacts_message
from rulecast.template.messages.interactive import (
    Frame,
    ReplyButton,
    Row,
    Section,
    buttons_message,
    link_message,
    list_message,
    number_request_message,
)
from rulecast.template.messages.location import location_message
from rulecast.template.messages.media import media_message
from rulecast.template.messages.reaction import reaction_message
from rulecast.template.messages.request import CREATIVE_FEATURES
from rulecast.values.ids import OpaqueId
from rulecast.values.phone import PhoneNumber
from rulecast.values.recipient import Bsuid, Recipient, recipient_of

OPAQUE = OpaqueId(bytes(range(16)))
ASHA = Recipient(phone=PhoneNumber("+212612345678"))
CHITRA = Recipient(bsuid=Bsuid("MA.13491208655302741918"))
WAMID = "wamid.HBgLMTY1MDU1NTEyMzQ="
PHOTO = MediaHandle(media_id="2762702990552401")
FRAME = Frame(body="Which size?", footer="Reply STOP to unsubscribe")
CARD = ContactCard(name="Deepa Adviser", phones=(PhoneNumber("+212522000000"),), email="d@shop.example")

SOUND: dict[str, Callable[[], Content]] = {
    "text": lambda: text_message("Bonjour", preview_url=True),
    "longest text": lambda: text_message("x" * 4096),
    "image": lambda: media_message("image", PHOTO, caption="x" * 1024),
    "video by address": lambda: media_message("video", "https://cdn.shop.example/v.mp4?size=1"),
    "audio": lambda: media_message("audio", PHOTO),
    "document": lambda: media_message("document", MediaHandle(media_id="1", filename="invoice.pdf")),
    "sticker": lambda: media_message("sticker", PHOTO),
    "reaction": lambda: reaction_message(WAMID, "👍🏽"),
    **{
        f"emoji {shown!a}": partial(reaction_message, WAMID, shown)
        for shown in (
            "\u2764",
            "\u2764\ufe0f",
            "\u2139",
            "3\ufe0f\u20e3",
            "🇲🇦",
            "👩🏽\u200d❤️\u200d💋\u200d👨🏿",
            "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
        )
    },
    "reaction taken back": lambda: reaction_message(WAMID, ""),
    "location": lambda: location_message(33.5731, -7.5898, name="Shop", address="1 Main St"),
    "contacts": lambda: contacts_message((CARD,)),
    "buttons": lambda: buttons_message(
        FRAME, [ReplyButton(reply_id=f"size:{one}", title=f"Size {one}") for one in "SML"]
    ),
    "buttons under an image": lambda: buttons_message(
        Frame(body="Which?", header_medium=("image", PHOTO)), [ReplyButton(reply_id="a", title="This")]
    ),
    "list": lambda: list_message(
        Frame(body="x" * 1024, header="Sizes"),
        button="Choose",
        sections=[
            Section(title="Small", rows=(Row(row_id="s", title="S", description="x" * 72),)),
            Section(title="Large", rows=tuple(Row(row_id=f"l{n}", title=f"L{n}") for n in range(9))),
        ],
    ),
    "link": lambda: link_message(FRAME, title="See", url="https://shop.example/s?a=1"),
    "number request": lambda: number_request_message(Frame(body="May we have your number?")),
    "template": lambda: template_message("winback", "fr", [], category="marketing"),
}


@pytest.mark.parametrize("name", SOUND)
def test_every_kind_of_message_is_what_the_platform_takes(name: str) -> None:
    content = SOUND[name]()
    body = message_request(content, ASHA, opaque_id=OPAQUE, quotes=WAMID)
    assert body["to"] == "+212612345678"
    assert "recipient" not in body
    assert body["context"] == {"message_id": WAMID}
    opaque = str(body["biz_opaque_callback_data"])
    assert base64.urlsafe_b64decode(opaque + "==") == OPAQUE
    assert check_message(json.loads(json.dumps(body))).opaque == opaque


@pytest.mark.real_data
@pytest.mark.parametrize("name", SOUND)
def test_every_kind_of_message_passes_the_published_schema(name: str) -> None:
    schema = load_schema()
    assert schema is not None
    body = json.loads(json.dumps(message_request(SOUND[name](), ASHA, opaque_id=OPAQUE)))
    assert faults_of(schema, body) == []


WRONG: dict[str, tuple[Callable[[], object], str]] = {
    "blank text": (lambda: text_message(" \n"), "text.body"),
    "long text": (lambda: text_message("x" * 4097), "text.body"),
    "NUL": (lambda: text_message("a\0b"), "text.body"),
    "caption of a sound": (lambda: media_message("audio", PHOTO, caption="x"), "audio.caption"),
    "long caption": (lambda: media_message("image", PHOTO, caption="x" * 1025), "image.caption"),
    "name of an image": (
        lambda: media_message("image", MediaHandle(media_id="1", filename="a.png")),
        "image.filename",
    ),
    "address of another kind": (lambda: media_message("image", "ftp://shop.example/a.png"), "image.link"),
    "no medium": (lambda: media_message("image", MediaHandle(media_id=" ")), "media.id"),
    "word as reaction": (lambda: reaction_message(WAMID, "ok"), "reaction.emoji"),
    "letter as reaction": (lambda: reaction_message(WAMID, "é"), "reaction.emoji"),
    **{
        f"no emoji: {shown!a}": (partial(reaction_message, WAMID, shown), "reaction.emoji")
        for shown in ("€", "\u0661", "1", "👍👍👍", "👍 ", "👍!", "🇲🇦🇲🇦", "🇲", "\u202e", "\ufe0f", "👍\u200d")
    },
    "reaction to nothing": (lambda: reaction_message("", "👍"), "reaction.message_id"),
    "off the globe": (lambda: location_message(91, 0), "location"),
    "address without a name": (lambda: location_message(1, 1, address="x"), "location.name"),
    "no card": (lambda: contacts_message(()), "contacts"),
    "card without number": (
        lambda: contacts_message((ContactCard(name="D", phones=()),)),
        "contacts[1].phones",
    ),
    "no button": (lambda: buttons_message(FRAME, []), "buttons"),
    "four buttons": (
        lambda: buttons_message(FRAME, [ReplyButton(reply_id=one, title=one) for one in "abcd"]),
        "buttons",
    ),
    "two buttons of one id": (
        lambda: buttons_message(FRAME, [ReplyButton(reply_id="a", title=one) for one in "ab"]),
        "buttons.id",
    ),
    "two buttons of one title": (
        lambda: buttons_message(FRAME, [ReplyButton(reply_id=one, title="a") for one in "ab"]),
        "buttons.title",
    ),
    "long button": (
        lambda: buttons_message(FRAME, [ReplyButton(reply_id="a", title="x" * 21)]),
        "buttons[1].title",
    ),
    "long button id": (
        lambda: buttons_message(FRAME, [ReplyButton(reply_id="x" * 257, title="a")]),
        "buttons[1].id",
    ),
    "long body": (lambda: number_request_message(Frame(body="x" * 1025)), "body"),
    "long footer": (lambda: number_request_message(Frame(body="x", footer="x" * 61)), "footer"),
    "long header": (lambda: number_request_message(Frame(body="x", header="x" * 61)), "header"),
    "two headers": (
        lambda: number_request_message(Frame(body="x", header="x", header_medium=("image", PHOTO))),
        "header",
    ),
    "sticker as header": (
        lambda: number_request_message(Frame(body="x", header_medium=("sticker", PHOTO))),
        "header",
    ),
    "list under an image": (
        lambda: list_message(
            Frame(body="x", header_medium=("image", PHOTO)),
            button="x",
            sections=[Section(rows=(Row(row_id="a", title="a"),))],
        ),
        "header",
    ),
    "eleven rows": (
        lambda: list_message(
            FRAME,
            button="x",
            sections=[
                Section(title=t, rows=tuple(Row(row_id=f"{t}{n}", title="a") for n in range(6))) for t in "ab"
            ],
        ),
        "rows",
    ),
    "sections without headings": (
        lambda: list_message(
            FRAME, button="x", sections=[Section(rows=(Row(row_id=one, title=one),)) for one in "ab"]
        ),
        "sections[1].title",
    ),
    "long description": (
        lambda: list_message(
            FRAME,
            button="x",
            sections=[Section(rows=(Row(row_id="a", title="a", description="x" * 73),))],
        ),
        "sections[1].rows[1].description",
    ),
    "long link title": (lambda: link_message(FRAME, title="x" * 21, url="https://a.example"), "title"),
    "link to nowhere": (lambda: link_message(FRAME, title="x", url="a.example"), "url"),
    "template without a name": (lambda: template_message("", "fr", [], category="utility"), "template.name"),
    "receipt of nothing": (lambda: read_receipt(""), "message_id"),
    "quote of nothing": (
        lambda: message_request(text_message("x"), ASHA, opaque_id=OPAQUE, quotes=" "),
        "quotes",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_every_limit_is_an_error_that_names_the_field_and_hides_the_value(name: str) -> None:
    make, place = WRONG[name]
    with pytest.raises(MessageInvalidError) as caught:
        make()
    assert caught.value.place == place
    assert "xxx" not in str(caught.value)


def test_a_bsuid_goes_into_recipient_and_never_into_to() -> None:
    body = message_request(text_message("x"), CHITRA, opaque_id=OPAQUE)
    assert body["recipient"] == "MA.13491208655302741918"
    assert "to" not in body
    both = Recipient(phone=ASHA.phone, bsuid=CHITRA.bsuid)
    assert message_request(text_message("x"), both, opaque_id=OPAQUE).keys() & {"to", "recipient"} == {"to"}
    with pytest.raises(ValueError, match=r"E\.164"):
        recipient_of("phone", "MA.13491208655302741918")
    with pytest.raises(ValueError, match="BSUID"):
        recipient_of("bsuid", "+212612345678")
    with pytest.raises(ValueError, match=r"E\.164"):
        PhoneNumber("212612345678")
    with pytest.raises(ValueError, match="phone number or a BSUID"):
        Recipient()


def test_a_bsuid_tells_its_country_and_hides_itself() -> None:
    parent = Bsuid("US.ENT.11815799212886844830")
    assert (parent.country, parent.is_parent) == ("US", True)
    assert (CHITRA.bsuid is not None and CHITRA.bsuid.country, CHITRA.bsuid.is_parent) == ("MA", False)
    assert "1349" not in f"{CHITRA} {CHITRA!r} {CHITRA.bsuid}"
    assert "345678" not in f"{ASHA!r} {text_message('+212612345678')!r}"


def test_a_one_time_code_is_refused_for_a_bsuid_131062() -> None:
    code = template_message("verify", "en", [], category="authentication")
    assert message_request(code, ASHA, opaque_id=OPAQUE)["to"]
    with pytest.raises(PhoneRequiredError):
        message_request(code, CHITRA, opaque_id=OPAQUE)


def test_the_marketing_edge_is_told_no_to_everything_beyond_delivering() -> None:
    request = message_request(
        template_message("winback", "fr", [], category="marketing"), ASHA, opaque_id=OPAQUE
    )
    body = marketing_request(request)
    assert {name: body[name] for name in request} == request
    assert body["message_activity_sharing"] is False
    assert body["product_policy"] == "CLOUD_API_FALLBACK"
    assert body["degrees_of_freedom_spec"] == {
        "creative_features_spec": {name: {"enroll_status": "OPT_OUT"} for name in CREATIVE_FEATURES}
    }


def test_a_receipt_is_no_message() -> None:
    assert read_receipt(WAMID) == {"messaging_product": "whatsapp", "status": "read", "message_id": WAMID}
    typing = read_receipt(WAMID, is_typing=True)
    assert typing["typing_indicator"] == {"type": "text"}
    assert check_message(typing).shows_typing
