"""Readers of single values: a text comes in, a value or a ValueError saying what it must be goes out."""

import re
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from pathlib import Path
from urllib.parse import urlsplit

from rulecast.values.clock import ClockSpecificationError, read_clock

Reader = Callable[[str], object]


def read_text(raw: str) -> str:
    """Take the text as it is."""
    return raw


def read_path(raw: str) -> Path:
    """Read a directory, `~` included, as an absolute path."""
    return Path(raw).expanduser().absolute()


def choice(*allowed: str) -> Reader:
    """Return a reader of one of some words."""

    def read(raw: str) -> str:
        if raw not in allowed:
            raise ValueError(f"must be one of {', '.join(allowed)}")
        return raw

    return read


def whole_number(lowest: int, highest: int) -> Reader:
    """Return a reader of a whole number within bounds, both included."""

    def read(raw: str) -> int:
        if not re.fullmatch(r"[0-9]{1,9}", raw) or not lowest <= int(raw) <= highest:
            raise ValueError(f"must be a whole number from {lowest} to {highest}")
        return int(raw)

    return read


def text_shape(pattern: str, meaning: str) -> Reader:
    """Return a reader of texts that match a pattern wholly."""

    def read(raw: str) -> str:
        if not re.fullmatch(pattern, raw):
            raise ValueError(f"must be {meaning}")
        return raw

    return read


def read_web_address(raw: str) -> str:
    """Read an http or https address; a closing slash is dropped."""
    parts = urlsplit(raw)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("must be an http or https address without query or fragment")
    return raw.rstrip("/")


def read_clock_text(raw: str) -> str:
    """Check the text of a clock and keep it."""
    try:
        read_clock(raw)
    except ClockSpecificationError as error:
        raise ValueError("must be `system` or `virtual:<ISO start>@<unix seconds>x<speed>`") from error
    return raw


@cache
def _zone_names() -> frozenset[str]:
    return frozenset(files("tzdata").joinpath("zones").read_text(encoding="utf-8").split())


def read_zone(raw: str) -> str:
    """Read the name of a time zone."""
    if raw not in _zone_names():
        raise ValueError("must be a zone name of the tz database, such as Africa/Casablanca")
    return raw
