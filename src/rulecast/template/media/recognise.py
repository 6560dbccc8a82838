"""What a file is by its own bytes, whatever its name or its server says."""

from collections.abc import Mapping

from rulecast.template.media.errors import MediaRefusedError

MEGABYTE = 1024 * 1024
BYTES_MAX: Mapping[str, int] = {
    "image": 20 * MEGABYTE,
    "video": 16 * MEGABYTE,
    "gif": 16 * MEGABYTE,
    "document": 100 * MEGABYTE,
}
"""Images are made smaller here, so the source may be larger than the 5 MB WhatsApp takes; the others go as they are."""
TYPES: Mapping[str, frozenset[str]] = {
    "image": frozenset({"image/jpeg", "image/png", "image/webp", "image/gif"}),
    "video": frozenset({"video/mp4", "video/3gpp"}),
    "gif": frozenset({"video/mp4"}),
    "document": frozenset({"application/pdf"}),
}
UNTOLD = frozenset({"", "application/octet-stream", "binary/octet-stream"})
"""What servers say of files they know nothing of."""
_BRAND = slice(8, 12)
_WEBP = slice(8, 12)


def recognise(content: bytes, kind: str, *, told_type: str = "") -> str:
    """Return the type of a file of a kind.

    Raises:
        MediaRefusedError: it is of another kind, too large, or its server calls it something else.
    """
    found = _type_of(content)
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
    ):
        if content.startswith(start):
            return mime_type
    if content.startswith(b"RIFF") and content[_WEBP] == b"WEBP":
        return "image/webp"
    if content[4:8] == b"ftyp":
        return "video/3gpp" if content[_BRAND].startswith(b"3g") else "video/mp4"
    return None
