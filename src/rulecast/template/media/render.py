"""Renditions of a file: an image in three sizes, drawn anew so that nothing but pixels is left; others as they came.

The same Pillow makes the same bytes of the same image. Source of sizes and forms: Cloud API, supported media types
(images to 5 MB, eight bits a channel, RGB or RGBA).
"""

import io
import struct
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import cast

from PIL import Image, ImageOps

from rulecast.template.media.choose import Grade
from rulecast.template.media.errors import MediaRefusedError
from rulecast.template.media.recognise import recognise

PIXELS_MAX = 40_000_000
"""What cameras of phones make; an image of more is a mistake or a bomb of 120 MB and up in memory."""
SIDE_MIN = 16
"""A picture thinner than this shows nothing."""
QUALITIES = (85, 75, 65, 55, 45, 35)
SHRINK = 0.8
SHRINKS_MAX = 8
FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
WHITE = (255, 255, 255)
OPAQUE = 255
SIXTEEN_BITS = 65535


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """The longest side in pixels and the most bytes of a rendition."""

    side_max: int
    bytes_max: int


SIZES: Mapping[Grade, Size] = {
    Grade.FULL: Size(side_max=1600, bytes_max=1024 * 1024),
    Grade.LIGHT: Size(side_max=800, bytes_max=150 * 1024),
    Grade.TINY: Size(side_max=400, bytes_max=40 * 1024),
}
"""At 100 kbit/s, as 2G gives, 40 kB take three seconds; the others go by what a bubble on a phone shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeRendition:
    """A rendition with its bytes."""

    grade: Grade
    content: bytes = field(repr=False)
    mime_type: str
    width: int = 0
    height: int = 0


def make_renditions(
    content: bytes, kind: str, *, told_type: str = "", grade: Grade = Grade.FULL
) -> tuple[MadeRendition, ...]:
    """Return the renditions of a fetched file, the fullest first; what is no image is itself, as that grade.

    Works for seconds on a large image: call it in a thread.

    Raises:
        MediaRefusedError: the file is no usable one of that kind.
    """
    mime_type = recognise(content, kind, told_type=told_type)
    if kind != "image":
        return (MadeRendition(grade=grade, content=content, mime_type=mime_type),)
    image = _drawn(content)
    return tuple(_rendition(image, grade, size) for grade, size in SIZES.items())


def _drawn(content: bytes) -> Image.Image:
    """Return the first picture of a file, upright, in RGB or RGBA of eight bits."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(content), formats=FORMATS) as opened:
                _check_pixels(opened)
                opened.seek(0)
                opened.load()
                return _plain(ImageOps.exif_transpose(opened))
    except MediaRefusedError:
        raise
    except (OSError, ValueError, SyntaxError, EOFError, struct.error, Image.DecompressionBombError) as error:
        raise MediaRefusedError(f"The image cannot be drawn: {type(error).__name__}.") from None


def _check_pixels(image: Image.Image) -> None:
    """Refuse an image before its pixels are read."""
    if image.width * image.height > PIXELS_MAX:
        raise MediaRefusedError(
            f"The image has {image.width} x {image.height} pixels; at most {PIXELS_MAX:,} are drawn."
        )


def _plain(image: Image.Image) -> Image.Image:
    if min(image.size) < SIDE_MIN:
        raise MediaRefusedError(
            f"The image has {image.width} x {image.height} pixels; it would show nothing."
        )
    if image.mode.startswith("I") or image.mode == "F":
        # Sixteen bits a channel become eight; brightness keeps its place between black and white.
        wide = image.convert("F")
        brightest = cast("tuple[float, float]", wide.getextrema())[1]
        scale = OPAQUE / (SIXTEEN_BITS if brightest > OPAQUE else OPAQUE)
        return wide.point(lambda value: value * scale).convert("L").convert("RGB")
    has_alpha = "A" in image.getbands() or "transparency" in image.info
    if not has_alpha:
        return image.convert("RGB")
    clear = image.convert("RGBA")
    # Most images with a fourth channel hide nothing: drawn on white they are a tenth of the bytes.
    return clear if clear.getchannel("A").getextrema()[0] != OPAQUE else clear.convert("RGB")


def _rendition(image: Image.Image, grade: Grade, size: Size) -> MadeRendition:
    for drawn in _smaller_and_smaller(image, size.side_max):
        for content, mime_type in _written(drawn):
            if len(content) <= size.bytes_max:
                return MadeRendition(
                    grade=grade,
                    content=content,
                    mime_type=mime_type,
                    width=drawn.width,
                    height=drawn.height,
                )
    raise MediaRefusedError(f"The image does not fit into {size.bytes_max} bytes in any size.")


def _smaller_and_smaller(image: Image.Image, side_max: int) -> Iterator[Image.Image]:
    side = min(side_max, max(image.size))
    for _ in range(SHRINKS_MAX):
        factor = side / max(image.size)
        width, height = (max(1, round(one * factor)) for one in image.size)
        yield (
            image
            if (width, height) == image.size
            else image.resize((width, height), Image.Resampling.LANCZOS)
        )
        side = max(SIDE_MIN, int(side * SHRINK))


def _written(image: Image.Image) -> Iterator[tuple[bytes, str]]:
    """Yield an image as bytes, the best first, without any note of camera, place or program."""
    flat = image
    if image.mode == "RGBA":
        yield _saved(image, "PNG", optimize=True), "image/png"
        flat = Image.new("RGB", image.size, WHITE)
        flat.paste(image, mask=image.getchannel("A"))
    for quality in QUALITIES:
        yield _saved(flat, "JPEG", quality=quality, optimize=True), "image/jpeg"


def _saved(image: Image.Image, form: str, **options: int | bool) -> bytes:
    bare = Image.new(image.mode, image.size)
    bare.paste(image)
    written = io.BytesIO()
    bare.save(written, form, **options)
    return written.getvalue()
