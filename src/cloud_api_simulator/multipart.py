"""Reads multipart/form-data, the body of a media upload (RFC 7578)."""

from dataclasses import dataclass
from email.message import Message as Headers
from email.parser import BytesHeaderParser
from email.policy import HTTP

from cloud_api_simulator.errors import ApiError

PARTS_MAX = 16
"""Most parts of an upload: Meta's has four."""
_BREAK = b"\r\n\r\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part: `filename` is empty for a plain field."""

    content: bytes
    filename: str = ""
    mime_type: str = ""


def read_multipart(body: bytes, content_type: str) -> dict[str, Part]:
    """Return the parts by name; raises ApiError 100 when the body is not what its header says."""
    header = Headers()
    header["content-type"] = content_type
    boundary = header.get_param("boundary")
    if header.get_content_type() != "multipart/form-data" or not isinstance(boundary, str):
        raise ApiError(100, "The request must be multipart/form-data")
    pieces = body.split(b"--" + boundary.encode("latin-1", "replace"), PARTS_MAX + 2)
    if len(pieces) < 2 or not pieces[-1].startswith(b"--"):  # noqa: PLR2004 - an opening and a closing one
        raise ApiError(100, "The multipart body does not end with its boundary")
    parts: dict[str, Part] = {}
    for piece in pieces[1:-1]:
        name, part = _read_part(piece)
        parts[name] = part
    return parts


def _read_part(piece: bytes) -> tuple[str, Part]:
    head, found, content = piece.removeprefix(b"\r\n").partition(_BREAK)
    headers = BytesHeaderParser(policy=HTTP).parsebytes(head + _BREAK)
    name = headers.get_param("name", header="content-disposition")
    if not found or not isinstance(name, str):
        raise ApiError(100, "A part of the multipart body has no name")
    return name, Part(
        content=content.removesuffix(b"\r\n"),
        filename=str(headers.get_filename() or ""),
        mime_type=headers.get_content_type() if "content-type" in headers else "",
    )
