"""What a file is by its bytes: sounds, stickers and papers, which only replies show."""

import io
import zipfile

import pytest

from rulecast.deliver.media_uploads import FileTooLargeError, MediaFile, check_file
from rulecast.template.media import make_renditions
from rulecast.template.media.errors import MediaRefusedError
from rulecast.template.media.recognise import ATTACHMENT

OFFICE = "application/vnd.openxmlformats-officedocument"
WEBP = b"RIFF\x40\0\0\0WEBPVP8 " + bytes(20)
MOVING = b"RIFF\x40\0\0\0WEBPVP8X" + bytes(4) + b"\x02" + bytes(20)


def packed(*names: str) -> bytes:
    """Return an archive with these files."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        for name in names:
            archive.writestr(name, "<a/>")
    return written.getvalue()


@pytest.mark.parametrize(
    ("kind", "content", "mime_type"),
    [
        ("audio", b"OggS" + bytes(24) + b"OpusHead" + bytes(9), "audio/ogg"),
        ("audio", b"#!AMR\n" + bytes(9), "audio/amr"),
        ("audio", b"ID3\x04" + bytes(9), "audio/mpeg"),
        ("audio", b"\xff\xfb\x90\x00" + bytes(9), "audio/mpeg"),
        ("audio", b"\xff\xf1\x50\x80" + bytes(9), "audio/aac"),
        ("audio", b"\xff\xf9\x50\x80" + bytes(9), "audio/aac"),
        ("audio", b"\0\0\0\x20ftypM4A " + bytes(9), "audio/mp4"),
        ("video", b"\0\0\0\x20ftypisom" + bytes(9), "video/mp4"),
        ("sticker", WEBP, "image/webp"),
        (ATTACHMENT, b"%PDF-1.7", "application/pdf"),
        (
            ATTACHMENT,
            packed("[Content_Types].xml", "word/document.xml"),
            f"{OFFICE}.wordprocessingml.document",
        ),
        (ATTACHMENT, packed("xl/workbook.xml"), f"{OFFICE}.spreadsheetml.sheet"),
        (ATTACHMENT, packed("ppt/presentation.xml"), f"{OFFICE}.presentationml.presentation"),
        (ATTACHMENT, "Tarifs : 12 €".encode(), "text/plain"),
    ],
)
def test_a_file_is_what_its_bytes_say(kind: str, content: bytes, mime_type: str) -> None:
    (made,) = make_renditions(content, kind)
    assert (made.mime_type, made.content) == (mime_type, content)
    check_file(MediaFile(content=content, mime_type=mime_type))


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        # Vorbis in Ogg, AMR of another width, a layer that no phone plays.
        ("audio", b"OggS" + bytes(24) + b"\x01vorbis" + bytes(9)),
        ("audio", b"#!AMR-WB\n" + bytes(9)),
        ("audio", b"\xff\xfd\x90\x00" + bytes(9)),
        ("audio", b"\xff"),
        ("audio", b"\0\0\0\x20ftypisom" + bytes(9)),
        ("sticker", b"\x89PNG\r\n\x1a\n"),
        ("document", b"Tarifs"),
        ("document", packed("word/document.xml")),
        (ATTACHMENT, packed("evil.exe")),
        (ATTACHMENT, b"PK\x03\x04" + bytes(30)),
        (ATTACHMENT, b"\xd0\xcf\x11\xe0" + bytes(30)),
        (ATTACHMENT, b"MZ\x00\x90"),
        (ATTACHMENT, b" \n"),
        (ATTACHMENT, b""),
    ],
)
def test_what_whatsapp_would_not_take_as_such_is_refused(kind: str, content: bytes) -> None:
    with pytest.raises(MediaRefusedError):
        make_renditions(content, kind)


def test_a_sticker_that_moves_may_weigh_more() -> None:
    check_file(MediaFile(content=MOVING + bytes(200_000), mime_type="image/webp"))
    for content in (WEBP + bytes(102_400), MOVING + bytes(512_000)):
        with pytest.raises(FileTooLargeError):
            check_file(MediaFile(content=content, mime_type="image/webp"))
