"""What a file is by its own bytes, whatever its name or its server says."""

import io
import zipfile
from collections.abc import Mapping

from rulecast.template.media.errors import MediaRefusedError

ATTACHMENT = "attachment"
"""A document for one person: what a template may not show as one is taken here as well."""
MEGABYTE = 1024 * 1024
BYTES_MAX: Mapping[str, int] = {
    "image": 20 * MEGABYTE,
    "video": 16 * MEGABYTE,
    "gif": 16 * MEGABYTE,
    "document": 100 * MEGABYTE,
    ATTACHMENT: 100 * MEGABYTE,
    "audio": 16 * MEGABYTE,
    "sticker": 500 * 1024,
}
"""Images are made smaller here, so the source may be larger than the 5 MB WhatsApp takes; the others go as they are."""
_OPEN_XML = "application/vnd.openxmlformats-officedocument"
_OFFICE: Mapping[str, str] = {
    "word/document.xml": f"{_OPEN_XML}.wordprocessingml.document",
    "xl/workbook.xml": f"{_OPEN_XML}.spreadsheetml.sheet",
    "ppt/presentation.xml": f"{_OPEN_XML}.presentationml.presentation",
}
"""The part that each kind of office file has (ECMA-376), and its type."""
TYPES: Mapping[str, frozenset[str]] = {
    "image": frozenset({"image/jpeg", "image/png", "image/webp", "image/gif"}),
    "video": frozenset({"video/mp4", "video/3gpp"}),
    "gif": frozenset({"video/mp4"}),
    "document": frozenset({"application/pdf"}),
    ATTACHMENT: frozenset({"application/pdf", "text/plain", *_OFFICE.values()}),
    "audio": frozenset({"audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg"}),
    "sticker": frozenset({"image/webp"}),
}
UNTOLD = frozenset({"", "application/octet-stream", "binary/octet-stream"})
"""What servers say of files they know nothing of."""
_BRAND = slice(8, 12)
_WEBP = slice(8, 12)
_OPUS = slice(28, 36)
_SYNC, _LAYER_BITS, _LAYER_3, _ADTS = 0xFF, 0xE6, 0xE2, 0xF0
"""Beginnings of frames: eleven bits are set, two tell the layer (ISO 11172-3); ADTS has the layer 0 (ISO 13818-7)."""


def recognise(content: bytes, kind: str, *, told_type: str = "") -> str:
    """Return the type of a file of a kind.

    Raises:
        MediaRefusedError: it is of another kind, too large, or its server calls it something else.
    """
    found = _type_of(content)
    if found is None and kind == ATTACHMENT:
        found = _paper_type_of(content)
    if found is None or found not in TYPES[kind]:
        raise MediaRefusedError(f"The bytes are no {kind}: {found or 'of no type that is known here'}.")
    if len(content) > BYTES_MAX[kind]:
        raise MediaRefusedError(f"The file has {len(content)} bytes; a {kind} has at most {BYTES_MAX[kind]}.")
    told = told_type.partition(";")[0].strip().lower()
    if told not in UNTOLD and told.partition("/")[0] != found.partition("/")[0]:
        raise MediaRefusedError(f"The server calls the file {told[:60]}, and its bytes are {found}.")
    return found


def _type_of(content: bytes) -> str | None:
    for start, mime_type in (
        (b"\xff\xd8\xff", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"GIF87a", "image/gif"),
        (b"GIF89a", "image/gif"),
        (b"%PDF-", "application/pdf"),
        (b"#!AMR\n", "audio/amr"),
        (b"ID3", "audio/mpeg"),
    ):
        if content.startswith(start):
            return mime_type
    if content.startswith(b"RIFF") and content[_WEBP] == b"WEBP":
        return "image/webp"
    if content[4:8] == b"ftyp":
        if content[_BRAND].startswith(b"M4A"):
            return "audio/mp4"
        return "video/3gpp" if content[_BRAND].startswith(b"3g") else "video/mp4"
    return _sound_of(content)


def _sound_of(content: bytes) -> str | None:
    # WhatsApp plays Opus in Ogg and no other sound in it.
    if content.startswith(b"OggS"):
        return "audio/ogg" if content[_OPUS] == b"OpusHead" else None
    if len(content) > 1 and content[0] == _SYNC:
        if content[1] & (_LAYER_BITS | _ADTS) == _ADTS:
            return "audio/aac"
        if content[1] & _LAYER_BITS == _LAYER_3:
            return "audio/mpeg"
    return None


def _paper_type_of(content: bytes) -> str | None:
    """Return the type of an office file or of a plain text; older office files cannot be told from each other."""
    if content.startswith(b"PK"):
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as packed:
                parts = set(packed.namelist())
        except (zipfile.BadZipFile, ValueError, OSError, RuntimeError):
            return None
        return next((found for part, found in _OFFICE.items() if part in parts), None)
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return "text/plain" if text.strip() and "\0" not in text else None
