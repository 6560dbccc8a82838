"""Whether WhatsApp takes a file, by its type and size.

Source: Cloud API, supported media types (2026-04-17).
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from rulecast.deliver.media_uploads.errors import FileRefusedError, FileTooLargeError

FileKind: TypeAlias = Literal["image", "video", "audio", "document", "sticker"]
KILOBYTE = 1024
MEGABYTE = 1024 * KILOBYTE
BYTES_MAX: Mapping[FileKind, int] = {
    "image": 5 * MEGABYTE,
    "video": 16 * MEGABYTE,
    "audio": 16 * MEGABYTE,
    "document": 100 * MEGABYTE,
    "sticker": 100 * KILOBYTE,
}
ANIMATED_STICKER_BYTES_MAX = 500 * KILOBYTE
_OFFICE = "application/vnd.openxmlformats-officedocument"
KINDS: Mapping[str, FileKind] = {
    "image/jpeg": "image",
    "image/png": "image",
    "image/webp": "sticker",
    "video/mp4": "video",
    "video/3gpp": "video",
    "audio/aac": "audio",
    "audio/amr": "audio",
    "audio/mpeg": "audio",
    "audio/mp4": "audio",
    "audio/ogg": "audio",
    "application/pdf": "document",
    "text/plain": "document",
    "application/msword": "document",
    "application/vnd.ms-excel": "document",
    "application/vnd.ms-powerpoint": "document",
    f"{_OFFICE}.wordprocessingml.document": "document",
    f"{_OFFICE}.spreadsheetml.sheet": "document",
    f"{_OFFICE}.presentationml.presentation": "document",
}
# What the first bytes of a file must be for the types that are easily mistaken; a web page is none of them.
_BEGINNINGS: Mapping[str, bytes] = {
    "image/jpeg": b"\xff\xd8\xff",
    "image/png": b"\x89PNG\r\n\x1a\n",
    "image/webp": b"RIFF",
    "application/pdf": b"%PDF-",
}
_EXTENDED_WEBP = slice(12, 16)
_WEBP_FLAGS = 20
_ANIMATION = 0x02


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaFile:
    """A file as it is uploaded; for a document `filename` is what the person sees."""

    content: bytes = field(repr=False)
    mime_type: str
    filename: str = ""

    @property
    def content_hash(self) -> bytes:
        """Return the SHA-256 of the file, 32 bytes."""
        return hashlib.sha256(self.content).digest()


def check_file(file: MediaFile) -> FileKind:
    """Return what kind of message a file can stand in.

    Raises:
        FileRefusedError: the type is not taken, or the bytes are of another type.
        FileTooLargeError: there are too many bytes.
    """
    kind = KINDS.get(file.mime_type)
    if kind is None:
        raise FileRefusedError(f"Files of the type {file.mime_type[:60]} are not taken.")
    if not file.content.startswith(_BEGINNINGS.get(file.mime_type, b"")) or not file.content:
        raise FileRefusedError(f"The file is no {file.mime_type}: its first bytes are others.")
    most = ANIMATED_STICKER_BYTES_MAX if _is_animated(file) else BYTES_MAX[kind]
    if len(file.content) > most:
        raise FileTooLargeError(f"The file has {len(file.content)} bytes; a {kind} has at most {most}.")
    return kind


def _is_animated(file: MediaFile) -> bool:
    """Return whether a sticker moves: the flag of an extended WebP header (RFC 9649)."""
    return (
        file.mime_type == "image/webp"
        and file.content[_EXTENDED_WEBP] == b"VP8X"
        and len(file.content) > _WEBP_FLAGS
        and bool(file.content[_WEBP_FLAGS] & _ANIMATION)
    )
