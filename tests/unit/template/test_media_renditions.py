"""Files are what their bytes are, and renditions hold nothing but pixels (F96, F97)."""

import io
import random
import struct
import zlib

import pytest
from PIL import Image

from rulecast.template.media import Grade, make_renditions
from rulecast.template.media.errors import MediaRefusedError
from rulecast.template.media.render import SIZES

MP4 = b"\0\0\0\x18ftypmp42" + bytes(64)
PDF = b"%PDF-1.7\n" + bytes(64)


def written(image: Image.Image, form: str, **options: object) -> bytes:
    """Return an image as a file."""
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def noise(mode: str, size: tuple[int, int]) -> Image.Image:
    """Return an image that hardly packs."""
    bands = len(Image.new(mode, (1, 1)).getbands())
    return Image.frombytes(mode, size, random.Random(7).randbytes(size[0] * size[1] * bands))


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


def png_of(width: int, height: int) -> bytes:
    """Return the beginning of a PNG that claims a size."""
    body = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + body + struct.pack(">I", zlib.crc32(body))


@pytest.mark.parametrize(
    ("content", "kind", "told"),
    [
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "image", "image/svg+xml"),
        (b"<html>not found</html>", "image", "image/jpeg"),
        (b"<html>%PDF-1.7", "document", "application/pdf"),
        (b"", "image", ""),
        (b"BM" + bytes(60), "image", "image/bmp"),
        (PDF, "image", ""),
        (MP4, "image", ""),
        (MP4, "document", ""),
        (bytes(4) + b"ftyp3gp5" + bytes(20), "gif", ""),
        (written(Image.new("RGB", (90, 90)), "JPEG"), "video", ""),
        (written(Image.new("RGB", (90, 90)), "JPEG"), "image", "text/html; charset=utf-8"),
        (written(Image.new("RGB", (90, 90)), "JPEG")[:200], "image", ""),
        (b"GIF89a/*" + bytes(30) + b"*/alert(1)", "image", ""),
        (b"\xff\xd8\xff<script>", "image", ""),
        (png_of(30_000, 30_000), "image", ""),
        (png_of(7_000, 7_000), "image", ""),
        (written(Image.new("RGB", (2000, 4)), "PNG"), "image", ""),
        (b"\x89PNG\r\n\x1a\n" + bytes(21 * 1024 * 1024), "image", ""),
        (b"%PDF-1.7" + bytes(100 * 1024 * 1024), "document", ""),
    ],
    ids=range(19),
)
def test_f96_f97_what_no_message_can_show_is_refused_before_any_plan(
    content: bytes, kind: str, told: str
) -> None:
    with pytest.raises(MediaRefusedError):
        make_renditions(content, kind, told_type=told)


@pytest.mark.parametrize(
    ("content", "kind", "mime_type"),
    [(MP4, "video", "video/mp4"), (MP4, "gif", "video/mp4"), (PDF, "document", "application/pdf")],
)
def test_what_is_no_image_goes_as_it_came(content: bytes, kind: str, mime_type: str) -> None:
    (only,) = make_renditions(content, kind)
    assert (only.grade, only.content, only.mime_type) == (Grade.FULL, content, mime_type)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "CMYK"])
def test_each_rendition_keeps_its_limits_and_is_the_same_every_time(mode: str) -> None:
    form = "TIFF" if mode == "CMYK" else "PNG"
    content = written(noise(mode, (500, 340)), "JPEG" if form == "TIFF" else form)
    made = make_renditions(content, "image")
    assert [one.grade for one in made] == [Grade.FULL, Grade.LIGHT, Grade.TINY]
    for one in made:
        size = SIZES[one.grade]
        image = opened(one.content)
        assert image.size == (one.width, one.height)
        assert max(image.size) <= size.side_max
        assert len(one.content) <= size.bytes_max
        assert image.mode in {"RGB", "RGBA"}
    assert make_renditions(content, "image") == made


def test_nothing_of_camera_place_or_program_is_left_and_the_picture_stands_upright() -> None:
    image = Image.new("RGB", (300, 200), "white")
    image.paste("red", (0, 0, 300, 100))
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "camera of Asha"
    exif.get_ifd(0x8825)[2] = (33.0, 35.0, 0.0)
    content = written(image, "JPEG", exif=exif, comment=b"Asha", icc_profile=b"x" * 200, quality=95)
    for one in make_renditions(content, "image"):
        drawn = opened(one.content)
        assert drawn.size == (200, 300)
        assert not drawn.getexif()
        assert drawn.info.keys() <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
        red, _, blue = drawn.getpixel((190, 150))
        assert (red > 200, blue < 80) == (True, True)
        assert b"Asha" not in one.content


def test_sixteen_bits_palettes_animations_and_unused_transparency_become_plain_pictures() -> None:
    grey = written(Image.new("I;16", (80, 80), 32768), "PNG")
    palette = written(Image.new("P", (80, 80)), "PNG", transparency=0)
    moving = written(
        Image.new("RGB", (80, 80), "red"),
        "GIF",
        save_all=True,
        append_images=[Image.new("RGB", (80, 80), "blue")],
    )
    opaque = written(Image.new("RGBA", (80, 80), (9, 9, 9, 255)), "PNG")
    webp = written(Image.new("RGB", (80, 80), "red"), "WEBP")
    full = {
        name: make_renditions(content, "image")[0]
        for name, content in (
            ("grey", grey), ("palette", palette), ("moving", moving), ("opaque", opaque), ("webp", webp)
        )
    }  # fmt: skip
    assert {name: one.mime_type for name, one in full.items()} == {
        "grey": "image/jpeg", "palette": "image/png", "moving": "image/jpeg", "opaque": "image/jpeg",
        "webp": "image/jpeg",
    }  # fmt: skip
    assert all(abs(one - 128) < 3 for one in opened(full["grey"].content).getpixel((40, 40)))
    red, _, blue = opened(full["moving"].content).getpixel((40, 40))
    assert (red > 200, blue < 50) == (True, True)
