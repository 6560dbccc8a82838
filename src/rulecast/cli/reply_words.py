"""The options of `rulecast reply`, and what they say together."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from rulecast.gate.typed_content import TypedContent
from rulecast.template.messages.media import MediaKind
from rulecast.wiring.replies.errors import ReplyUnfitError
from rulecast.wiring.replies.read_cards import read_card_file

FILENAME_LENGTH_MAX = 240
"""File systems of phones stop near there."""
DEGREES = re.compile(r"\s*(-?\d{1,3}(?:\.\d+)?)\s*,\s*(-?\d{1,3}(?:\.\d+)?)\s*")

TextArgument: TypeAlias = Annotated[
    str | None,
    typer.Argument(
        metavar="TEXT",
        help="What to say, 4,096 characters at most, or below an image, a video or a document 1,024; "
        "- reads standard input.",
    ),
]
ImageOption: TypeAlias = Annotated[
    Path | None,
    typer.Option("--image", help="A picture (JPEG, PNG, WebP, GIF) to 20 MB; it is drawn anew for phones."),
]
VideoOption: TypeAlias = Annotated[Path | None, typer.Option("--video", help="MP4 or 3GP to 16 MB.")]
AudioOption: TypeAlias = Annotated[
    Path | None, typer.Option("--audio", help="AAC, AMR, MP3, M4A or Opus in Ogg to 16 MB.")
]
DocumentOption: TypeAlias = Annotated[
    Path | None, typer.Option("--document", help="PDF, plain text, or an office file of today to 100 MB.")
]
FilenameOption: TypeAlias = Annotated[
    str | None,
    typer.Option("--filename", help="The name the person saves the document as; else its own."),
]
StickerOption: TypeAlias = Annotated[
    Path | None, typer.Option("--sticker", help="WebP to 100 kB, or 500 kB where it moves.")
]
LocationOption: TypeAlias = Annotated[
    str | None,
    typer.Option("--location", metavar="LAT,LON", help="A place in degrees: 33.5731,-7.5898."),
]
NameOption: TypeAlias = Annotated[str | None, typer.Option("--name", help="What the place is called.")]
AddressOption: TypeAlias = Annotated[
    str | None, typer.Option("--address", help="Its address, shown below the name.")
]
CardOption: TypeAlias = Annotated[
    Path | None,
    typer.Option("--contact", help="Up to five contact cards: a vCard, or JSON with name and phones."),
]
ReactionOption: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--reaction",
        metavar="EMOJI",
        help="One emoji below their newest message; an empty one takes it back.",
    ),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyOptions:
    """The words and options as they were given; `files` by their kind."""

    text: str | None = field(default=None, repr=False)
    files: Mapping[MediaKind, Path | None]
    filename: str | None = field(default=None, repr=False)
    location: str | None = field(default=None, repr=False)
    name: str | None = field(default=None, repr=False)
    address: str | None = field(default=None, repr=False)
    contact: Path | None = None
    reaction: str | None = field(default=None, repr=False)


async def content_of(options: ReplyOptions) -> tuple[TypedContent, Path | None]:
    """Return what shall be said, and the file that goes with it.

    Raises:
        ReplyUnfitError: the options do not go together.
        CardFileError, MediaFetchError: the file of cards cannot be used.
    """
    given = [(kind, path) for kind, path in options.files.items() if path is not None]
    _check_one(options, given)
    if given:
        ((kind, path),) = given
        filename = _filename(options.filename, path) if kind == "document" else ""
        return TypedContent(form=kind, text=options.text or "", filename=filename), path
    if options.location is not None:
        latitude, longitude = _degrees(options.location)
        place = TypedContent(
            form="location",
            latitude=latitude,
            longitude=longitude,
            place_name=options.name or "",
            address=options.address or "",
        )
        return place, None
    if options.contact is not None:
        return TypedContent(form="contacts", cards=await read_card_file(options.contact)), None
    if options.reaction is not None:
        return TypedContent(form="reaction", text=options.reaction), None
    return TypedContent(text=options.text or ""), None


def _check_one(options: ReplyOptions, files: list[tuple[MediaKind, Path]]) -> None:
    others = (options.location, options.contact, options.reaction)
    told = len(files) + sum(one is not None for one in others)
    wordless = told > len(files)
    lonely = (
        ("--filename", options.filename, any(kind == "document" for kind, _ in files)),
        ("--name", options.name, options.location is not None),
        ("--address", options.address, options.location is not None),
    )
    if told > 1:
        raise ReplyUnfitError("Two things are said at once; each is a reply of its own.")
    if told == 0 and options.text is None:
        raise ReplyUnfitError("Nothing is said.")
    if wordless and options.text is not None:
        raise ReplyUnfitError("A text does not go with a place, cards or a reaction.")
    for option, value, belongs in lonely:
        if value is not None and not belongs:
            raise ReplyUnfitError(f"{option} does not belong to what is said.")


def _filename(told: str | None, path: Path) -> str:
    """Return what a person saves a document as; a name of their own is looked at, that of the file is cleaned."""
    if told is None:
        return "".join(char for char in path.name if char.isprintable())[-FILENAME_LENGTH_MAX:]
    is_name = told.strip() and told.isprintable() and not set(told) & set("/\\") and told.strip(". ")
    if not is_name or len(told) > FILENAME_LENGTH_MAX:
        raise ReplyUnfitError(
            "--filename is a plain name of at most 240 characters: no path, no line break, no invisible sign."
        )
    return told


def _degrees(written: str) -> tuple[float, float]:
    found = DEGREES.fullmatch(written)
    if found is None:
        raise ReplyUnfitError("--location is latitude and longitude in degrees: 33.5731,-7.5898.")
    return float(found[1]), float(found[2])
