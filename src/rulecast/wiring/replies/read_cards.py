"""Contact cards from a file: vCard as phones and address books write it, or JSON."""

import re
from collections.abc import Iterator
from pathlib import Path

import msgspec

from rulecast.gate.typed_content import TypedCard
from rulecast.template.media.fetch import read_from_disk
from rulecast.values.phone import PhoneNumber
from rulecast.wiring.replies.errors import CardFileError

FILE_BYTES_MAX = 256 * 1024
"""Five cards with a photo each; photos are not passed on."""
DECORATION = re.compile(r"[\s().\-\u00a0/]+")
ESCAPED = re.compile(r"\\(.)", re.DOTALL)
PARTS_OF_NAME = 5
"""Family, given, middle, before and after it (RFC 6350, 6.2.2)."""


class _JsonCard(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    phones: list[str]
    email: str = ""
    organisation: str = ""


_DECODER = msgspec.json.Decoder(list[_JsonCard] | _JsonCard)


async def read_card_file(path: Path) -> tuple[TypedCard, ...]:
    """Return the cards of a file.

    Raises:
        CardFileError: it holds none, or one that cannot be used; the text names the line or the field, and no value.
        MediaFetchError: it cannot be read, or is too large.
    """
    fetched = await read_from_disk(path, bytes_max=FILE_BYTES_MAX)
    try:
        text = fetched.content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise CardFileError(f"{path.name} is no UTF-8.") from None
    cards = (
        _from_json(path.name, text) if text.lstrip().startswith(("{", "[")) else _from_vcard(path.name, text)
    )
    if not cards:
        raise CardFileError(f"{path.name} holds no card.")
    return cards


def _from_json(file: str, text: str) -> tuple[TypedCard, ...]:
    try:
        found = _DECODER.decode(text)
    except msgspec.MsgspecError as error:
        # What msgspec says names a place and a type, never what stands there.
        place = str(error).rpartition(" - at ")[2].strip("`") if " - at " in str(error) else "the file"
        raise CardFileError(
            f"{file}: {place} is not as expected: name, phones, email, organisation."
        ) from None
    cards = found if isinstance(found, list) else [found]
    return tuple(
        TypedCard(
            name=one.name,
            phones=tuple(_number(f"{file}: card {place}", phone) for phone in one.phones),
            email=one.email,
            organisation=one.organisation,
        )
        for place, one in enumerate(cards, 1)
    )


def _from_vcard(file: str, text: str) -> tuple[TypedCard, ...]:
    """Read `FN` or `N`, `TEL`, `EMAIL` and `ORG` of each card (RFC 6350); everything else stays where it is."""
    cards: list[TypedCard] = []
    properties: dict[str, list[tuple[int, str]]] | None = None
    for line, name, value in _lines(file, text):
        if name == "BEGIN" and value.upper() == "VCARD":
            properties = {}
        elif name == "END" and properties is not None:
            cards.append(_card(f"{file}: line {line}", file, properties))
            properties = None
        elif properties is None:
            raise CardFileError(f"{file}: line {line}: a card begins with BEGIN:VCARD.")
        else:
            properties.setdefault(name, []).append((line, value))
    if properties is not None:
        raise CardFileError(f"{file}: the last card has no END:VCARD.")
    return tuple(cards)


def _lines(file: str, text: str) -> Iterator[tuple[int, str, str]]:
    """Yield number, name and value of each line, joined where it was folded."""
    joined: list[tuple[int, str]] = []
    for number, line in enumerate(text.splitlines(), 1):
        if line[:1] in {" ", "\t"} and joined:
            joined[-1] = (joined[-1][0], joined[-1][1] + line[1:])
        elif line.strip():
            joined.append((number, line))
    for number, line in joined:
        head, colon, value = line.partition(":")
        name, *settings = head.split(";")
        if not colon:
            raise CardFileError(f"{file}: line {number}: NAME:VALUE is expected.")
        name = name.rpartition(".")[2].strip().upper()
        is_read = name in {"FN", "N", "TEL", "EMAIL", "ORG"}
        if is_read and any("QUOTED-PRINTABLE" in one.upper() for one in settings):
            raise CardFileError(f"{file}: line {number}: save the card as vCard 3.0 or 4.0.")
        yield number, name, value.strip()


def _card(place: str, file: str, properties: dict[str, list[tuple[int, str]]]) -> TypedCard:
    def first(name: str) -> str:
        return properties[name][0][1] if name in properties else ""

    family, given, *_ = (*map(_plain, first("N").split(";")), *("",) * PARTS_OF_NAME)
    name = _plain(first("FN")) or f"{given} {family}".strip()
    if not name:
        raise CardFileError(f"{place}: the card has no name (FN).")
    return TypedCard(
        name=name,
        phones=tuple(
            _number(f"{file}: line {line}", _without_extension(value))
            for line, value in properties.get("TEL", [])
        ),
        email=_plain(first("EMAIL")),
        organisation=_plain(first("ORG").split(";")[0]),
    )


def _plain(value: str) -> str:
    return ESCAPED.sub(lambda found: " " if found[1] in "nN" else found[1], value).strip()


def _without_extension(value: str) -> str:
    """Return the number of a `tel:` address without its parameters: WhatsApp dials no extension (RFC 3966)."""
    scheme, colon, rest = value.partition(":")
    return rest.partition(";")[0] if colon and scheme.lower() == "tel" else value


def _number(place: str, written: str) -> str:
    try:
        return PhoneNumber(DECORATION.sub("", written)).e164
    except ValueError:
        raise CardFileError(f"{place}: the number is not written as +212...") from None
