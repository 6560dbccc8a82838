"""Images, videos, sounds, documents and stickers, by the id of an upload or by an address Meta fetches."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias

from rulecast.template.messages.errors import MessageInvalidError
from rulecast.template.messages.limits import BODY_LENGTH_MAX, text_within, token_within, web_address
from rulecast.template.messages.request import Body, Content

MediaKind: TypeAlias = Literal["image", "video", "audio", "document", "sticker"]
CAPTIONED = frozenset({"image", "video", "document"})
FILENAME_LENGTH_MAX = 240
"""What common file systems keep; a longer name could not be saved on the phone."""
MEDIA_ID_LENGTH_MAX = 64
"""Ids have some twenty digits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaHandle:
    """A medium that was uploaded: Meta's id, since when, and for a document the name the person saves it under."""

    media_id: str
    filename: str = ""
    uploaded_at: datetime | None = field(default=None, compare=False)

    @property
    def wire_fields(self) -> Body:
        """Return the medium as requests name it.

        Raises:
            MessageInvalidError: id or name cannot be used.
        """
        media_id = token_within("media.id", self.media_id, length_max=MEDIA_ID_LENGTH_MAX)
        if not self.filename:
            return {"id": media_id}
        return {
            "id": media_id,
            "filename": token_within("media.filename", self.filename, length_max=FILENAME_LENGTH_MAX),
        }


def media_message(kind: MediaKind, medium: MediaHandle | str, *, caption: str = "") -> Content:
    """Return a medium; a text in the place of a handle is an address from which Meta fetches it.

    An upload is better: a fetch can fail after the request was accepted (131053).

    Raises:
        MessageInvalidError: address, caption or name cannot be used with this kind.
    """
    if isinstance(medium, MediaHandle):
        value = medium.wire_fields
        if kind != "document" and "filename" in value:
            raise MessageInvalidError(f"{kind}.filename", "only a document has a name")
    else:
        value = {"link": web_address(f"{kind}.link", medium)}
    if caption:
        if kind not in CAPTIONED:
            raise MessageInvalidError(f"{kind}.caption", "images, videos and documents have captions")
        value["caption"] = text_within(f"{kind}.caption", caption, length_max=BODY_LENGTH_MAX)
    return Content(kind=kind, value=value)
