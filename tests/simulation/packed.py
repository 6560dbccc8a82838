"""Takes apart what `rulecast.database.columns` packs for PostgreSQL."""

import struct
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from rulecast.database.columns import Bigints, Blobs, Instants, Integers, Texts

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_HEADER_BYTES = 20
_READERS: dict[type, Callable[[bytes], Any]] = {
    Texts: bytes.decode,
    Blobs: bytes,
    Integers: lambda raw: struct.unpack("!i", raw)[0],
    Bigints: lambda raw: struct.unpack("!q", raw)[0],
    Instants: lambda raw: _EPOCH + timedelta(microseconds=struct.unpack("!q", raw)[0]),
}


def listed(value: Any, length: int = 0) -> list[Any]:
    """Return a list parameter as a list; an empty one stands for so many NULLs, as in `unnest`."""
    read = _READERS.get(type(value))
    found = list(value) if read is None else _unpacked(value, read)
    return found or [None] * length


def _unpacked(packed: bytes, read: Callable[[bytes], Any]) -> list[Any]:
    found, at = [], _HEADER_BYTES
    while at < len(packed):
        (size,) = struct.unpack_from("!i", packed, at)
        at += 4
        found.append(None if size < 0 else read(packed[at : at + size]))
        at += max(size, 0)
    return found
