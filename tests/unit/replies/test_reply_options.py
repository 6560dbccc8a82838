"""What `rulecast reply` understands of its options and of files of contact cards."""

from pathlib import Path
from typing import Any

import pytest

from rulecast.cli.reply_words import ReplyOptions, content_of
from rulecast.gate.typed_content import TypedCard, TypedContent
from rulecast.wiring.replies.errors import CardFileError, ReplyUnfitError
from rulecast.wiring.replies.read_cards import read_card_file

POINT = "33.5731, -7.5898"
VCARDS = """BEGIN:VCARD
VERSION:3.0
N:Alaoui;Amal;;;
FN:Amal Alaoui\\, conseil
ORG:Boutique;Vente
item1.TEL;TYPE=WORK:+212 6 12-34 56 78
TEL;VALUE=uri:tel:+212612345679
EMAIL:amal@shop.exa
 mple
PHOTO;ENCODING=QUOTED-PRINTABLE:=00
END:VCARD
BEGIN:VCARD
N:Badr;;;;
TEL;VALUE=uri:TEL:+212612345670;ext=3
END:VCARD
"""
AMAL = TypedCard(
    name="Amal Alaoui, conseil",
    phones=("+212612345678", "+212612345679"),
    email="amal@shop.example",
    organisation="Boutique",
)


def asked(**options: Any) -> ReplyOptions:
    kinds = ("image", "video", "audio", "document", "sticker")
    files = {kind: Path(options.pop(kind)) if kind in options else None for kind in kinds}
    return ReplyOptions(files=files, **options)  # type: ignore[arg-type]  # the keys are the kinds


@pytest.mark.parametrize(
    ("options", "content", "file"),
    [
        ({"text": "Oui"}, TypedContent(text="Oui"), None),
        (
            {"text": "Le menu", "image": "a/menu.png"},
            TypedContent(form="image", text="Le menu"),
            "a/menu.png",
        ),
        ({"document": "a/menu.pdf"}, TypedContent(form="document", filename="menu.pdf"), "a/menu.pdf"),
        (
            {"document": "a.pdf", "filename": "Menu.pdf"},
            TypedContent(form="document", filename="Menu.pdf"),
            "a.pdf",
        ),
        ({"sticker": "a.webp"}, TypedContent(form="sticker"), "a.webp"),
        (
            {"location": POINT, "name": "Nous"},
            TypedContent(form="location", latitude=33.5731, longitude=-7.5898, place_name="Nous"),
            None,
        ),
        ({"reaction": ""}, TypedContent(form="reaction"), None),
        ({"reaction": "👍"}, TypedContent(form="reaction", text="👍"), None),
        (
            {"document": "a/Me\u202enu\n.pdf"},
            TypedContent(form="document", filename="Menu.pdf"),
            "a/Me\u202enu\n.pdf",
        ),
    ],
)
async def test_options_say_one_thing(
    options: dict[str, Any], content: TypedContent, file: str | None
) -> None:
    assert await content_of(asked(**options)) == (content, None if file is None else Path(file))


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"image": "a.png", "video": "a.mp4"},
        {"image": "a.png", "location": POINT},
        {"text": "Ici", "location": POINT},
        {"text": "Oui", "reaction": "👍"},
        {"location": "33.5731"},
        {"text": "Oui", "name": "Nous"},
        {"image": "a.png", "filename": "b.png"},
        {"document": "a.pdf", "filename": "../../etc/passwd"},
        {"document": "a.pdf", "filename": "..\\a.pdf"},
        {"document": "a.pdf", "filename": "fdp.\u202egpj"},
        {"document": "a.pdf", "filename": "a\n.pdf"},
        {"document": "a.pdf", "filename": ".."},
        {"document": "a.pdf", "filename": ""},
        {"document": "a.pdf", "filename": "a" * 241},
    ],
)
async def test_options_that_do_not_go_together_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ReplyUnfitError):
        await content_of(asked(**options))


@pytest.mark.parametrize(
    ("text", "cards"),
    [
        (VCARDS, (AMAL, TypedCard(name="Badr", phones=("+212612345670",)))),
        (
            '{"name": "Amal", "phones": ["+212 612 345 678"]}',
            (TypedCard(name="Amal", phones=("+212612345678",)),),
        ),
        (
            '[{"name": "Amal", "phones": ["+212612345678"], "email": "a@b.example", "organisation": "Nous"}]',
            (TypedCard(name="Amal", phones=("+212612345678",), email="a@b.example", organisation="Nous"),),
        ),
    ],
)
async def test_cards_are_read_as_phones_and_programs_write_them(
    text: str, cards: tuple[TypedCard, ...], tmp_path: Path
) -> None:
    file = tmp_path / "cards"
    file.write_text(text, "utf-8")
    assert await read_card_file(file) == cards


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\xff\xfe\x00", "no UTF-8"),
        (b"", "holds no card"),
        (b"TEL:+212612345678\r\n", "line 1: a card begins"),
        (b"BEGIN:VCARD\nTEL:+212612345678\nEND:VCARD\n", "line 3: the card has no name"),
        (b"BEGIN:VCARD\nFN:Amal\nTEL:0612345678\nEND:VCARD\n", "line 3: the number"),
        (b"BEGIN:VCARD\nFN;ENCODING=QUOTED-PRINTABLE:=41\nEND:VCARD\n", "line 2: save the card"),
        (b"BEGIN:VCARD\nFN Amal\n", "line 2: NAME:VALUE"),
        (b"BEGIN:VCARD\nFN:Amal\n", "no END:VCARD"),
        (b'{"name": "Amal"}', "not as expected"),
        (b'{"name": "Amal", "phones": ["0612345678"]}', "card 1: the number"),
    ],
)
async def test_a_file_of_cards_names_its_bad_line_and_nothing_of_what_stands_there(
    content: bytes, said: str, tmp_path: Path
) -> None:
    file = tmp_path / "cards"
    file.write_bytes(content)
    with pytest.raises(CardFileError, match=said) as raised:
        await read_card_file(file)
    # What masks numbers leaves the advice whole.
    assert "[" not in str(raised.value)
    assert not any(secret in str(raised.value) for secret in ("Amal", "0612345678"))
