"""What a person of the business says to one person: a text, a file, a place, cards or a reaction."""

from dataclasses import dataclass, field
from typing import Literal, TypeAlias, get_args

import msgspec

from rulecast.template.messages import Content, MediaHandle, MessageInvalidError, text_message
from rulecast.template.messages.contacts import ContactCard, contacts_message
from rulecast.template.messages.location import location_message
from rulecast.template.messages.media import MediaKind, media_message
from rulecast.template.messages.reaction import reaction_message
from rulecast.values.phone import PhoneNumber

TypedForm: TypeAlias = Literal["text", "location", "contacts", "reaction"] | MediaKind
FILE_FORMS: tuple[MediaKind, ...] = get_args(MediaKind)
TYPED_FILE = "typed"
"""The name under which the run of a typed reply asks for its file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedCard:
    """Whose number is passed on; numbers are E.164."""

    name: str = field(repr=False)
    phones: tuple[str, ...] = field(repr=False)
    email: str = field(default="", repr=False)
    organisation: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedContent:
    """What is said; `text` is the body of a text, the caption of a file, or the emoji of a reaction.

    `filename` is what the person saves a document as, `place_name` and `address` stand under a point in degrees
    (WGS 84), `wamid` is the message that a reaction is put under.
    """

    form: TypedForm = "text"
    text: str = field(default="", repr=False)
    filename: str = field(default="", repr=False)
    latitude: float = field(default=0.0, repr=False)
    longitude: float = field(default=0.0, repr=False)
    place_name: str = field(default="", repr=False)
    address: str = field(default="", repr=False)
    cards: tuple[TypedCard, ...] = field(default=(), repr=False)
    wamid: str = field(default="", repr=False)

    @property
    def has_file(self) -> bool:
        """Return whether a file goes with it."""
        return self.form in FILE_FORMS


_DECODER = msgspec.json.Decoder(TypedContent)


def write_typed(typed: TypedContent) -> bytes:
    """Return what is sealed: a text as it is, everything else as JSON."""
    return typed.text.encode() if typed.form == "text" else msgspec.json.encode(typed)


def read_typed(form: str, written: bytes) -> TypedContent | None:
    """Return what was sealed for a run of that form, or None for what only another release knows."""
    if form == "text":
        return TypedContent(text=written.decode())
    try:
        return _DECODER.decode(written)
    except msgspec.MsgspecError:
        return None


def typed_message(typed: TypedContent, file: MediaHandle | None = None) -> Content:
    """Return the message; `file` is the upload of a file.

    Raises:
        MessageInvalidError: Meta would refuse it.
    """
    match typed.form:
        case "text":
            return text_message(typed.text)
        case "location":
            return location_message(
                typed.latitude, typed.longitude, name=typed.place_name, address=typed.address
            )
        case "contacts":
            return contacts_message(tuple(map(_card, typed.cards)))
        case "reaction":
            return reaction_message(typed.wamid, typed.text)
        case "image" | "video" | "audio" | "document" | "sticker" as kind:
            if file is None:
                raise MessageInvalidError(kind, "a file is expected")
            handle = MediaHandle(media_id=file.media_id, filename=typed.filename)
            return media_message(kind, handle, caption=typed.text)


def _card(card: TypedCard) -> ContactCard:
    try:
        phones = tuple(map(PhoneNumber, card.phones))
    except ValueError:
        raise MessageInvalidError("contacts.phones", "numbers as +212... are expected") from None
    return ContactCard(name=card.name, phones=phones, email=card.email, organisation=card.organisation)
