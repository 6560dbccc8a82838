"""Decode a webhook body as strict JSON, the plainest form by the quicker of two decoders."""

import json
import math
from collections.abc import Callable
from json.scanner import make_scanner
from typing import Final

import msgspec


def decode_body(body: bytes) -> object:
    """Return what a body says.

    Raises:
        ValueError: it is no JSON in UTF-8, repeats a key, or holds NaN or a number too large.
        RecursionError: it is nested too deeply.
    """
    document = _decode_plain(body)
    return _decode_strict(body.decode("utf-8")) if document is None else document


def _decode_plain(body: bytes) -> object:
    """Return what a body in its plainest form says, None where it has another form or is no JSON.

    The quick decoder passes repeated keys. What it read is written again: only without a repetition, an odd number
    or an escape other than that of the slash, which Meta writes, are the bytes the same. Most statuses are.
    """
    if b"\\" in body:
        body = body.replace(b"\\/", b"/")
        if b"\\" in body:
            return None
    try:
        document = _QUICK_DECODER.decode(body)
        written = _ENCODER.encode(document)
        if len(written) != len(body):
            written = msgspec.json.format(written, indent=0)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
    return document if written == body else None


def _decode_strict(text: str) -> object:
    """Decode by the scanner itself; around it the decoder only looks for spaces, for half a microsecond."""
    try:
        document, end = _SCAN(text, 0)
    except StopIteration:
        return _DECODER.decode(text)
    return document if end == len(text) else _DECODER.decode(text)


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    record = dict(pairs)
    if len(record) != len(pairs):
        raise ValueError("duplicate key")
    return record


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise ValueError("a number too large")
    return number


def _refuse_constant(_: str) -> float:
    raise ValueError("not a number")


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_unique, parse_constant=_refuse_constant, parse_float=_finite
)
_SCAN: Final[Callable[[str, int], tuple[object, int]]] = make_scanner(_DECODER)  # type: ignore[arg-type]  # the stub names its own class where any decoder will do
_QUICK_DECODER: Final = msgspec.json.Decoder()
_ENCODER: Final = msgspec.json.Encoder()


def why_malformed(error: Exception) -> str:
    """Return why a body is no strict JSON, without any value of it."""
    match error:
        case RecursionError():
            return "nested too deeply"
        case UnicodeDecodeError():
            return "not UTF-8"
        case json.JSONDecodeError():
            return f"not JSON at character {error.pos}"
        case _:
            return "not strict JSON: a repeated key, NaN or a number too large"
