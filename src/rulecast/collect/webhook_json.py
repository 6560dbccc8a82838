"""Decode a webhook body as strict JSON, by the quicker of two decoders where that is as safe."""

import json
import math
import re
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
    """Return what a body says, None where the quick decoder cannot vouch for it.

    It passes repeated keys, so what it read is written again: where that gives the same bytes, or as many quotes,
    there was no repetition. Most bodies are so read.
    """
    try:
        document = _QUICK_DECODER.decode(body)
        written = _ENCODER.encode(document)
    except (msgspec.MsgspecError, ArithmeticError, ValueError, RecursionError):
        return None
    return document if written == body or has_as_many_quotes(body, written) else None


def has_as_many_quotes(body: bytes, written: bytes) -> bool:
    """Return whether a body repeats no key, by what was read of it and written again: both hold as many quotes.

    Each key stands between two. Quotes inside of strings are escaped here and there alike, unless the body spells one
    by its number; a repetition makes the body's count larger, never smaller.
    """
    is_spelt = b"\\" in body and _SPELT.search(body) is not None
    return not is_spelt and body.count(b'"') == written.count(b'"')


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


def finite(digits: str) -> float:
    """Return a number written with a point or exponent.

    Raises:
        ValueError: no float holds it.
    """
    number = float(digits)
    if math.isinf(number):
        raise ValueError("a number too large")
    return number


def _refuse_constant(_: str) -> float:
    raise ValueError("not a number")


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_unique, parse_constant=_refuse_constant, parse_float=finite
)
_SCAN: Final[Callable[[str, int], tuple[object, int]]] = make_scanner(_DECODER)  # type: ignore[arg-type]  # the stub names its own class where any decoder will do
_QUICK_DECODER: Final = msgspec.json.Decoder(float_hook=finite)
_ENCODER: Final = msgspec.json.Encoder()
_SPELT: Final = re.compile(rb"\\u0022")


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
